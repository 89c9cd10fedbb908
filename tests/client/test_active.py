"""At active the client reaches the cohort's profiles, and nothing else."""

from __future__ import annotations

import pytest

from rollout.levels import Level
from tests.client.deployed import Deployed
from tests.client.installed import Client
from tests.client.laptop import Laptop


def test_a_member_asks_and_is_answered_through_the_cohorts_first_profile_alone(pilot: Deployed, alice: Laptop) -> None:
    pilot.give(alice, Level.ACTIVE)
    session = alice.asks("hello")
    assert (session.code, session.errors) == (0, "")
    assert session.answer.startswith("The sandbox read prompt")
    default = pilot.profile_arns[pilot.rollout.cohorts["pilot"].models[0]]
    assert session.requests == [(f"/model/{default}/invoke-with-response-stream", 200)]


@pytest.mark.parametrize("label", ["haiku", "sonnet", "opus"])
def test_a_models_name_means_the_cohorts_profile_of_it(pilot: Deployed, alice: Laptop, label: str) -> None:
    pilot.give(alice, Level.ACTIVE)
    assert alice.asks("hello", "--model", label).invoked == [pilot.profile_arns[label]]


# The older client goes to AWS's own address, which is not in the cell; the newest does not start.
ENDS = {Client.FLOOR: "Unable to connect", Client.NEWEST: "managed settings allow Claude Code to use: Amazon Bedrock"}


def test_an_address_that_somebody_exports_gets_no_prompt(pilot: Deployed, alice: Laptop, client: Client) -> None:
    pilot.install(alice, pilot.settings(Level.ACTIVE), bedrock="")
    here = pilot.world.settings.aws_url
    exported = {"ANTHROPIC_BEDROCK_BASE_URL": here, "ANTHROPIC_BASE_URL": here, "CLAUDE_CODE_MAX_RETRIES": "0"}
    session = alice.runs("-p", "hello", exported=exported)
    assert session.code == 1
    assert ENDS[client] in session.output + session.errors
    assert session.requests == []


@pytest.mark.parametrize("asked", ["us.anthropic.claude-opus-4-6-v1", "claude-sonnet-4-5-20250929", "fable"])
def test_a_model_the_cohort_does_not_have_is_never_called(pilot: Deployed, alice: Laptop, asked: str) -> None:
    pilot.give(alice, Level.ACTIVE)
    session = alice.asks("hello", "--model", asked)
    assert [arn for arn in session.invoked if arn not in pilot.profile_arns.values()] == []
    assert session.answer.startswith("The sandbox read prompt")
