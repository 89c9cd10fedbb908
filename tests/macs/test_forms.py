"""The forms of a document: each carries it whole, and a profile is one that Apple's format knows."""

from __future__ import annotations

import json
import plistlib
import posixpath
from collections.abc import Callable
from typing import Any

import pytest

from rollout.macs.bundle import bundle
from rollout.macs.forms import as_json, as_mobileconfig, as_plist, profile_mistakes, settings_in
from tests.macs.world import ALICE, INCIDENT, SET, arns, document, rollout

PROCESS = (
    "okta-aws-cli web --format process-credentials --org-domain acme.okta.com --aws-iam-idp provider "
    "--aws-iam-role arn:aws:iam::123456789012:role/claude-code-pilot --aws-region us-east-1 --aws-session-duration 3600"
)


@pytest.mark.parametrize("level", SET)
def test_json_property_list_and_profile_say_the_same(level: Any) -> None:
    made = document(rollout(), level)
    assert json.loads(as_json(made)) == plistlib.loads(as_plist(made)) == made
    profile = as_mobileconfig(made, "acme", "pilot")
    assert profile_mistakes(profile) == []
    assert settings_in(profile) == made


def test_the_next_document_replaces_the_one_before_it() -> None:
    def identity(level: Any, organization: str = "acme", name: str = "pilot") -> list[tuple[str, str]]:
        profile = plistlib.loads(as_mobileconfig(document(rollout(), level), organization, name))
        return [(part["PayloadUUID"], part["PayloadIdentifier"]) for part in (profile, *profile["PayloadContent"])]

    first, *rest = [identity(level) for level in SET]
    assert rest == [first] * 3
    # Another value would leave the profiles that are out there behind, in force.
    assert first[0][0] == IDENTITY
    others = {one for made in (identity(SET[0], "acme", "wave2"), identity(SET[0], "acm", "epilot")) for one in made}
    assert len({*first, *others}) == 6


IDENTITY = "6A6915B6-1BA8-5100-8105-CA329FB61ADB"

# What to do to a profile, and what is said of it.
FAULTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "the profile: PayloadScope must be System": lambda p: p.pop("PayloadScope"),
    "the profile: PayloadVersion must be 1": lambda p: p.update(PayloadVersion=2),
    "the profile: PayloadType must be Configuration": lambda p: p.update(PayloadType="Other"),
    "the profile: PayloadIdentifier must be a str": lambda p: p.pop("PayloadIdentifier"),
    "the profile: PayloadUUID is no UUID": lambda p: p.update(PayloadUUID="1"),
    "the profile: PayloadContent must be a list of one payload": lambda p: p.update(PayloadContent=[]),
    "the payload: PayloadType must be": lambda p: p["PayloadContent"][0].update(PayloadType="com.anthropic.claudecode"),
    "the payload: PayloadUUID is the profile's own": lambda p: p["PayloadContent"][0].update(
        PayloadUUID=p["PayloadUUID"]
    ),
    "the payload: no com.anthropic.claudecode": lambda p: p["PayloadContent"][0].update(PayloadContent={"x": {}}),
}


@pytest.mark.parametrize("said", FAULTS)
def test_a_profile_that_departs_from_the_format_is_refused(said: str) -> None:
    profile = plistlib.loads(as_mobileconfig(document(rollout()), "acme", "pilot"))
    FAULTS[said](profile)
    [mistake] = profile_mistakes(plistlib.dumps(profile))
    assert mistake.startswith(said)


@pytest.mark.parametrize("text", [b"", b"{}", b"<plist/>", plistlib.dumps(["x"])])
def test_what_is_no_profile_is_refused(text: bytes) -> None:
    assert len(profile_mistakes(text)) == 1


def test_a_bundle_has_every_file_that_the_settings_name_before_them() -> None:
    stack = rollout()
    pieces = bundle(stack, "pilot", arns(stack), PROCESS)
    there = {piece.goes_to: piece for piece in pieces}
    assert len({piece.name for piece in pieces}) == len(pieces)
    for platform in ("macos", "linux", "windows"):
        names = [piece.name for piece in pieces if piece.name.startswith(f"pilot/{platform}/")]
        settings = json.loads(next(p.content for p in pieces if p.name == f"pilot/{platform}/managed-settings.json"))
        assert names.index(f"pilot/{platform}/aws-config") < names.index(f"pilot/{platform}/managed-settings.json")
        profile = there[settings["env"]["AWS_CONFIG_FILE"]].content.decode()
        named = profile.partition("credential_process = ")[2].strip()
        if platform == "windows":
            assert named == PROCESS
        else:
            assert named == f'"{posixpath.dirname(settings["env"]["AWS_CONFIG_FILE"])}/rollout-credentials"'
            assert there[named.strip('"')].mode == 0o755
            assert names.index(f"pilot/{platform}/rollout-credentials") < names.index(f"pilot/{platform}/aws-config")
    assert there["/etc/claude-code/commit-guard"].mode == 0o755
    assert {piece.name for piece in pieces if "commit" in piece.name and "windows" in piece.name} == set()


def test_a_member_who_is_rolled_back_alone_has_no_file() -> None:
    members = rollout().model_dump(mode="json")["cohorts"]["pilot"]["members"]
    members = {email: {"name": member["name"], "team": member["team"]} for email, member in members.items()}
    members[ALICE].update(level="rolled_back", incident=INCIDENT)
    stack = rollout({"members": members})
    assert {piece.name.split("/")[0] for piece in bundle(stack, "pilot", arns(stack), PROCESS)} == {"pilot"}


def test_under_the_helper_a_machine_keeps_only_its_name() -> None:
    stack = rollout(mac={"channel": "helper", "helper_minutes": 2, "commit_guard": "off"})
    pieces = {piece.name: piece for piece in bundle(stack, "pilot", arns(stack), None)}
    kept = json.loads(pieces["pilot/linux/managed-settings.json"].content)
    assert kept == {
        "policyHelper": {"path": "/etc/claude-code/policy-helper", "timeoutMs": 10_000, "refreshIntervalMs": 120_000},
        "forceRemoteSettingsRefresh": True,
    }
    answer = json.loads(pieces["pilot/macos/policy-helper.json"].content)
    assert answer == {"managedSettings": document(stack)}
