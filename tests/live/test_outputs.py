"""What the CLI reads of a stack: its outputs, and what its components registered, also of a stack of an older version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.live import engine, signing_in
from cli.terminal.errors import CommandError
from rollout.incidents.cut_record import from_stack
from rollout.levels import Level
from tests.macs.world import arns, rollout

STACK = {"urn": "urn:pulumi:s::p::pulumi:pulumi:Stack::s", "type": "pulumi:pulumi:Stack"}
PILOT = {"urn": "urn:pulumi:s::p::claude:rollout:Cohort::pilot", "type": "claude:rollout:Cohort"}
MACS = {"urn": "urn:pulumi:s::p::claude:rollout:Cohort$x::pilot-macs", "type": "claude:rollout:MacSettings"}
AT = "2026-11-23T11:00:00Z"
APPS = {"client_id": "0oaSIGNIN", "aws_app_id": "0oaAWS"}


def read(monkeypatch: pytest.MonkeyPatch, *resources: dict[str, Any]) -> Any:
    told = json.dumps({"deployment": {"resources": list(resources)}})
    monkeypatch.setattr(engine, "pulumi", lambda *_, **__: told)
    return engine.outputs(Path(), "s")


def test_a_cohorts_component_says_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed, confirmed = {"level": "active", "members": []}, {"pilot": {"Mac 1": "completed"}}
    found = read(
        monkeypatch,
        {**STACK, "outputs": {"sign_in_apps": APPS}},
        {**PILOT, "outputs": {"deployed": deployed}},
        {**MACS, "outputs": {"confirmed": confirmed}},
    )
    assert found == {"sign_in_apps": APPS, "cohorts": {"pilot": deployed}, "macs": {"pilot": confirmed}}


def test_a_stack_of_an_older_version_is_read_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"cohorts": {"pilot": {"level": "active"}}}
    assert read(monkeypatch, {**STACK, "outputs": outputs}, {**PILOT, "outputs": {"profile_arns": {}}}) == outputs


def test_a_stack_without_an_update_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch) == {}


@pytest.mark.parametrize("output", ["cohorts", "cuts"])
def test_cuts_are_read_from_the_output_of_either_version(output: str) -> None:
    found = from_stack({output: {"pilot": {"level": "suspended", "sessions_valid_from": AT}}})
    assert found.cohorts["pilot"].level is Level.SUSPENDED
    assert found.cohorts["pilot"].dead_before is not None


def test_what_a_member_pastes_needs_profiles_apps_and_a_level_that_lets_in() -> None:
    cohorts = {"pilot": {"profile_arns": arns(rollout())}}
    told = signing_in.pasted(rollout(), "pilot", {"cohorts": cohorts, "sign_in_apps": APPS})
    assert "--aws-acct-fed-app-id 0oaAWS" in told["credential_process"]
    with pytest.raises(CommandError, match="which apps of Okta's sign people in; run `pulumi up` first"):
        signing_in.pasted(rollout(), "pilot", {"cohorts": cohorts})
    with pytest.raises(CommandError, match="not all of its profiles yet"):
        signing_in.pasted(rollout(), "pilot", {"sign_in_apps": APPS})
