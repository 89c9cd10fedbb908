"""The policy evaluator by itself: what applies, what does not, and what it does not know."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.aws.conditions import Request, Unknown
from sandbox.aws.trust import Verdict, allows, judge

PROVIDER = "arn:aws:iam::123456789012:saml-provider/Okta"
CONTEXT = {
    "saml:aud": ("https://signin.aws.amazon.com/saml",),
    "saml:sub": ("alice@acme.example",),
    "saml:sub_type": (),
    "acme.okta.com:sub": ("00u1*",),
    "sts:rolesessionname": ("00u1*",),
    "aws:tagkeys": ("Cohort", "Team"),
    "aws:tokenissuetime": ("2026-11-23T14:05:00Z",),
    "aws:epochtime": ("1795442700",),
    "aws:sourceip": ("10.1.2.3",),
}
REQUEST = Request(action="sts:AssumeRoleWithSAML", principal=("Federated", PROVIDER), context=CONTEXT)


def policy(condition: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithSAML"}
    statement |= {"Condition": condition} if condition else {}
    return {"Version": "2012-10-17", "Statement": [statement | changes]}


def allowed(*documents: dict[str, Any]) -> bool:
    return allows(documents, REQUEST)


HOLDS: list[dict[str, Any]] = [
    {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    {"StringEquals": {"saml:SUB": ["bob@acme.example", "alice@acme.example"]}},
    {"StringLike": {"SAML:sub": "*@acme.example"}},
    {"StringNotEquals": {"SAML:sub": "bob@acme.example"}},
    {"StringEqualsIgnoreCase": {"SAML:sub": "ALICE@acme.example"}},
    {"StringEqualsIfExists": {"SAML:sub_type": "persistent"}},
    {"StringNotEquals": {"SAML:sub_type": "transient"}},
    {"Null": {"SAML:sub_type": "true", "SAML:sub": "false"}},
    {"StringEquals": {"sts:RoleSessionName": "${acme.okta.com:sub}"}},
    {"StringLike": {"sts:RoleSessionName": "00u1${*}"}},
    {"StringEquals": {"sts:RoleSessionName": "${SAML:sub_type, '00u1*'}"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["Cohort", "Team", "Level"]}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": ["Team"]}},
    {"ForAllValues:StringEquals": {"SAML:sub_type": ["persistent"]}},
    {"DateLessThan": {"aws:TokenIssueTime": "2026-11-23T14:05:01Z"}},
    {"DateLessThanEquals": {"aws:TokenIssueTime": "2026-11-23T15:05:00+01:00"}},
    {"DateNotEquals": {"aws:TokenIssueTime": "2026-11-23T14:05:01Z"}},
    {"DateGreaterThan": {"aws:TokenIssueTime": "1795442699"}},
    {"NumericGreaterThanEquals": {"aws:EpochTime": "1795442700"}},
    {"IpAddress": {"aws:SourceIp": ["192.168.0.0/16", "10.1.0.0/16"]}},
    {"NotIpAddress": {"aws:SourceIp": "10.1.2.4"}},
]

FAILS: list[dict[str, Any]] = [
    {"StringEquals": {"SAML:aud": "https://example.com"}},
    {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml", "SAML:sub": "bob@acme.example"}},
    {"StringEquals": {"SAML:sub": "*@acme.example"}},
    {"StringLike": {"SAML:sub": "*@ACME.example"}},
    {"StringNotEquals": {"SAML:sub": ["bob@acme.example", "alice@acme.example"]}},
    {"StringEquals": {"SAML:sub_type": "persistent"}},
    {"Null": {"SAML:sub": "true"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["Cohort"]}},
    {"ForAnyValue:StringEquals": {"SAML:sub_type": ["persistent"]}},
    {"DateLessThan": {"aws:TokenIssueTime": "2026-11-23T14:05:00Z"}},
    {"DateEquals": {"SAML:sub_type": "2026-11-23T14:05:00Z"}},
    {"NumericLessThan": {"aws:EpochTime": 1795442700}},
    {"IpAddress": {"aws:SourceIp": "10.2.0.0/16"}},
]

UNKNOWN: list[dict[str, Any]] = [
    {"StringEquals": {"SAML:shoe-size": "44"}},
    {"StringSounds": {"SAML:sub": "alice"}},
    {"NumericLessThan": {"SAML:sub": "1"}},
    {"DateLessThan": {"aws:TokenIssueTime": "yesterday"}},
    {"IpAddress": {"aws:SourceIp": "everywhere"}},
    {"BinaryEquals": {"SAML:sub": "QQ=="}},
    {"ForMost:StringEquals": {"aws:TagKeys": "Cohort"}},
    {"StringEquals": {"aws:TagKeys": "Cohort"}},
    {"StringEquals": {"sts:RoleSessionName": "${no:such-key}"}},
    {"StringEquals": {"SAML:sub": {"a": "b"}}},
    {"StringEquals": "SAML:sub"},
]


def test_a_statement_without_conditions_grants_its_action_to_its_principal():
    assert allowed(policy())


@pytest.mark.parametrize("condition", HOLDS)
def test_a_condition_that_holds_grants(condition: dict[str, Any]):
    assert allowed(policy(condition))


@pytest.mark.parametrize("condition", HOLDS)
def test_a_deny_whose_condition_holds_wins_over_any_allow(condition: dict[str, Any]):
    assert not allowed(policy(), policy(condition, Effect="Deny"))


@pytest.mark.parametrize("condition", FAILS)
def test_a_condition_that_fails_does_not_grant(condition: dict[str, Any]):
    assert not allowed(policy(condition))


@pytest.mark.parametrize("condition", FAILS)
def test_a_deny_whose_condition_fails_is_no_hindrance(condition: dict[str, Any]):
    assert allowed(policy(), policy(condition, Effect="Deny"))


@pytest.mark.parametrize("condition", UNKNOWN)
def test_what_is_not_known_never_grants(condition: dict[str, Any]):
    assert not allowed(policy(condition))


@pytest.mark.parametrize("condition", UNKNOWN)
def test_what_is_not_known_denies_where_a_deny_asks_it(condition: dict[str, Any]):
    assert not allowed(policy(), policy(condition, Effect="Deny"))


def test_a_condition_that_surely_fails_settles_it_beside_one_that_is_not_known():
    both = {"StringEquals": {"SAML:sub": "bob@acme.example", "SAML:shoe-size": "44"}}
    assert allowed(policy(), policy(both, Effect="Deny"))


@pytest.mark.parametrize(
    "changes",
    [
        {"Action": "sts:AssumeRole"},
        {"Action": ["sts:TagSession", "sts:AssumeRoleWithWebIdentity"]},
        {"NotAction": "sts:*", "Action": []},
        {"Principal": {"Federated": PROVIDER + "2"}},
        {"Principal": {"AWS": PROVIDER}},
        {"Principal": "*"},
        {"Principal": {"Federated": "*"}},
        {"Effect": "allow"},
    ],
)
def test_another_action_principal_or_effect_does_not_grant(changes: dict[str, Any]):
    assert not allowed(policy(**changes))


@pytest.mark.parametrize(
    "action", ["sts:assumerolewithsaml", "sts:AssumeRoleWith*", "sts:*", "*", ["sts:TagSession", "*"]]
)
def test_actions_match_by_glob_and_without_regard_to_case(action: str | list[str]):
    assert allowed(policy(Action=action))


def test_a_deny_for_everyone_denies_us():
    assert not allowed(policy(), policy(Effect="Deny", Principal="*"))


def test_the_value_of_a_variable_is_no_wildcard():
    request = Request(
        action="sts:AssumeRoleWithSAML",
        principal=("Federated", PROVIDER),
        context={**CONTEXT, "sts:rolesessionname": ("00u1someone-else",)},
    )
    assert not allows([policy({"StringLike": {"sts:RoleSessionName": "${acme.okta.com:sub}"}})], request)


def test_the_old_policy_language_has_no_variables():
    document = policy({"StringEquals": {"sts:RoleSessionName": "${acme.okta.com:sub}"}})
    assert not allows([document | {"Version": "2008-10-17"}], REQUEST)


def test_a_permission_policy_is_judged_by_its_resource():
    document = {"Statement": {"Effect": "Allow", "Action": "logs:Put*", "Resource": "arn:aws:logs:*:*:log-group:/a:*"}}
    inside = Request(action="logs:PutLogEvents", resource="arn:aws:logs:us-east-1:1:log-group:/a:log-stream:s")
    outside = Request(action="logs:PutLogEvents", resource="arn:aws:logs:us-east-1:1:log-group:/b:log-stream:s")
    assert allows([document], inside)
    assert not allows([document], outside)


def test_no_document_grants_nothing():
    assert not allowed()
    assert not allowed({"Statement": ["text"]})


@pytest.mark.parametrize("condition", UNKNOWN)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_verdict_is_never_a_guess(condition: dict[str, Any], effect: str):
    with pytest.raises(Unknown, match=r"\w"):
        judge([policy(), policy(condition, Effect=effect)], REQUEST)


def test_a_verdict_tells_who_was_denied_from_who_was_not_allowed():
    other = policy(Action="sts:AssumeRole")
    assert judge([policy()], REQUEST) is Verdict.ALLOWED
    assert judge([other], REQUEST) is Verdict.IMPLICIT_DENY
    assert judge([], REQUEST) is Verdict.IMPLICIT_DENY
    assert judge([policy(), policy(UNKNOWN[0]), policy(Effect="Deny")], REQUEST) is Verdict.EXPLICIT_DENY


def test_a_tag_that_a_complete_context_lacks_is_absent():
    document = policy({"Null": {"aws:PrincipalTag/team": "true"}})
    complete = Request(
        action=REQUEST.action, principal=REQUEST.principal, context=CONTEXT, complete=("aws:principaltag/",)
    )
    assert allows([document], complete)
    assert not allows([document], REQUEST)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"NotAction": "s3:*"}, Verdict.EXPLICIT_DENY),
        ({"NotAction": "bedrock:*"}, Verdict.ALLOWED),
        ({"Action": "*", "NotResource": "arn:aws:bedrock:*"}, Verdict.ALLOWED),
        ({"Action": "*", "NotResource": "arn:aws:s3:::*"}, Verdict.EXPLICIT_DENY),
    ],
)
def test_a_deny_may_name_what_it_leaves_alone(changes: dict[str, Any], verdict: Verdict):
    given = {"Effect": "Deny", **({} if "NotResource" in changes else {"Resource": "*"}), **changes}
    document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, given]}
    asked = Request(action="bedrock:InvokeModel", resource="arn:aws:bedrock:::foundation-model/x")
    assert judge([document], asked) is verdict
