"""What each level's managed settings say, and to whom."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from rollout import names
from rollout.levels import Level
from rollout.macs.additions import ADDITIONS, ADDRESSES, CREDENTIAL_FILES, ENVIRONMENT_FILES, KEYS, PRICED, STEPS
from rollout.macs.model import SettingsError
from rollout.macs.places import Platform
from rollout.macs.settings import ALIASES, managed_settings, recipients, whole_cohort
from rollout.model.client_versions import BINDS_PROVIDERS
from tests.macs.world import ALICE, GRACE, SET, arn, arns, document, found, rollout


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


@pytest.mark.parametrize("level", SET)
def test_what_refuses_also_refuses_when_it_times_out(level: Level) -> None:
    closed = document(rollout(mac={"commit_guard": "closed"}), level)["hooks"]
    commands = [command for hooks in closed.values() for hook in hooks for command in hook["hooks"]]
    for command in commands:
        assert ("onFailure" in command) == command["command"].endswith("exit 2")
    [guard, *_] = document(rollout(mac={"commit_guard": "open"}), level)["hooks"]["PreToolUse"]
    assert "onFailure" not in guard["hooks"][0]


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
