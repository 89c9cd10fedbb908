"""From nothing to a cohort that works, by the real engine."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from rollout.incidents.cut_record import NAME
from sandbox.errors import SandboxError
from tests.authority.evaluator import Request, verdicts
from tests.engine.world import LOG_GROUPS, World, cohort_urn
from tests.graph.test_changes import METERED, REPORTED, SHOWN
from tests.stacks import COMMITTED

ALICE, LEAD = "alice.chen@acme.example", "priya.raman@acme.example"
GROUP = "aws_123456789012_claude-code-{cohort}"
# Who is in which team, where each cohort's lines go, what lists the cohorts, and the record of cuts.
COLLECTED = ("delivery-function-code", "delivery-function-work")
LISTS_COHORTS = dict.fromkeys([*METERED, *REPORTED, *COLLECTED, *SHOWN, NAME], "update")


def add_wave2(world: World) -> None:
    """As a person would: four commands, no editor."""
    key = "claude-code-rollout:cohorts.wave2"
    for path, value in {
        "level": "active",
        "models[0]": "haiku",
        'members["ravi.menon@acme.example"].name': "Ravi Menon",
        'members["ravi.menon@acme.example"].team': "backend",
    }.items():
        world.pulumi("config", "set", "--stack", "sandbox", "--path", f"{key}.{path}", value)


def of_others(plan: dict[str, str]) -> dict[str, str]:
    """What becomes of what is not of wave 2, by name."""
    return {urn.rpartition("::")[2]: op for urn, op in plan.items() if "wave2" not in urn}


def test_after_an_up_nothing_is_left_to_do(pilot: World) -> None:
    pilot.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


def test_the_clouds_hold_what_the_stack_file_says(pilot: World) -> None:
    told = pilot.cohorts()["pilot"]
    assert set(pilot.group(told["okta_group"])) == set(pilot.group("Claude-Code-Users")) == set(told["members"])
    assert len(told["members"]) == 25
    assert {arn.rpartition("/")[2] for arn in told["profile_arns"].values()} == {
        profile["inferenceProfileId"]
        for profile in pilot.aws("bedrock").list_inference_profiles(typeEquals="APPLICATION")[
            "inferenceProfileSummaries"
        ]
    }
    assert pilot.log_groups() == {**dict.fromkeys(LOG_GROUPS, 90), "/claude-code/incidents": 365}
    logging = pilot.aws("bedrock").get_model_invocation_logging_configuration()["loggingConfig"]
    assert logging["textDataDeliveryEnabled"] is False
    assert logging["cloudWatchConfig"]["logGroupName"] == "/claude-code/invocations"


def test_a_member_can_sign_in_and_a_person_outside_cannot(pilot: World) -> None:
    assert pilot.sign_in(ALICE, "pilot")["Version"] == 1
    with pytest.raises(SandboxError, match="Okta refused the sign-in"):
        pilot.sign_in(LEAD, "pilot")


def test_a_cohort_added_on_the_command_line_only_adds_and_touches_no_other(pilot: World) -> None:
    add_wave2(pilot)
    plan = pilot.plan()
    assert {op for urn, op in plan.items() if "wave2" in urn} == {"create"}
    assert of_others(plan) == LISTS_COHORTS
    pilot.up()
    assert pilot.sign_in("ravi.menon@acme.example", "wave2")
    for outsider in (ALICE, LEAD):
        with pytest.raises(SandboxError):
            pilot.sign_in(outsider, "wave2")
    with pytest.raises(SandboxError):
        pilot.sign_in("ravi.menon@acme.example", "pilot")


def test_a_cohort_destroyed_by_target_leaves_the_others_and_every_log_and_comes_back(pilot: World) -> None:
    add_wave2(pilot)
    pilot.up()
    wave2 = {profile for profile in pilot.profiles() if "wave2" in profile}
    logs = pilot.log_groups()
    assert "/claude-code/wave2/usage" in logs
    pilot.pulumi("destroy", "--stack", "sandbox", "--target", cohort_urn("pilot"), "--target-dependents", "--yes")
    assert pilot.profiles() == wave2
    assert pilot.log_groups() == logs
    assert set(pilot.group("Claude-Code-Users")) == {"ravi.menon@acme.example"}
    assert pilot.sign_in("ravi.menon@acme.example", "wave2")
    with pytest.raises(SandboxError):
        pilot.sign_in(ALICE, "pilot")
    pilot.up()
    assert pilot.sign_in(ALICE, "pilot")
    pilot.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")


@pytest.mark.parametrize("stack", [stack for stack in COMMITTED if stack != "sandbox"])
def test_the_other_stacks_can_be_previewed(empty: World, stack: str) -> None:
    before = (empty.folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    plan = empty.plan(stack=stack)
    assert set(plan.values()) == {"create"}
    assert cohort_urn("pilot" if stack == "prod" else "trial", stack) in plan
    assert not [urn for urn in plan if "wave" in urn]
    assert (empty.folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8") == before


def test_oidc_lets_members_in_under_their_own_subject_alone(empty: World) -> None:
    with empty.stack_file() as config:
        config["claude-code-rollout:federation"] = "oidc"
    empty.up()
    client = "claude-code-123456789012-pilot"
    assert empty.sign_in(ALICE, "pilot", client_id=client)
    with pytest.raises(SandboxError):
        empty.sign_in(LEAD, "pilot", client_id=client)
    token = empty.okta("/sandbox/id-token", "POST", {"client_id": client, "user": ALICE})["id_token"]
    sts = empty.aws("sts")
    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        sts.assume_role_with_web_identity(
            RoleArn="arn:aws:iam::123456789012:role/claude-code-pilot",
            RoleSessionName="somebody.else",
            WebIdentityToken=token,
        )
    empty.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
    assert empty.signing_in("pilot")["client_id"] == client
    add_wave2(empty)
    assert of_others(empty.plan()) == {**LISTS_COHORTS, "federation-oidc": "update"}  # the client ids
    empty.up()
    assert empty.sign_in("ravi.menon@acme.example", "wave2", client_id="claude-code-123456789012-wave2")
    destroy = ("destroy", "--stack", "sandbox", "--target", cohort_urn("pilot"), "--target-dependents", "--yes")
    empty.pulumi(*destroy)
    assert empty.sign_in("ravi.menon@acme.example", "wave2", client_id="claude-code-123456789012-wave2")


def test_an_evaluator_of_others_agrees_on_the_documents_in_the_state(pilot: World) -> None:
    add_wave2(pilot)
    pilot.up()
    state = pilot.state()
    told = pilot.cohorts()
    source = yaml.safe_load(pilot.stack_text())["config"]["claude-code-rollout:models"]["haiku"]["source"]
    model = f"arn:aws:bedrock:us-west-2::foundation-model/{source.removeprefix('global.')}"
    requests: list[Request] = []
    wanted: list[bool] = []
    for name, cohort in told.items():
        policies = {
            r["urn"]: json.loads(r["inputs"]["policy"])
            for r in state
            if r["type"] == "aws:iam/rolePolicy:RolePolicy" and r["inputs"]["role"] == cohort["role_name"]
        }
        assert policies
        for member in cohort["members"]:
            session = f"arn:aws:sts::123456789012:assumed-role/{cohort['role_name']}/{member}"
            for owner, other in told.items():
                for arn in other["profile_arns"].values():
                    requests.append(Request(session, "bedrock:InvokeModel", arn, {}, policies))
                    wanted.append(owner == name)
            for arn in cohort["profile_arns"].values():
                requests.append(Request(session, "bedrock:InvokeModel", model, {}, policies))
                wanted.append(False)
                requests.append(
                    Request(session, "bedrock:InvokeModel", model, {"bedrock:InferenceProfileArn": arn}, policies)
                )
                wanted.append(True)
    assert verdicts(requests) == wanted


def test_what_the_clouds_hold_survives_a_restart(pilot: World) -> None:
    from sandbox import server

    before: dict[str, Any] = {
        "groups": pilot.group("Claude-Code-Users"),
        "profiles": pilot.profiles(),
        "logs": pilot.log_groups(),
    }
    server.stop(pilot.settings)
    server.start(pilot.settings)
    after = {"groups": pilot.group("Claude-Code-Users"), "profiles": pilot.profiles(), "logs": pilot.log_groups()}
    assert after == before
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
