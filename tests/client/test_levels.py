"""Each level's document, given to the real client: taken whole, and as strong as it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollout.levels import Level
from tests.client import told
from tests.client.deployed import Deployed
from tests.client.installed import Client
from tests.client.laptop import Laptop

ON_A_MACHINE = [level for level in Level if level.effects.role]
ANY_MODE = "--dangerously-skip-permissions"
PUSHES = ["git push", "git push origin main", "git -C . push --force", "FOO=1 git push", "cd . && git push"]
DENIED = "has been denied"
IN_A_DENIED_PLACE = "denied by your permission settings"
# What a person may write, in their own files and in a project's, to have it their way.
HOSTILE: dict[str, Any] = {
    "permissions": {"allow": ["Bash(*)", "Read(*)"], "defaultMode": "bypassPermissions"},
    "disableAllHooks": True,
    "enforceAvailableModels": False,
}


def hostile(alice: Laptop) -> None:
    for folder in (alice.home, alice.project):
        (folder / ".claude").mkdir(exist_ok=True)
        (folder / ".claude" / "settings.json").write_text(json.dumps(HOSTILE), encoding="utf-8")


@pytest.mark.sampled("client", "level", keep=2)
@pytest.mark.parametrize("level", ON_A_MACHINE)
def test_the_client_takes_every_entry_of_a_levels_document(pilot: Deployed, alice: Laptop, level: Level) -> None:
    pilot.give(alice, level)
    session = alice.runs("-p", "hello")
    assert (session.code, session.errors) == (0, "")


# What the plan's `true` does: the older client says so and drops every rule, the newer takes it for "disable".
BOOLEAN = {
    Client.FLOOR: ("(permissions): Failed schema validation. This field was ignored.", "not a git repository"),
    Client.NEWEST: ('treating it as "disable"', DENIED),
}


def test_the_plans_boolean_takes_all_rules_along_in_the_older_client_alone(
    pilot: Deployed, alice: Laptop, client: Client
) -> None:
    document = pilot.settings(Level.RESTRICTED)
    document["permissions"]["disableBypassPermissionsMode"] = True
    pilot.install(alice, document)
    session = alice.asks(told.bash("git push"), ANY_MODE)
    said, result = BOOLEAN[client]
    assert said in session.errors
    assert result in session.tool_results[0]


def test_at_active_nobody_reads_secrets_and_a_push_is_the_members_own_affair(pilot: Deployed, alice: Laptop) -> None:
    pilot.give(alice, Level.ACTIVE)
    secret, key = alice.project / ".env", alice.home / ".ssh" / "id_ed25519"
    key.parent.mkdir()
    for file in (secret, key):
        file.write_text("SECRET", encoding="utf-8")
    asked = [
        told.read(secret),
        told.read(key),
        told.bash("cat .env", "cat ~/.ssh/id_ed25519", "touch made", "git push"),
    ]
    session = alice.asks(" ".join(asked), ANY_MODE)
    *refused, made, pushed = session.tool_results
    assert [IN_A_DENIED_PLACE in result or DENIED in result for result in refused] == [True] * 4
    assert "SECRET" not in session.output
    assert (alice.project / "made").exists(), made
    assert "not a git repository" in pushed


def test_strict_refuses_a_push_and_every_step_nobody_approved_whatever_flags_and_files_say(
    pilot: Deployed, alice: Laptop
) -> None:
    pilot.give(alice, Level.RESTRICTED)
    hostile(alice)
    (alice.project / ".env").write_text("SECRET", encoding="utf-8")
    asked = told.bash(*PUSHES, "touch made", "cat .env")
    session = alice.asks(asked, ANY_MODE, "--settings", json.dumps(HOSTILE))
    *pushes, _, shown = session.tool_results
    assert [DENIED in result for result in pushes] == [True] * len(PUSHES)
    assert not (alice.project / "made").exists()
    assert DENIED in shown or "was blocked" in shown


def test_strict_also_holds_for_a_session_without_hooks_and_settings_of_its_own(pilot: Deployed, alice: Laptop) -> None:
    pilot.give(alice, Level.RESTRICTED)
    session = alice.asks(told.bash("git push", "touch made"), ANY_MODE, "--bare")
    assert DENIED in session.tool_results[0]
    assert not (alice.project / "made").exists()


def test_strict_loads_no_agents_from_a_command_line(pilot: Deployed, alice: Laptop) -> None:
    pilot.give(alice, Level.RESTRICTED)
    session = alice.runs("-p", "hello", "--agents", json.dumps({"x": {"description": "d", "prompt": "p"}}))
    assert session.code == 1
    assert "disabled by your organization's managed settings" in session.errors
    assert session.bedrock == []


@pytest.mark.sampled("client", "flags", "exported", keep=2)
@pytest.mark.parametrize(
    ("flags", "exported"),
    [
        ([], ()),
        (["--model", "opus"], ()),
        (["--model", "sonnet", "--fallback-model", "opus"], ()),
        (["--model", "us.anthropic.claude-opus-4-6-v1"], ()),
        (["--bare", "--model", "{sonnet}"], ()),
        (["--settings", '{"availableModels": ["{sonnet}"], "model": "{sonnet}", "enforceAvailableModels": false}'], ()),
        ([], ("ANTHROPIC_MODEL", "ANTHROPIC_SMALL_FAST_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL")),
    ],
)
def test_at_throttled_only_haiku_is_called_whatever_is_asked_for(
    pilot: Deployed, alice: Laptop, flags: list[str], exported: tuple[str, ...]
) -> None:
    pilot.give(alice, Level.THROTTLED)
    hostile(alice)
    sonnet = pilot.profile_arns["sonnet"]
    given = [flag.replace("{sonnet}", sonnet) for flag in flags]
    session = alice.asks("hello", *given, exported=dict.fromkeys(exported, sonnet))
    assert session.invoked == [pilot.profile_arns["haiku"]]
    assert session.answer.startswith("The sandbox read prompt")
