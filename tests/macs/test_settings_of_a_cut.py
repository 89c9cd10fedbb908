"""What the managed settings say from restricted on, and of whom an incident takes more than of the cohort."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from rollout.levels import Level
from rollout.macs.additions import PUSHES
from rollout.macs.settings import managed_settings, recipients
from tests.macs.world import ALICE, GRACE, INCIDENT, SET, arn, arns, document, found, rollout

ALICE_ALONE = f"pilot-{ALICE}"


def with_member(**said: Any) -> dict[str, Any]:
    from tests import stacks

    members = stacks.small()["cohorts"]["pilot"]["members"]
    members[ALICE].update(said)
    return {"members": members}


def test_strict_takes_away_what_goes_round_a_persons_approval() -> None:
    mild, strict = document(rollout()), document(rollout(), Level.RESTRICTED)
    assert strict["permissions"]["disableBypassPermissionsMode"] == "disable"
    assert strict["permissions"]["disableAutoMode"] == "disable"
    for key in ("allowManagedPermissionRulesOnly", "allowManagedHooksOnly", "disableSideloadFlags"):
        assert strict[key] is True
        assert key not in mild
    assert set(PUSHES) <= set(strict["permissions"]["deny"])
    assert not set(PUSHES) & set(mild["permissions"]["deny"])


def test_throttled_names_one_model_and_nowhere_another() -> None:
    made = document(rollout({"level": "throttled", "incident": INCIDENT}))
    assert made["availableModels"] == [arn("haiku")]
    assert arn("sonnet") not in str(made)
    assert made["companyAnnouncements"] == [
        "Claude Code is throttled (INC-7): haiku alone, 50,000 tokens a day, 5 seconds before each step."
    ]


def test_a_suspended_person_has_no_credentials_and_is_told_so_at_once() -> None:
    stack = rollout(
        {"level": "suspended", "incident": INCIDENT},
        notify={
            "slack": {"workspace_id": "T0ACMEROLL", "channels": {"engineering": {"id": "C0ENGALERTS", "name": "help"}}}
        },
    )
    made = document(stack)
    [stop] = made["hooks"]["UserPromptSubmit"]
    assert "Claude Code is suspended (INC-7). Nothing you typed was sent." in stop["hooks"][0]["command"]
    assert made["companyAnnouncements"][0].endswith("Questions: #help.")
    env = made["env"]
    assert (env["CLAUDE_CODE_MAX_RETRIES"], env["AWS_PROFILE"], env["AWS_EC2_METADATA_DISABLED"]) == ("0", "", "true")
    assert {env["AWS_CONFIG_FILE"], env["AWS_SHARED_CREDENTIALS_FILE"]} == {"/dev/null"}
    assert env["AWS_ACCESS_KEY_ID"] == env["AWS_WEB_IDENTITY_TOKEN_FILE"] == ""


def test_a_member_who_is_suspended_alone_has_a_document_alone() -> None:
    stack = rollout(with_member(level="suspended", incident=INCIDENT))
    assert {to.name: (to.emails, to.level.value) for to in recipients(stack, "pilot")} == {
        "pilot": ((GRACE,), "active"),
        ALICE_ALONE: ((ALICE,), "suspended"),
    }


def test_a_member_has_the_rules_of_both_incidents() -> None:
    own = {**INCIDENT, "id": "INC-8", "deny": ["WebFetch"]}
    whole = {**INCIDENT, "deny": ["Bash(curl *)"]}
    stack = rollout({"level": "restricted", "incident": whole, **with_member(level="restricted", incident=own)})
    made = managed_settings(stack, found(stack, ALICE_ALONE), arns(stack))
    assert made
    assert {"WebFetch", "Bash(curl *)"} <= set(made["permissions"]["deny"])
    assert "(INC-7, INC-8)" in made["companyAnnouncements"][0]
    assert "WebFetch" not in document(stack)["permissions"]["deny"]


def test_a_members_level_may_rest_on_the_cohorts_incident() -> None:
    incident = {**INCIDENT, "deny": ["WebFetch"]}
    stack = rollout({"incident": incident, **with_member(level="restricted")})
    made = managed_settings(stack, found(stack, ALICE_ALONE), arns(stack))
    assert made
    assert "WebFetch" in made["permissions"]["deny"]
    assert "WebFetch" not in document(stack)["permissions"]["deny"]


def test_the_key_in_a_commit_goes_from_a_temporary_deny_to_a_rule_that_stays() -> None:
    """The plan's scenario: restricted with a deny of its own; then active again, with the rule it taught."""
    before = rollout()
    contained = rollout({"level": "restricted", "incident": {**INCIDENT, "deny": ["Bash(gh *)"]}})
    resumed = rollout({"sessions_valid_from": INCIDENT["since"]}, claude={"deny": ["Read(//**/secrets.yaml)"]})
    denied = {
        name: document(stack)["permissions"]["deny"]
        for name, stack in (("0", before), ("1", contained), ("2", resumed))
    }
    assert "Bash(gh *)" in denied["1"]
    assert set(PUSHES) <= set(denied["1"])
    assert denied["2"] == [*denied["0"], "Read(//**/secrets.yaml)"]
    assert "disableBypassPermissionsMode" not in document(resumed)["permissions"]


def test_at_throttled_alone_a_prompt_and_each_step_wait_and_a_stop_does_not() -> None:
    wait = {"type": "command", "command": "/bin/sleep 5", "timeout": 15}
    waits = {
        level: [
            hook.get("matcher")
            for hooks in document(rollout(), level)["hooks"].values()
            for hook in hooks
            if wait in hook["hooks"]
        ]
        for level in SET
    }
    assert waits == {level: ["*", None] if level is Level.THROTTLED else [] for level in SET}
    assert "UserPromptSubmit" not in document(rollout(throttle={"delay_seconds": 0}), Level.THROTTLED)["hooks"]
    said = document(rollout(throttle={"delay_seconds": 0}), Level.THROTTLED)["companyAnnouncements"]
    assert said == ["Claude Code is throttled (no incident named): haiku alone, 50,000 tokens a day."]


def test_what_stops_a_suspended_person_is_the_answer_that_the_client_reads() -> None:
    """In any shell: the words are the person's own, quotes and all."""
    channel = {"id": "C0ENGALERTS", "name": 'it\'s "help"'}
    stack = rollout(notify={"slack": {"workspace_id": "T0ACMEROLL", "channels": {"engineering": channel}}})
    made = document(stack, Level.SUSPENDED)
    code, said, complaint = run(made["hooks"]["UserPromptSubmit"][0]["hooks"][0]["command"])
    assert json.loads(said) == {"continue": False, "stopReason": made["companyAnnouncements"][0]}
    assert '#it\'s "help".' in made["companyAnnouncements"][0]
    assert (code, complaint) == (0, "")


def run(line: str) -> tuple[int, str, str]:
    ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr
