"""STS's federated calls: who gets a session, and who does not."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.settings import ACCOUNT_ID
from sandbox.tests.aws.aws_api_harness import (
    OIDC_PROVIDER,
    ROLE,
    SAML_CONDITION,
    SAML_PROVIDER,
    assume,
    fresh,
    refusal,
    trust_policy,
)
from sandbox.tests.aws_harness import Aws
from sandbox.tests.identity_provider import ENTITY, ISSUER, SIGN_IN, IdentityProvider

OIDC_CONDITION = {"StringEquals": {"acme.okta.com:aud": "0oaClient", "sts:RoleSessionName": "${acme.okta.com:sub}"}}


@pytest.fixture
def saml(aws: Aws, idp: IdentityProvider) -> Aws:
    iam = aws.client("iam")
    iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=idp.metadata)
    document = trust_policy(SAML_PROVIDER, "sts:AssumeRoleWithSAML", SAML_CONDITION)
    iam.create_role(RoleName="claude-pilot", AssumeRolePolicyDocument=document, MaxSessionDuration=7200)
    return aws


@pytest.fixture
def oidc(aws: Aws) -> Aws:
    iam = aws.client("iam")
    iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["0oaClient"])
    document = trust_policy(OIDC_PROVIDER, "sts:AssumeRoleWithWebIdentity", OIDC_CONDITION)
    iam.create_role(RoleName="claude-pilot", AssumeRolePolicyDocument=document)
    return aws


@pytest.mark.parametrize("pair", [f"{ROLE},{SAML_PROVIDER}", f"{SAML_PROVIDER},{ROLE}"])
def test_a_signed_assertion_buys_a_session_in_its_person_s_name(saml: Aws, idp: IdentityProvider, pair: str):
    answer = assume(saml, idp.response(fresh(roles=("arn:aws:iam::1:role/x,arn:aws:iam::1:saml-provider/y", pair))))
    arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/claude-pilot/alice.chen@acme.example"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert answer["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA")
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":alice.chen@acme.example")
    assert (answer["Subject"], answer["SubjectType"]) == ("alice.chen@acme.example", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == (ENTITY, SIGN_IN)
    lifetime = answer["Credentials"]["Expiration"] - datetime.now(UTC)
    assert timedelta(minutes=59) < lifetime <= timedelta(hours=1)
    credentials = answer["Credentials"]
    me = saml.client(
        "sts",
        key=credentials["AccessKeyId"],
        secret=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    ).get_caller_identity()
    assert (me["Arn"], me["UserId"]) == (arn, answer["AssumedRoleUser"]["AssumedRoleId"])


def test_the_session_lasts_as_asked_else_as_the_assertion_says(saml: Aws, idp: IdentityProvider):
    for asked, offered, seconds in ((900, 3600, 900), (None, 1800, 1800), (7200, None, 7200)):
        more: dict[str, Any] = {"DurationSeconds": asked} if asked else {}
        answer = assume(saml, idp.response(fresh(duration=offered)), **more)
        left = (answer["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds()
        assert seconds - 30 < left <= seconds


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "http://www.okta.com/other"}, "InvalidIdentityToken"),
        (
            {"issued_at": timedelta(minutes=-6), "lifetime": timedelta(hours=1)},
            "ExpiredTokenException",
        ),
        (
            {"issued_at": timedelta(minutes=-2), "lifetime": timedelta(minutes=1)},
            "ExpiredTokenException",
        ),
        ({"issued_at": timedelta(minutes=10)}, "InvalidIdentityToken"),
        ({"audience": "https://example.com"}, "InvalidIdentityToken"),
        ({"recipient": "https://example.com"}, "InvalidIdentityToken"),
        ({"session": "a b"}, "InvalidIdentityToken"),
        ({"session": "x"}, "InvalidIdentityToken"),
        ({"duration": 60}, "InvalidIdentityToken"),
        ({"roles": (f"{ROLE}2,{SAML_PROVIDER}",)}, "AccessDenied"),
        ({"roles": (f"{ROLE},{SAML_PROVIDER}2",)}, "AccessDenied"),
        ({"extra": (("PrincipalTag:Cohort", "pilot"),)}, "AccessDenied"),
        ({"extra": (("SourceIdentity", "alice"),)}, "AccessDenied"),
        ({"duration": 43200}, "ValidationError"),
    ],
)
def test_an_assertion_that_says_the_wrong_thing_is_refused(
    saml: Aws, idp: IdentityProvider, changes: dict[str, Any], code: str
):
    assert refusal(lambda: assume(saml, idp.response(fresh(**changes))))[0] == code


def test_only_what_the_provider_s_certificate_signed_is_believed(saml: Aws, idp: IdentityProvider):
    stranger = IdentityProvider()
    forged = fresh(session="mallory@acme.example")
    for response in (
        idp.response(fresh(), sign=False),
        idp.response(fresh(), tamper=("alice.chen@acme.example", "mallory@acme.example")),
        stranger.response(fresh()),
        idp.wrapped(fresh(), forged),
    ):
        code, status, _ = refusal(lambda response=response: assume(saml, response))
        assert (code, status) == ("InvalidIdentityToken", 400)


@pytest.mark.parametrize(
    "text",
    [
        "no base64!",
        base64.b64encode(b"<a/>").decode(),
        base64.b64encode(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>').decode(),
    ],
)
def test_what_is_no_saml_response_is_refused(saml: Aws, text: str):
    assert refusal(lambda: assume(saml, text))[0] == "InvalidIdentityToken"


def test_provider_role_and_duration_must_fit(saml: Aws, idp: IdentityProvider):
    other = f"arn:aws:iam::{ACCOUNT_ID}:role/no-such"
    response = idp.response(fresh(roles=(f"{SAML_PROVIDER},{ROLE}", f"{SAML_PROVIDER},{other}")))
    assert refusal(lambda: assume(saml, response, provider=SAML_PROVIDER + "2"))[0] == "InvalidIdentityToken"
    assert refusal(lambda: assume(saml, response, role=other))[:2] == ("AccessDenied", 403)
    assert refusal(lambda: assume(saml, response, DurationSeconds=7201))[0] == "ValidationError"
    assert refusal(lambda: assume(saml, response, DurationSeconds=43201))[0] == "ValidationError"
    assert refusal(lambda: assume(saml, response, Policy="{"))[0] == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    ("principal", "action", "condition"),
    [
        (SAML_PROVIDER, "sts:AssumeRole", None),
        (SAML_PROVIDER + "2", "sts:AssumeRoleWithSAML", None),
        (SAML_PROVIDER, "sts:AssumeRoleWithSAML", {"StringEquals": {"SAML:aud": "https://example.com"}}),
        (SAML_PROVIDER, "sts:AssumeRoleWithSAML", {"StringLike": {"SAML:sub": "bob*"}}),
        (SAML_PROVIDER, "sts:AssumeRoleWithSAML", {"StringEquals": {"SAML:imagined": "x"}}),
    ],
)
def test_the_role_s_trust_policy_decides(
    saml: Aws, idp: IdentityProvider, principal: str, action: str, condition: dict[str, Any] | None
):
    document = trust_policy(principal, action, condition)
    saml.client("iam").update_assume_role_policy(RoleName="claude-pilot", PolicyDocument=document)
    code, status, message = refusal(lambda: assume(saml, idp.response(fresh())))
    assert (code, status) == ("AccessDenied", 403)
    assert message == "Not authorized to perform sts:AssumeRoleWithSAML"


def test_session_tags_need_their_own_permission(saml: Aws, idp: IdentityProvider):
    document = json.loads(trust_policy(SAML_PROVIDER, "sts:AssumeRoleWithSAML", SAML_CONDITION))
    document["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"Federated": SAML_PROVIDER},
            "Action": "sts:TagSession",
            "Condition": {"StringEquals": {"aws:RequestTag/Cohort": "pilot"}},
        }
    )
    saml.client("iam").update_assume_role_policy(RoleName="claude-pilot", PolicyDocument=json.dumps(document))
    assume(saml, idp.response(fresh(extra=(("PrincipalTag:Cohort", "pilot"),))))
    wrong = idp.response(fresh(extra=(("PrincipalTag:Cohort", "other"),)))
    assert refusal(lambda: assume(saml, wrong))[0] == "AccessDenied"


def assume_with_token(aws: Aws, token: str, *, session: str = "00u1alice", **more: Any) -> Any:
    return aws.unsigned("sts").assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName=session, WebIdentityToken=token, **more
    )


def test_an_id_token_buys_a_session_named_by_its_subject(oidc: Aws, idp: IdentityProvider):
    answer = assume_with_token(oidc, idp.token())
    arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/claude-pilot/00u1alice"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == ("00u1alice", "0oaClient")
    credentials = answer["Credentials"]
    me = oidc.client("sts", key=credentials["AccessKeyId"], secret="-").get_caller_identity()
    assert me["Arn"] == arn


def test_the_authorized_party_is_the_audience_where_there_is_one(oidc: Aws, idp: IdentityProvider):
    assume_with_token(oidc, idp.token(aud=["other"], azp="0oaClient"))
    assert refusal(lambda: assume_with_token(oidc, idp.token(azp="other")))[0] == "InvalidIdentityToken"


def test_a_session_may_not_be_named_after_someone_else(oidc: Aws, idp: IdentityProvider):
    code, status, message = refusal(lambda: assume_with_token(oidc, idp.token(), session="00u2bob"))
    assert (code, status) == ("AccessDenied", 403)
    assert message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"expires_in": -1}, "ExpiredTokenException"),
        ({"aud": "0oaOther"}, "InvalidIdentityToken"),
        ({"iss": "https://evil.okta.com"}, "InvalidIdentityToken"),
        ({"iss": "http://acme.okta.com"}, "InvalidIdentityToken"),
        ({"kid": "k2"}, "InvalidIdentityToken"),
        ({"algorithm": "HS256"}, "InvalidIdentityToken"),
    ],
)
def test_a_token_that_does_not_hold_is_refused(oidc: Aws, idp: IdentityProvider, claims: dict[str, Any], code: str):
    assert refusal(lambda: assume_with_token(oidc, idp.token(**claims)))[0] == code


def test_a_token_of_another_key_is_refused(oidc: Aws):
    assert refusal(lambda: assume_with_token(oidc, IdentityProvider().token()))[0] == "InvalidIdentityToken"
    assert refusal(lambda: assume_with_token(oidc, "not.a.token"))[0] == "InvalidIdentityToken"


@pytest.mark.parametrize(
    ("more", "code"), [({"session": "a b"}, "ValidationError"), ({"DurationSeconds": 7200}, "ValidationError")]
)
def test_the_parameters_of_a_token_call_are_checked(oidc: Aws, idp: IdentityProvider, more: dict[str, Any], code: str):
    assert refusal(lambda: assume_with_token(oidc, idp.token(), **more))[0] == code
