"""Every machine, cohort, model, level, age of session and way in: no decision of others' evaluator may differ.

Who may be whom is written here a second time, from the stack file alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from rollout.iam_limits import TRUST_CHARACTERS, characters
from tests import recording, stacks
from tests.authority.evaluator import Request, invocation, verdicts
from tests.authority.roles import boundary, policies
from tests.authority.test_everybody import AFTER, BEFORE, MOMENTS, WITH_ROLE, may
from tests.config.generated import INCIDENT, MEMBERS_LAST_DAY
from tests.recording import ACCOUNT
from tests.registrations import Recorded

ISSUER = "token.actions.githubusercontent.com"
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/claude-code-okta"
# The evaluator's catalogue of keys has neither of these two of GitHub's, and passes over a key that it does not know.
# They stand for themselves under the names that another issuer has for the same.
KNOWN = {f"{ISSUER}:{key}": f"cognito-identity.amazonaws.com:{key}" for key in ("aud", "sub")}
ALICE = "alice.chen@acme.example"
OWNED: dict[str, Any] = {"team": "platform", "owner": ALICE}
MACHINES: dict[str, dict[str, Any]] = {
    "ci": {
        "nightly-review": {"github": {"repository": "acme/payments", "environment": "review"}, **OWNED},
        "weekly-audit": {"github": {"repository": "acme/payments", "ref": "refs/heads/main"}, **OWNED},
        "dep-bot": {"role": f"arn:aws:iam::{ACCOUNT}:role/build", **OWNED},
    },
    "release": {
        "notes-writer": {
            "github": {"repository": "acme/web.app", "repository_id": "4711", "ref": "refs/tags/v1"},
            **OWNED,
        },
    },
}
# What a token says, by whom it makes somebody; `None` for nobody.
TOKENS: list[tuple[str | None, dict[str, str]]] = [
    ("nightly-review", {"sub": "repo:acme/payments:environment:review"}),
    ("weekly-audit", {"sub": "repo:acme/payments:ref:refs/heads/main"}),
    ("notes-writer", {"sub": "repo:acme/web.app:ref:refs/tags/v1", "repository_id": "4711"}),
    (None, {"sub": "repo:acme/web.app:ref:refs/tags/v1", "repository_id": "4712"}),
    (None, {"sub": "repo:acme/webxapp:ref:refs/tags/v1", "repository_id": "4711"}),
    (None, {"sub": "repo:acme/payments:pull_request"}),
    (None, {"sub": "repo:acme/payments:environment:production"}),
    (None, {"sub": "repo:acme/payments:environment:Review"}),
    (None, {"sub": "repo:acme/payments:ref:refs/heads/main2"}),
    (None, {"sub": "repo:mallory/payments:environment:review"}),
    (None, {"sub": "repo:acme/payments-fork:environment:review"}),
    (None, {"sub": "repo:acme/payments:environment:review", "aud": "https://github.com/acme"}),
    (None, {"sub": "repo:acme/payments:ref:refs/heads/main", "aud": "sts.amazonaws.com.cn"}),
]
ROLES: list[tuple[str | None, str]] = [
    ("dep-bot", "build"),
    (None, "build2"),
    (None, "claude-code-pilot"),
    (None, "claude-code-ci"),
    (None, "admin"),
]


@dataclass(frozen=True)
class Way:
    """`is_`: the machine that whoever comes so is; None for none."""

    is_: str | None
    principal: str
    action: str
    context: dict[str, str]


def ways() -> Iterator[Way]:
    for is_, says in TOKENS:
        claims = {"aud": "sts.amazonaws.com", "repository_id": "1", **says}
        context = {KNOWN.get(f"{ISSUER}:{key}", f"{ISSUER}:{key}"): value for key, value in claims.items()}
        yield Way(is_, GITHUB, "sts:AssumeRoleWithWebIdentity", context)
    for is_, role in ROLES:
        yield Way(is_, f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/i-0123456789abcdef0", "sts:AssumeRole", {})
    yield Way(None, SAML, "sts:AssumeRoleWithSAML", {"SAML:aud": "https://signin.aws.amazon.com/saml"})


def document(level: str = "active", own: dict[str, Any] | None = None) -> dict[str, Any]:
    made = stacks.small()
    for name, machines in MACHINES.items():
        cohort = {"level": level if name == "ci" else "active", "models": ["sonnet", "haiku"]}
        made["cohorts"][name] = {**cohort, "machines": {machine: {**each} for machine, each in machines.items()}}
    if level != "active":
        made["cohorts"]["ci"] |= {"incident": INCIDENT, "sessions_valid_from": INCIDENT["since"]}
    made["cohorts"]["ci"]["machines"]["nightly-review"] |= own or {}
    return made


def trust(run: Recorded, cohort: str) -> Any:
    text = run.one(f"{cohort}-access-role").inputs["assumeRolePolicy"]
    for key, known in KNOWN.items():
        text = text.replace(f'"{key}"', f'"{known}"')
    return json.loads(text)


def test_each_way_in_makes_one_machine_under_its_own_name_and_nobody_else() -> None:
    run = recording.run(stacks.config(document()))
    names = [name for machines in MACHINES.values() for name in machines]
    asked: list[tuple[Request, bool, str]] = []
    for cohort, way, name in product(
        (*MACHINES, "pilot"), ways(), (*names, ALICE, "Nightly-Review", "nightly-reviews")
    ):
        role = f"arn:aws:iam::{ACCOUNT}:role/claude-code-{cohort}"
        context = {**way.context, "sts:RoleSessionName": name}
        request = Request(way.principal, way.action, role, context, resource_policy=trust(run, cohort))
        should = way.is_ == name and name in MACHINES.get(cohort, {})
        # A person's name is in Okta's assertion, and so is the role: of that STS judges, and not IAM.
        should = should or (cohort == "pilot" and way.action == "sts:AssumeRoleWithSAML")
        asked.append((request, should, f"{way} as {name} of {cohort}"))
    decided = verdicts([request for request, _, _ in asked])
    assert [text for is_, (_, should, text) in zip(decided, asked, strict=True) if is_ != should] == []
    assert sum(should for _, should, _ in asked) == len(names) + len(names) + 3


OWN: list[dict[str, Any]] = [
    {},
    {"sessions_valid_from": INCIDENT["since"]},
    {"incident": INCIDENT},
    {"until": MEMBERS_LAST_DAY},
    *({"level": level, "incident": INCIDENT} for level in WITH_ROLE[1:]),
]


@pytest.mark.slow
@pytest.mark.sampled("own", keep=2)
@pytest.mark.parametrize("own", OWN, ids=lambda own: ",".join(map(str, own.values()))[:40] or "none")
@pytest.mark.parametrize("level", WITH_ROLE)
def test_no_decision_is_wrong_for_any_machine(level: str, own: dict[str, Any]) -> None:
    made = document(level, own)
    run = recording.run(stacks.config(made))
    asked: list[tuple[Request, bool, str]] = []
    for name, machines in MACHINES.items():
        cohort, held, most = made["cohorts"][name], policies(run, name), boundary(run, name)
        for machine, (owner, out) in product(machines, run.cohorts.items()):
            moments = MOMENTS if "until" in own else MOMENTS[:1]
            for (label, arn), issued, at in product(out["profile_arns"].items(), (BEFORE, AFTER), moments):
                request = invocation(f"claude-code-{name}", machine, arn, issued, at, held, most)
                should = owner == name and may(made, cohort, cohort["machines"][machine], label, issued, at)
                asked.append((request, should, f"{machine} of {name}, {label} of {owner}, {issued} at {at}"))
    decided = verdicts([request for request, _, _ in asked])
    assert [text for is_, (_, should, text) in zip(decided, asked, strict=True) if is_ != should] == []


def of_machines(count: int) -> dict[str, Any]:
    made = stacks.small()
    machines = {
        f"machine-{number}": {"github": {"repository": f"acme/{'r' * 60}", "ref": f"refs/heads/b{number}"}, **OWNED}
        for number in range(count)
    }
    made["cohorts"]["ci"] = {"level": "active", "models": ["haiku"], "machines": machines}
    return made


def test_as_many_machines_as_a_trust_policy_holds_are_taken_and_one_more_is_refused() -> None:
    """Before an update, by the size that IAM takes."""
    run = recording.run(stacks.config(of_machines(4)))
    assert 1_700 < characters(json.loads(run.one("ci-access-role").inputs["assumeRolePolicy"])) <= TRUST_CHARACTERS
    with pytest.raises(Exception, match=r"cohorts\.ci\.machines: 5 machines make a trust policy of 2,\d{3} characters"):
        recording.run(stacks.config(of_machines(5)))
