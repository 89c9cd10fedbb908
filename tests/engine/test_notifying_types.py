"""The real engine over one of each type that watches, notifies and keeps secrets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.engine.world import World, again, running

PROGRAM = Path(__file__).parent / "programs" / "notify.py"
REPLACED = ("aws:sns/topicSubscription:TopicSubscription", "aws:secretsmanager/secretVersion:SecretVersion")


@pytest.fixture
def watched(fresh: World, tmp_path: Path) -> Generator[World]:
    world = again(fresh, tmp_path / "world")
    shutil.copy2(PROGRAM, world.folder / "__main__.py")
    with running(world):
        yield world


def test_each_type_is_made_seen_again_changed_and_taken_away(watched: World) -> None:
    preview = watched.plan()
    watched.up()
    assert set(watched.plan().values()) == set(), "a second update has nothing to do"
    refreshed = watched.pulumi("refresh", "--stack", "sandbox", "--yes", "--expect-no-changes", "--skip-preview")
    assert "unchanged" in refreshed
    assert "s3cret" not in json.dumps(watched.state()), "the engine's state is encrypted"
    assert set(preview.values()) == {"create"}

    watched.pulumi("config", "set", "--stack", "sandbox", "rollout:step", "2")
    changes = watched.plan()
    watched.up()
    assert {urn.split("::")[2] for urn, op in changes.items() if "replace" in op} == set(REPLACED)
    assert set(watched.plan().values()) == set()
    assert watched.aws("secretsmanager").get_secret_value(SecretId="claude-code/jamf")["SecretString"] == "s3cret-2"

    watched.pulumi("destroy", "--stack", "sandbox", "--yes", "--skip-preview")
    assert watched.aws("sns").list_topics()["Topics"] == []
    assert watched.aws("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])["MetricAlarms"] == []
    assert watched.aws("budgets").describe_budgets(AccountId="123456789012").get("Budgets", []) == []
