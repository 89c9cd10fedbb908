"""The deployed dashboards, each widget asked of the sandbox's CloudWatch: none shows an error, and the numbers are right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.engine.usage.test_metering import ALICE, SONNET, ask
from tests.engine.world import World
from tests.pictures.drawing import draw
from tests.pictures.widgets import Shown, dashboard

NAMES = ("claude-code", "claude-code-one-cohort")


def titled(widgets: list[Shown], title: str, kind: str) -> Shown:
    [found] = [widget for widget in widgets if (widget.title, widget.kind) == (title, kind)]
    return found


def total(widget: Shown) -> float:
    return sum(value for line in widget.lines for value in line.points.values())


def test_every_widget_shows_something_and_what_it_shows_is_what_was_used(pilot: World, tmp_path: Path) -> None:
    profiles = pilot.cohorts()["pilot"]["profile_arns"]
    session = pilot.sign_in(ALICE, "pilot")
    for _ in range(3):
        ask(pilot, session, profiles["sonnet"])
    pilot.settle()
    until = datetime.now(UTC) + timedelta(minutes=1)
    since = until - timedelta(days=14)
    for name in NAMES:
        widgets = dashboard(pilot, name, since, until)
        assert total(titled(widgets, "Requests a day", "lines")) == 3
        [spend] = titled(widgets, "Spend in the time range", "number").lines
        assert list(spend.points.values())[-1] == pytest.approx(float(3 * SONNET))
        assert titled(widgets, "Active users in the time range", "table").rows == [{"active_users": "1"}]
        [row] = titled(widgets, "Top spenders", "table").rows
        assert (row["user_id"], Decimal(row["usd"])) == (ALICE, 3 * SONNET)
        states = dict(titled(widgets, "Alarms", "states").states)
        assert set(states.values()) == {"OK"}
        draw(widgets, since, until, tmp_path / f"{name}.png")
    fleet = dashboard(pilot, NAMES[0], since, until)
    assert max(titled(fleet, "Latency of the slowest profile, p90, ms", "lines").lines[0].points.values()) > 0
    assert total(titled(fleet, "Throttled requests, all profiles", "lines")) == 0
