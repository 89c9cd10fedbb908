"""Each thing that the client takes without a word: one document with that fault alone, and the one rule that says so."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from rollout.levels import Level
from rollout.macs import checks, facts
from rollout.macs.checks import findings, text_findings
from rollout.macs.model import GatewaySettings, Hooks, ManagedSettings, Permissions, Sandbox, model_mistakes
from rollout.macs.places import PLACES, Platform
from rollout.macs.sources import drop_in_findings, managed_paths, source_findings
from rollout.model.client_versions import FLOOR, NEWEST
from rollout.model.macs import Channel
from tests.macs.world import SET, arn, document, rollout

SUSPENDED = document(rollout(mac={"commit_guard": "closed"}), Level.SUSPENDED)

# What to do to a document that is in order, by the rule that must object, and no other.
FAULTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "alias_beside_pins": lambda d: d["availableModels"].append("haiku"),
    "dropped_permissions": lambda d: d["permissions"].update(disableBypassPermissionsMode=True),
    "empty_allowlist": lambda d: d.update(availableModels=[]),
    "env_no_text": lambda d: d["env"].update(CLAUDE_CODE_MAX_RETRIES=0),
    "hook_never_matches": lambda d: d["hooks"]["PreToolUse"][0].update(matcher="bash"),
    "flat_hook": lambda d: d["hooks"]["PreToolUse"].append({"matcher": "Bash"}),
    "unknown_event": lambda d: d["hooks"].update(PreTooluse=[]),
    "foreign_key": lambda d: d.update(dangerouslySkip=True),
    "ignored_key": lambda d: d.update(disableBypassPermissionsMode="disable"),
    "lifted_from_home": lambda d: d.update(forceRemoteSettingsRefresh=False),
    "other_gateway": lambda d: d.update(forceLoginGatewayUrl="https://elsewhere.example"),
    "other_provider": lambda d: d["allowedProviders"].append("gateway"),
    "own_credentials": lambda d: d.pop("awsCredentialExport"),
    "unlisted_servers": lambda d: d.pop("allowedMcpServers"),
    "version_of_nothing": lambda d: d.update(requiredMinimumVersion="nope"),
    "short_wait": lambda d: d["hooks"]["UserPromptSubmit"].append(
        {"hooks": [{"type": "command", "command": "/bin/sleep 9", "timeout": 9}]}
    ),
    "open_timeout": lambda d: d["hooks"]["UserPromptSubmit"][0]["hooks"][0].pop("onFailure"),
    "mangled_text": lambda d: d["permissions"]["deny"].append("Bash(echo $USERNAME)"),
    "null": lambda d: d.update(model=None),
    "open_guard": lambda d: d["hooks"]["PreToolUse"][0]["hooks"][0].update(command="/etc/claude-code/commit-guard"),
    "open_stop": lambda d: d["hooks"]["UserPromptSubmit"][0]["hooks"][0].update(command="printf 'stop'; exit 1"),
    "unbinding_rule": lambda d: d["permissions"]["deny"].append("Write(//**/.env)"),
    "wrong_type": lambda d: d.update(disableSideloadFlags="true"),
    "unenforced_list": lambda d: d.pop("enforceAvailableModels"),
}


# What is well formed, and does harm.
NOT_ITS_SHAPE = {"alias_beside_pins", "open_guard", "open_stop", "open_timeout", "short_wait", "unlisted_servers"}


def broken(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    made = copy.deepcopy(SUSPENDED)
    change(made)
    return made


def test_every_rule_has_a_fault_of_its_own() -> None:
    assert {rule.__name__ for rule in checks.RULES} | {"foreign_key", "open_guard"} == set(FAULTS)
    assert findings(SUSPENDED, guarded=True) == []


@pytest.mark.parametrize("rule", FAULTS)
def test_a_fault_trips_its_rule_and_no_other(rule: str) -> None:
    assert [finding.rule for finding in findings(broken(FAULTS[rule]), guarded=True)] == [rule]


@pytest.mark.parametrize("rule", sorted({*FAULTS} - NOT_ITS_SHAPE))
def test_the_model_of_what_we_emit_refuses_it_as_well(rule: str) -> None:
    assert len(model_mistakes(broken(FAULTS[rule]))) == 1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            lambda d: d["permissions"].update(disableBypassPermissionsMode=True),
            'permissions.disableBypassPermissionsMode: not "disable": client 2.1.197 drops the whole permissions block, deny rules included',
        ),
        (
            lambda d: d["permissions"].update(allowManagedPermissionRulesOnly=True),
            "permissions.allowManagedPermissionRulesOnly: the client ignores it here without a word; it belongs at the top",
        ),
        (
            lambda d: d.update(disableBypassPermissionsMode="disable"),
            "disableBypassPermissionsMode: the client ignores it here without a word; it belongs under permissions",
        ),
        (
            lambda d: d["env"].update(AWS_REGION=None),
            "env.AWS_REGION: null, which a property list cannot hold and the client drops or reads as a word; leave it out",
        ),
    ],
)
def test_a_finding_says_where_what_and_what_to_do(change: Callable[[dict[str, Any]], object], line: str) -> None:
    assert [finding.line for finding in findings(broken(change))] == [line]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d.update(permissions=["Bash"]), "permissions"),
        (lambda d: d.update(statusLine="/bin/date"), "statusLine"),
        (lambda d: d.update(sandbox=False), "sandbox"),
        (lambda d: d.update(companyAnnouncements="hello"), "companyAnnouncements"),
        (lambda d: d.update(model=["opus"]), "model"),
        (lambda d: d["hooks"].update(UserPromptSubmit={"hooks": []}), "hooks.UserPromptSubmit"),
        (lambda d: d["permissions"]["deny"].insert(0, {"tool": "Bash"}), "permissions.deny.0"),
    ],
)
def test_what_is_of_another_type_is_found_where_it_is(change: Callable[[dict[str, Any]], object], path: str) -> None:
    assert [(finding.rule, finding.path) for finding in findings(broken(change))] == [("wrong_type", path)]


@pytest.mark.parametrize("key", ["permissions", "env", "hooks"])
@pytest.mark.parametrize("value", [[], "x", 1, True])
def test_a_block_of_another_type_is_never_passed_over(key: str, value: object) -> None:
    assert "wrong_type" in {finding.rule for finding in findings(broken(lambda d: d.update({key: value})))}


TEXT = json.dumps(SUSPENDED)


def test_a_guard_that_is_wanted_closed_must_be_there() -> None:
    [finding] = findings(broken(lambda d: d["hooks"].pop("PreToolUse")), guarded=True)
    assert finding.line == "hooks.PreToolUse: no commit guard, though mac.commit_guard says closed"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (TEXT.replace('"model": ', f'"model": "{arn("sonnet")}", "model": ', 1), "duplicate_key"),
        (TEXT.replace('"AWS_PROFILE": ', '"AWS_PROFILE": "a", "AWS_PROFILE": ', 1), "duplicate_key"),
        ('{"model": "x",}', "not_json"),
        ("", "not_json"),
        ("[]", "not_json"),
        ("[" * 100_000, "not_json"),
    ],
)
def test_a_file_that_says_a_thing_twice_or_is_no_json_is_found(text: str, rule: str) -> None:
    assert [finding.rule for finding in text_findings(text)] == [rule]


def test_a_byte_order_mark_does_no_harm() -> None:
    assert text_findings("\ufeff" + json.dumps(SUSPENDED)) == []


MAC = PLACES[Platform.MACOS]


@pytest.mark.parametrize(
    ("channel", "present", "path"),
    [
        (Channel.PROFILE, {MAC.profile, MAC.settings}, MAC.settings),
        (Channel.FILE, {MAC.profile, MAC.settings}, MAC.profile),
        (Channel.HELPER, {MAC.profile, MAC.settings}, MAC.profile),
        (Channel.FILE, {MAC.settings, MAC.drop_ins}, None),
        (Channel.PROFILE, {MAC.profile}, None),
        (Channel.FILE, set[str](), None),
    ],
)
def test_a_machine_has_one_source(channel: Channel, present: set[str], path: str | None) -> None:
    assert [finding.path for finding in source_findings(channel, Platform.MACOS, present)] == ([path] if path else [])


def test_macs_have_a_profile_windows_the_registry_and_linux_neither() -> None:
    assert len(managed_paths(Platform.MACOS)) == len(managed_paths(Platform.WINDOWS)) == 3
    assert len(managed_paths(Platform.LINUX)) == 2


@pytest.mark.parametrize(
    ("drop_in", "paths"),
    [
        ({"availableModels": [arn("haiku")]}, ["availableModels"]),
        ({"allowManagedHooksOnly": False}, ["allowManagedHooksOnly"]),
        ({"permissions": {"deny": ["WebFetch"]}}, []),
        ({"model": SUSPENDED["model"]}, []),
    ],
)
def test_a_drop_in_that_cannot_tighten_or_weakens_is_found(drop_in: dict[str, Any], paths: list[str]) -> None:
    assert [finding.path for finding in drop_in_findings(SUSPENDED, drop_in)] == paths


def test_each_key_and_variable_that_we_emit_is_a_fact_with_the_version_it_was_tried_on() -> None:
    def aliases(model: type[ManagedSettings | Permissions | Hooks | Sandbox], place: str = "") -> set[str]:
        return {f"{place}{field.alias}" for field in model.model_fields.values()}

    known = aliases(ManagedSettings) | aliases(Permissions, "permissions.") | aliases(Hooks, "hooks.")
    known |= aliases(Sandbox, "sandbox.") | aliases(GatewaySettings)
    assert known == set(facts.KEYS)
    telemetry = rollout(mac={"telemetry": {"endpoint": "https://otel.acme.example"}})
    emitted = {name for level in SET for name in document(telemetry, level)["env"]}
    assert emitted == set(facts.VARIABLES)
    told = [*facts.KEYS.values(), *(fact for _, fact in facts.VARIABLES.values())]
    assert {fact.tried for fact in told} <= {facts.BOTH, (FLOOR,), (NEWEST,), ()}


@pytest.mark.parametrize("level", SET)
@pytest.mark.parametrize("key", ["x", "Permissions", "allow_managed_hooks_only"])
def test_the_model_refuses_a_key_that_is_not_ours(level: Level, key: str) -> None:
    [line] = model_mistakes({**document(rollout(), level), key: True})
    assert line.startswith(f"{key}: unknown key; known: allowManagedHooksOnly")
