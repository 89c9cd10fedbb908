"""What each level's managed settings say, and to whom."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from typing import Any

import pytest

from rollout import names
from rollout.levels import Level
from rollout.macs.additions import (
    ADDITIONS,
    ADDRESSES,
    CREDENTIAL_FILES,
    ENVIRONMENT_FILES,
    KEYS,
    PRICED,
    PUSHES,
    STEPS,
)
from rollout.macs.model import SettingsError
from rollout.macs.places import Platform
from rollout.macs.settings import ALIASES, managed_settings, recipients, whole_cohort
from rollout.model.client_versions import BINDS_PROVIDERS
from tests.macs.world import ALICE, GRACE, INCIDENT, SET, arn, arns, document, found, rollout

ALICE_ALONE = f"pilot-{ALICE}"


def with_member(**said: Any) -> dict[str, Any]:
    from tests import stacks

    members = stacks.small()["cohorts"]["pilot"]["members"]
    members[ALICE].update(said)
    return {"members": members}


def test_nothing_is_on_a_machine_before_and_after() -> None:
    stack = rollout()
    for level in (Level.PLANNED, Level.ROLLED_BACK):
        assert managed_settings(stack, replace(whole_cohort(stack, "pilot"), level=level), arns(stack)) is None
    assert set(ADDITIONS) == set(SET)


def test_every_alias_calls_the_cohorts_own_profile_of_its_family() -> None:
    env = document(rollout())["env"]
    pins = {alias: env[f"ANTHROPIC_DEFAULT_{alias.upper()}_MODEL"] for alias in ALIASES}
    assert pins == {"opus": arn("sonnet"), "sonnet": arn("sonnet"), "haiku": arn("haiku"), "fable": arn("sonnet")}
    assert (env["AWS_REGION"], env["CLAUDE_CODE_USE_BEDROCK"]) == ("us-east-1", "1")


def test_a_family_is_known_by_the_model_and_not_by_its_label() -> None:
    from tests import stacks

    models = stacks.small()["models"]
    stack = rollout(
        {"models": ["main", "fast"]},
        models={"main": models["sonnet"], "fast": models["haiku"]},
        throttle={"model": "fast"},
    )
    assert document(stack)["env"]["ANTHROPIC_DEFAULT_HAIKU_MODEL"] == arn("fast")


def test_the_first_model_is_the_default_and_no_other_can_be_chosen() -> None:
    made = document(rollout({"models": ["haiku", "sonnet"]}))
    assert made["model"] == arn("haiku")
    assert made["availableModels"] == [arn("haiku"), arn("sonnet")]
    assert made["enforceAvailableModels"] is True


@pytest.mark.parametrize("level", SET)
@pytest.mark.parametrize("platform", Platform)
def test_no_level_sends_a_key_or_reads_a_secret_file(level: Level, platform: Platform) -> None:
    made = document(rollout(), level, platform)
    assert {made["env"][key] for key in (*KEYS, *ADDRESSES)} == {""}
    assert {*ENVIRONMENT_FILES, *CREDENTIAL_FILES} <= set(made["permissions"]["deny"])
    assert made["env"]["CLAUDE_CODE_SIMPLE"] == "0"


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


@pytest.mark.parametrize(
    ("platform", "path"),
    [
        (Platform.MACOS, "/Library/Application Support/ClaudeCode/aws-config"),
        (Platform.LINUX, "/etc/claude-code/aws-config"),
        (Platform.WINDOWS, r"C:\Program Files\ClaudeCode\aws-config"),
    ],
)
def test_the_profile_with_the_sign_in_lies_beside_the_settings(platform: Platform, path: str) -> None:
    env = document(rollout(), platform=platform)["env"]
    assert (env["AWS_CONFIG_FILE"], env["AWS_PROFILE"]) == (path, "claude-code")


def test_under_oidc_a_persons_own_profile_says_how_to_sign_in() -> None:
    env = document(rollout(federation="oidc"))["env"]
    assert env["AWS_PROFILE"] == "claude-code"
    assert "AWS_CONFIG_FILE" not in env


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


def test_telemetry_names_cohort_and_team_and_cannot_be_diverted() -> None:
    stack = rollout(mac={"telemetry": {"endpoint": "https://otel.acme.example/"}})
    assert {to.name: to.emails for to in recipients(stack, "pilot")} == {
        "pilot-backend": (ALICE,),
        "pilot-platform": (GRACE,),
    }
    made = managed_settings(stack, found(stack, "pilot-backend"), arns(stack))
    assert made
    env = made["env"]
    assert env["OTEL_RESOURCE_ATTRIBUTES"] == "cohort=pilot,team=backend"
    assert env["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] == "https://otel.acme.example/v1/metrics"
    assert env["OTEL_LOG_USER_PROMPTS"] == "0"
    assert not [key for key in document(rollout())["env"] if key.startswith("OTEL_")]


def test_a_team_with_a_blank_in_its_name_is_written_as_opentelemetry_reads_it() -> None:
    from tests import stacks

    document = stacks.small()
    document["organization"]["teams"]["Data Science"] = {"headcount": 3}
    members = document["cohorts"]["pilot"]["members"]
    members[GRACE]["team"] = "Data Science"
    stack = rollout(
        {"members": members},
        organization=document["organization"],
        mac={"telemetry": {"endpoint": "https://otel.acme.example"}},
    )
    made = managed_settings(stack, found(stack, "pilot-Data Science"), arns(stack))
    assert made
    assert made["env"]["OTEL_RESOURCE_ATTRIBUTES"] == "cohort=pilot,team=Data%20Science"


def test_a_stack_file_adds_rules_for_everybody_and_for_a_cohort() -> None:
    stack = rollout(
        {"claude": {"deny": ["Bash(kubectl delete *)"], "allow": ["Bash(make test)"]}},
        claude={"deny": ["Read(//**/.kube/config)"], "ask": ["WebFetch"]},
    )
    mild, strict = document(stack)["permissions"], document(stack, Level.RESTRICTED)["permissions"]
    assert {"Bash(kubectl delete *)", "Read(//**/.kube/config)"} <= set(mild["deny"])
    assert (mild["ask"], mild["allow"]) == (["WebFetch"], ["Bash(make test)"])
    assert strict["ask"] == [*STEPS, "WebFetch"]
    assert "allow" not in strict


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


@pytest.mark.parametrize("level", SET)
@pytest.mark.parametrize("platform", Platform)
def test_no_level_can_be_lifted_from_a_persons_home_or_led_elsewhere(level: Level, platform: Platform) -> None:
    made = document(rollout(), level, platform)
    assert made["forceRemoteSettingsRefresh"] is True
    assert made["allowedProviders"] == ["bedrock"]
    assert made["awsCredentialExport"] == ""
    assert made["requiredMinimumVersion"] == BINDS_PROVIDERS
    assert {made["env"][name] for name in PRICED} == {""}
    assert made["env"]["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "https://bedrock-runtime.us-east-1.amazonaws.com"
    assert made["env"]["AWS_ENDPOINT_URL_BEDROCK"] == "https://bedrock.us-east-1.amazonaws.com"
    assert made["env"]["AWS_ENDPOINT_URL_STS"] == "https://sts.us-east-1.amazonaws.com"


def test_claude_code_asks_unless_the_stack_file_says_auto_and_from_restricted_on_whatever_it_says() -> None:
    asks = {"defaultMode": "default", "disableAutoMode": "disable"}
    auto = rollout(claude={"mode": "auto"})
    assert asks.items() <= document(rollout())["permissions"].items()
    assert not asks.keys() & document(auto)["permissions"].keys()
    for level in SET[1:]:
        assert asks.items() <= document(auto, level)["permissions"].items()


def test_any_mcp_server_may_be_used_at_active_unless_the_stack_file_lists_them_and_none_from_restricted_on() -> None:
    keys = ("allowManagedMcpServersOnly", "allowedMcpServers")
    mild, strict = document(rollout()), document(rollout(), Level.RESTRICTED)
    assert not {*keys} & mild.keys()
    assert [strict[key] for key in keys] == [True, []]
    assert document(rollout(claude={"mcp_servers": []}))["allowedMcpServers"] == []


def test_a_server_by_its_name_counts_at_active_alone_because_a_person_names_their_own() -> None:
    stack = rollout(claude={"mcp_servers": [{"name": "mine"}, {"url": "https://x.example/*"}, {"command": ["a", "b"]}]})
    bound = [{"serverUrl": "https://x.example/*"}, {"serverCommand": ["a", "b"]}]
    assert document(stack)["allowedMcpServers"] == [{"serverName": "mine"}, *bound]
    assert document(stack, Level.RESTRICTED)["allowedMcpServers"] == bound


def test_the_client_counts_at_the_stack_files_prices() -> None:
    assert document(rollout())["modelPricing"]["overrides"]["anthropic.claude-sonnet-4-6"] == {
        "input": 3, "output": 15, "cacheRead": 0.3, "cacheWrite": 3.75,
    }  # fmt: skip


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


@pytest.mark.parametrize("level", SET)
def test_what_refuses_also_refuses_when_it_times_out(level: Level) -> None:
    closed = document(rollout(mac={"commit_guard": "closed"}), level)["hooks"]
    commands = [command for hooks in closed.values() for hook in hooks for command in hook["hooks"]]
    for command in commands:
        assert ("onFailure" in command) == command["command"].endswith("exit 2")
    [guard, *_] = document(rollout(mac={"commit_guard": "open"}), level)["hooks"]["PreToolUse"]
    assert "onFailure" not in guard["hooks"][0]


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


@pytest.mark.parametrize(
    "wrong", ["us.anthropic.claude-haiku-4-5", "", "arn:aws:bedrock:us-east-1::foundation-model/x"]
)
def test_what_is_no_profile_of_ours_is_never_rendered(wrong: str) -> None:
    stack = rollout()
    with pytest.raises(SettingsError, match="managed settings of pilot are not in order; nothing is pushed"):
        managed_settings(stack, found(stack), {"sonnet": wrong, "haiku": wrong})


def test_teams_with_signs_in_their_names_have_files_and_groups_of_plain_names_and_none_shares_one() -> None:
    plain = {names.team(team) for team in ("R&D", "R/D", "R-D", "../x", "C++ Tools")}
    assert len(plain) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9 _-]+", name) for name in plain)
    assert names.team("data platform_2-b") == "data platform_2-b"
