"""Each rule: what complies, one change that trips it and no other, what it does not concern, what is not known yet."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from policies.engine.accounts import FEDERATION
from policies.engine.iam import ROLE
from policies.engine.resources import UNKNOWN, Resource, Stack
from policies.engine.rules import Breach, Verdict, findings, verdict
from policies.rules import RESOURCE_RULES, RULES, STACK_RULES
from rollout.pipeline.bootstrap import PROJECT as BOOTSTRAP_PROJECT
from tests import recording, stacks
from tests.policies import judged
from tests.policies.cases import CASES, Case

INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}

BOOTSTRAP = {
    f"{BOOTSTRAP_PROJECT}:repository": "acme/claude-code-rollout",
    f"{BOOTSTRAP_PROJECT}:okta_domain": "acme.okta.com",
    f"{BOOTSTRAP_PROJECT}:stacks": '["dev", "prod"]',
    f"{BOOTSTRAP_PROJECT}:on_call_principal_arns": '["arn:aws:iam::123456789012:role/on-call-engineers"]',
}


def document(name: str) -> dict[str, Any]:
    """The sandbox's stack file, at a level."""
    content = stacks.content("sandbox")
    cohort = content["claude-code-rollout:cohorts"]["pilot"]
    if name == "member":
        cohort["members"] = {"alice.chen@acme.example": {"level": "suspended", "incident": INCIDENT}}
    elif name == "ends":
        cohort["until"] = "2099-06-30"
        cohort["members"] = {"alice.chen@acme.example": {"until": "2098-12-31"}}
    elif name != "pilot":
        cohort.update(level="active" if name == "resumed" else name, incident=INCIDENT)
    return content


def machines() -> dict[str, Any]:
    """Two workflows and a role, in two cohorts."""
    made, owned = stacks.small(), {"team": "platform", "owner": "grace.liu@acme.example"}
    review = {"github": {"repository": "acme/payments", "environment": "review"}, **owned}
    notes = {"github": {"repository": "acme/payments", "ref": "refs/tags/v1"}, **owned}
    bot = {"role": "arn:aws:iam::999999999999:role/build", **owned}
    for name, each in (("ci", {"nightly-review": review, "dep-bot": bot}), ("release", {"notes-writer": notes})):
        made["cohorts"][name] = {"level": "active", "models": ["haiku"], "machines": each}
    return made


def gateway() -> dict[str, Any]:
    """Two cohorts behind a gateway: one of two people, and one too large for its members' names."""
    made, role = stacks.small(), "arn:aws:iam::123456789012:role/claude-gateway"
    made["gateway"] = {"kind": "claude_apps", "url": "https://claude.acme.example", "role_arn": role}
    people = {f"somebody.number{each:02d}@acme.example": {"name": "x", "team": "platform"} for each in range(80)}
    made["cohorts"]["large"] = {"level": "active", "models": ["haiku"], "members": people}
    return made


SERVICE: dict[str, Any] = {
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/claude/gateway@sha256:" + "a" * 64,
    "vpc_id": "vpc-0123456789abcdef0",
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    "from_security_group_ids": ["sg-0123456789abcdef0"],
    "database_security_group_id": "sg-0123456789abcdef1",
    "secrets": {
        "OIDC_CLIENT_SECRET": "arn:aws:secretsmanager:us-east-1:123456789012:secret:gateway/oidc-AbCdEf",
        "DATABASE_URL": "arn:aws:secretsmanager:us-east-1:123456789012:secret:gateway/database-AbCdEf:url::",
    },
}


def gateway_service(kind: str = "litellm") -> dict[str, Any]:
    """Behind one that this program runs."""
    made = gateway()
    made["gateway"] = {"kind": kind, "url": "https://claude.acme.example", "service": copy.deepcopy(SERVICE)}
    return made


@cache
def compliant(name: str) -> tuple[tuple[Resource, ...], Stack]:
    if name == "oidc":
        run = recording.run(stacks.config({**stacks.small(), "federation": "oidc"}))
    elif name == "machines":
        run = recording.run(stacks.config(machines()))
    elif name == "gateway":
        run = recording.run(stacks.config(gateway()))
    elif name == "gateway-service":
        run = recording.run(stacks.config(gateway_service()))
    elif name == "prompts":
        run = recording.run(stacks.config({**stacks.small(), "logs": {"prompt_text": True}}))
    elif name == "bootstrap":
        run = recording.run(BOOTSTRAP, "account", program_file="bootstrap/__main__.py")
    else:
        run = recording.run(stacks.as_engine(document(name)), "sandbox")
    return tuple(judged.inputs(run)), judged.stack(run)


def changed(case: Case, *, unknown: bool = False) -> tuple[list[Resource], Stack]:
    before, whole = compliant(case.stack)
    return [_changed(case, r, unknown) for r in _with_added(case, before)], Stack(
        [_changed(case, r, unknown) for r in _with_added(case, whole.resources)]
    )


def _with_added(case: Case, resources: Any) -> list[Resource]:
    [at] = [r for r in resources if r.name == case.on]
    kind = at.urn.split("::")
    added = Resource(
        type=str(case.kind), name="added", urn=f"{kind[0]}::{kind[1]}::{kind[2]}${case.kind}::added", parent=at.urn
    )
    return [*resources, *([added] if case.kind else [])]


def _changed(case: Case, resource: Resource, unknown: bool) -> Resource:
    if resource.name != ("added" if case.kind else case.on):
        return resource
    props: Any = copy.deepcopy(dict(resource.props))
    change = case.unknown if unknown else case.change
    if change:
        change(props)
    protect = resource.protect if case.protect is None or unknown else case.protect
    return replace(resource, props=props, protect=protect)


def broken(subjects: list[Resource], whole: Stack, stack: str) -> set[str]:
    """Every rule that reports, beyond what the compliant stack already gets as advice."""
    before = advised(stack)
    return {name for name, found, _ in judged.said(subjects, whole) if isinstance(found, Breach)} - before


@cache
def advised(stack: str) -> frozenset[str]:
    subjects, whole = compliant(stack)
    found = [each for each in judged.said(subjects, whole) if isinstance(each[1], Breach)]
    assert not [name for name, _, mandatory in found if mandatory]
    return frozenset(name for name, _, _ in found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.on}")
def test_one_change_trips_exactly_one_rule(case: Case) -> None:
    assert broken(*changed(case), case.stack) == {case.rule}


@pytest.mark.parametrize("case", [c for c in CASES if c.unknown], ids=lambda case: f"{case.rule}-{case.on}")
def test_a_value_nobody_knows_yet_never_passes_unnoticed(case: Case) -> None:
    """It is a breach where nothing may be unknown, and put off by name where only the update knows it."""
    subjects, whole = changed(case, unknown=True)
    rule = judged.rule(case.rule)
    if rule in STACK_RULES:
        assert verdict(rule, whole) is case.means
    else:
        [subject] = [r for r in subjects if r.name == ("added" if case.kind else case.on)]
        assert verdict(rule, subject) is case.means
    if case.means is Verdict.LATER:
        notes = [r for r in RULES if r.name.startswith("not-known-yet")]
        told = [f for note in notes for each in (*subjects, whole) for f in findings(note, each) or ()]
        assert any(isinstance(f, Breach) and case.rule in f.text for f in told)


def test_a_trust_may_list_its_service() -> None:
    [role] = [r for r in compliant("pilot")[0] if r.name == "meter-function-role"]
    trust = role.props["assumeRolePolicy"].replace('"lambda.amazonaws.com"', '["lambda.amazonaws.com"]')
    assert trust != role.props["assumeRolePolicy"]
    listed = replace(role, props={**role.props, "assumeRolePolicy": trust})
    assert verdict(judged.rule("trust-is-named"), listed) is Verdict.COMPLIANT


def test_before_a_role_is_there_the_federation_says_which_account_it_is() -> None:
    """In a first preview; without either, the update judges."""
    rule = judged.rule("stays-in-its-account")
    whole = [_without_its_arn(r) for r in compliant("pilot")[1].resources]
    assert verdict(rule, Stack(whole)) is Verdict.COMPLIANT
    elsewhere = [_elsewhere(r) if r.name == "meter-subscription" else r for r in whole]
    assert verdict(rule, Stack(elsewhere)) is Verdict.BREACH
    assert verdict(rule, Stack([r for r in whole if r.type != FEDERATION])) is Verdict.LATER


def _without_its_arn(resource: Resource) -> Resource:
    return replace(resource, props={**resource.props, "arn": UNKNOWN}) if resource.type == ROLE else resource


def _elsewhere(resource: Resource) -> Resource:
    arn = "arn:aws:lambda:us-east-1:999999999999:function:claude-code-meter"
    return replace(resource, props={**resource.props, "destinationArn": arn})


def test_a_cohort_without_its_role_is_not_whole() -> None:
    whole = compliant("suspended")[1]
    without = Stack([r for r in whole.resources if r.name != "pilot-access-role"])
    assert verdict(judged.rule("cohorts-are-whole"), without) is Verdict.BREACH


@pytest.mark.parametrize("rule", [*RESOURCE_RULES, *STACK_RULES], ids=lambda rule: rule.name)
def test_a_rule_has_a_case_and_says_where_it_does_not_apply(rule: Any) -> None:
    cases = [case for case in CASES if case.rule == rule.name]
    assert cases
    if rule in STACK_RULES:
        assert verdict(rule, Stack([])) is Verdict.NOT_APPLICABLE
        return
    elsewhere = {case.not_of for case in cases} - {"empty"}
    subjects = {r.name: r for r in (*compliant("pilot")[0], *compliant("bootstrap")[0])}
    if rule.name.startswith("gateway-"):
        subjects |= {r.name: r for r in compliant("gateway-service")[0]}
    assert elsewhere or rule.name == "no-secret-in-clear"  # which concerns everything
    for name in elsewhere:
        assert verdict(rule, subjects[name]) is Verdict.NOT_APPLICABLE
    found: Mapping[str, Verdict] = {name: verdict(rule, subject) for name, subject in subjects.items()}
    if rule.name not in {"no-lasting-keys", "own-policies-only"}:  # which find nothing to judge in a compliant stack
        assert Verdict.COMPLIANT in found.values()
