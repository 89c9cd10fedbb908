"""A report of a real stack: its figures are what was used, and its incident took as long as it took."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.browser.look import View, look
from tests.engine.world import World
from tests.traffic import day


def test_a_report_tells_what_was_used_and_how_long_an_incident_took(pilot: World, tmp_path: Path) -> None:
    people, prices = day.of_the_sandbox()
    few = dict(sorted(people.items())[:3])
    requests = day.plan(few, 2, seed=11)
    day.play(pilot, requests)
    with pilot.stack_file() as config:
        since = datetime.now(UTC).replace(microsecond=0)
        cohort = config["claude-code-rollout:cohorts"]["pilot"]
        cohort |= {
            "level": "suspended",
            "incident": {"id": "INC-9", "since": since.isoformat(), "reason": "A key leaked"},
        }
    pilot.up()
    [*_, logged] = pilot.changes_of_level()
    answer = pilot.command("report", "--stack", "sandbox", "--json")
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    found = json.loads(answer.stdout)
    assert found["spend"]["spent"] == pytest.approx(float(sum(request.usd(prices) for request in requests)))
    assert sum(found["adoption"]["daily"].values()) >= 3
    assert (found["with_access"], found["headcount"]) == (0, 51)
    assert found["title"] == "Nobody has Claude Code now"
    [step] = found["steps"]
    took = (datetime.fromisoformat(logged["at"]) - since).total_seconds() / 60
    assert (step["incident"], step["level"], step["allowed"]) == ("INC-9", "suspended", 120)
    assert step["minutes"] == pytest.approx(took)
    assert [source["problem"] for source in found["sources"]] == [None] * 8
    assert (found["bill"], found["not_reconciled"]) == (None, "no billing_export in the stack file")

    page = tmp_path / "report.html"
    written = pilot.command("report", "--stack", "sandbox", "--out", str(page))
    assert written.returncode == 0, written.stderr
    seen = look(page, [View(1280, "light"), View(390, "dark")])
    assert (seen["console"], [view["violations"] for view in seen["views"]]) == ([], [[], []])
    assert "INC-9" in page.read_text(encoding="utf-8")


def test_a_report_is_made_although_aws_is_out_of_reach(pilot: World, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    with pilot.stack_file() as config:
        config["aws:allowedAccountIds"] = ["999999999999"]
    written = pilot.command("report", "--stack", "sandbox", "--out", str(page))
    assert written.returncode == 0, written.stderr
    assert "not read: use and spend: these credentials are of account 123456789012" in written.stderr
    assert "Use and spend could not be read: these credentials are of account 123456789012" in page.read_text("utf-8")
