"""Who may invoke what, for each committed stack file and for many cohorts at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from tests import recording, stacks
from tests.authority.evaluator import Request, verdicts
from tests.authority.roles import boundary, policies
from tests.recording import ACCOUNT
from tests.registrations import Recorded

INVOKE = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1")


@dataclass(frozen=True)
class Holder:
    """A cohort's role as it came out of a state: its policies and its profiles' ARNs by model label."""

    cohort: str
    policies: Mapping[str, Any]
    profiles: Mapping[str, str]
    models: Mapping[str, str]
    boundary: Any

    def request(self, action: str, resource: str, context: Mapping[str, Any] | None = None) -> Request:
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/claude-code-{self.cohort}/alice.chen@acme.example"
        return Request(session, action, resource, context or {}, self.policies, boundary=self.boundary)


def three_cohorts() -> dict[str, str]:
    document = stacks.small()
    person = {"name": "X", "team": "backend"}
    document["cohorts"]["wave2"] = {"level": "active", "models": ["haiku"], "members": {"b@acme.example": person}}
    document["cohorts"]["wave3"] = {"level": "active", "models": ["sonnet"], "members": {"c@acme.example": person}}
    return stacks.config(document)


CASES = {**{stack: stacks.committed(stack) for stack in stacks.COMMITTED}, "three": three_cohorts()}


def holders(run: Recorded) -> list[Holder]:
    found: list[Holder] = []
    for name, cohort in run.cohorts.items():
        if "role_name" in cohort:
            models = {
                label: run.one(f"{name}-{label}").inputs["modelSource"]["copyFrom"] for label in cohort["profile_arns"]
            }
            found.append(Holder(name, policies(run, name), cohort["profile_arns"], models, boundary(run, name)))
    return found


@pytest.fixture(scope="module", params=list(CASES))
def everyone(request: pytest.FixtureRequest) -> list[Holder]:
    found = holders(recording.run(CASES[request.param], request.param))
    assert found
    return found


def foundation_model(source: str) -> str:
    return "anthropic." + source.rpartition("anthropic.")[2]


def behind(holder: Holder, label: str) -> list[str]:
    model = foundation_model(holder.models[label])
    everywhere = [f"arn:aws:bedrock:{region}::foundation-model/{model}" for region in REGIONS]
    return (
        [*everywhere, f"arn:aws:bedrock:::foundation-model/{model}"]
        if ".global" in holder.models[label]
        else everywhere
    )


def test_a_member_may_invoke_the_cohorts_own_profiles(everyone: list[Holder]) -> None:
    requests = [h.request(action, arn) for h in everyone for action, arn in product(INVOKE, h.profiles.values())]
    assert all(verdicts(requests))


def test_a_member_may_invoke_the_models_behind_them_only_through_them(everyone: list[Holder]) -> None:
    through = "bedrock:InferenceProfileArn"
    allowed: list[Request] = []
    denied: list[Request] = []
    foreign = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/someoneelses"
    system = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/global.anthropic.claude-sonnet-4-6"
    for holder in everyone:
        for label, action in product(holder.profiles, INVOKE):
            for model in behind(holder, label):
                allowed.append(holder.request(action, model, {through: holder.profiles[label]}))
                denied += [
                    holder.request(action, model),
                    holder.request(action, model, {through: foreign}),
                    holder.request(action, model, {through: system}),
                ]
    assert all(verdicts(allowed))
    assert not any(verdicts(denied))


def test_nobody_may_invoke_another_cohorts_profile_or_a_system_defined_one(everyone: list[Holder]) -> None:
    system = [
        f"arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile/{geography}.anthropic.claude-sonnet-4-6"
        for region, geography in product(REGIONS, ("global", "us", "eu"))
    ]
    requests: list[Request] = []
    for holder in everyone:
        others = [arn for other in everyone if other is not holder for arn in other.profiles.values()]
        foreign = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/someoneelses"
        requests += [holder.request(action, arn) for action, arn in product(INVOKE, [*others, *system, foreign])]
    assert not any(verdicts(requests))


def test_nobody_may_do_anything_else(everyone: list[Holder]) -> None:
    requests: list[Request] = []
    for holder in everyone:
        profile = next(iter(holder.profiles.values()))
        requests += [
            holder.request("bedrock:DeleteInferenceProfile", profile),
            holder.request(
                "bedrock:CreateModelInvocationJob", f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-invocation-job/x"
            ),
            holder.request("bedrock:CallWithBearerToken", "*"),
            holder.request("bedrock:ListInferenceProfiles", "*"),
            holder.request("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/x"),
            holder.request("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
        ]
    assert not any(verdicts(requests))


def test_a_member_may_read_what_the_cohorts_profiles_are(everyone: list[Holder]) -> None:
    requests = [h.request("bedrock:GetInferenceProfile", arn) for h in everyone for arn in h.profiles.values()]
    assert all(verdicts(requests))
