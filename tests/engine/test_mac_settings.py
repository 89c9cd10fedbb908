"""What Macs are to have, as the stack tells it after each `up`."""

from __future__ import annotations

import json
import shlex
from typing import Any

from rollout.macs.forms import settings_in
from tests.engine.world import World

PUSH = "Bash(git push:*)"


def settings(world: World) -> dict[str, Any]:
    """As `rollout settings` writes them for a Mac."""
    ended = world.command("settings", "--stack", "sandbox")
    assert ended.returncode == 0, ended.stderr
    file = world.folder / "settings" / "sandbox" / "pilot" / "macos" / "managed-settings.json"
    return json.loads(file.read_text(encoding="utf-8"))


def test_the_key_in_a_commit_is_contained_and_what_it_taught_stays_each_by_one_up(pilot: World) -> None:
    """The plan's scenario."""
    before = settings(pilot)
    assert before == pilot.signing_in("pilot")["claude_settings"]
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"].update(
            level="restricted",
            incident={
                "id": "INC-7",
                "since": "2026-11-23T11:00:00Z",
                "reason": "key in a commit",
                "deny": ["Bash(gh *)"],
            },
        )
    pilot.up()
    contained = settings(pilot)
    assert {PUSH, "Bash(gh *)"} <= set(contained["permissions"]["deny"])
    assert contained["permissions"]["disableBypassPermissionsMode"] == "disable"
    with pilot.stack_file() as config:
        cohort = config["claude-code-rollout:cohorts"]["pilot"]
        cohort["level"] = "active"
        cohort["sessions_valid_from"] = cohort.pop("incident")["since"]
        config["claude-code-rollout:claude"]["deny"] = ["Read(//**/secrets.yaml)"]
    pilot.up()
    after = settings(pilot)
    kept = {**before["permissions"], "deny": [*before["permissions"]["deny"], "Read(//**/secrets.yaml)"]}
    assert after == {**before, "permissions": kept}


def test_a_replaced_profile_is_in_the_settings_of_the_same_up_and_the_files_are_those(pilot: World) -> None:
    old = settings(pilot)["env"]["ANTHROPIC_DEFAULT_HAIKU_MODEL"]
    with pilot.stack_file() as config:
        config["claude-code-rollout:models"]["haiku"]["source"] = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    pilot.up()
    made, live = settings(pilot), pilot.cohorts()["pilot"]["profile_arns"]
    assert made["env"]["ANTHROPIC_DEFAULT_HAIKU_MODEL"] == live["haiku"] != old
    there = pilot.aws("bedrock").list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
    assert set(made["availableModels"]) == {profile["inferenceProfileArn"] for profile in there}
    result = pilot.command("settings", "--stack", "sandbox")
    assert result.returncode == 0, result.stderr
    folder = pilot.folder / "settings" / "sandbox" / "pilot" / "macos"
    assert json.loads((folder / "managed-settings.json").read_text()) == made
    assert settings_in((folder / "claude-code.mobileconfig").read_bytes()) == made
    words = shlex.split(pilot.signing_in("pilot")["credential_process"])[1:]
    assert "".join(f"argument = {word}\n" for word in words) in (folder / "rollout-credentials.conf").read_text()
