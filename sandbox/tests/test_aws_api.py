"""The sandbox's AWS as its clients see it: profiles, invocation logging, federation, faults, and what stays."""

from __future__ import annotations

import base64
import json
import urllib.error
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.validation import mistakes
from sandbox.errors import SandboxError
from sandbox.settings import ACCOUNT_ID
from sandbox.tests.aws_harness import Aws, serving
from sandbox.tests.identity_provider import ENTITY, ISSUER, SIGN_IN, IdentityProvider, Statement, but

SONNET = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:inference-profile/global.anthropic.claude-sonnet-4-6"
HAIKU = "arn:aws:bedrock:us-east-1::inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/claude-pilot"
SAML_PROVIDER = f"arn:aws:iam::{ACCOUNT_ID}:saml-provider/Okta"
OIDC_PROVIDER = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/acme.okta.com"


@pytest.fixture(scope="module")
def idp() -> IdentityProvider:
    return IdentityProvider()


@pytest.fixture
def aws(tmp_path: Path, idp: IdentityProvider) -> Iterator[Aws]:
    with serving(tmp_path, idp.jwks) as found:
        yield found


def refusal(call: Callable[[], Any]) -> tuple[str, int, str]:
    """(error code, status, message) of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def create(bedrock: Any, name: str = "pilot-sonnet", source: str = SONNET, **more: Any) -> str:
    given = {"inferenceProfileName": name, "modelSource": {"copyFrom": source}, **more}
    return bedrock.create_inference_profile(**given)["inferenceProfileArn"]


# Inference profiles


def test_an_application_profile_reads_back_with_the_models_of_its_source(aws: Aws):
    bedrock = aws.client("bedrock")
    answer = bedrock.create_inference_profile(
        inferenceProfileName="pilot-sonnet", description="Pilot", modelSource={"copyFrom": SONNET}
    )
    assert answer["status"] == "ACTIVE"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    profile = bedrock.get_inference_profile(inferenceProfileIdentifier=answer["inferenceProfileArn"])
    identifier = profile["inferenceProfileId"]
    assert identifier.isalnum()
    assert (len(identifier), identifier) == (12, identifier.lower())
    assert profile["inferenceProfileArn"] == (
        f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:application-inference-profile/{identifier}"
    )
    assert (profile["type"], profile["status"], profile["description"]) == ("APPLICATION", "ACTIVE", "Pilot")
    assert [model["modelArn"] for model in profile["models"]] == [
        "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-6",
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6",
    ]
    assert profile["createdAt"] == profile["updatedAt"]
    assert bedrock.get_inference_profile(inferenceProfileIdentifier=identifier)["inferenceProfileId"] == identifier


@pytest.mark.parametrize(
    ("source", "regions"), [(HAIKU, ["us-east-1", "us-east-2", "us-west-2"]), (MODEL, ["us-east-1"])]
)
def test_a_profile_routes_where_its_source_routes(aws: Aws, source: str, regions: list[str]):
    bedrock = aws.client("bedrock")
    models = bedrock.get_inference_profile(inferenceProfileIdentifier=create(bedrock, source=source))["models"]
    assert [model["modelArn"].split(":")[3] for model in models] == regions


@pytest.mark.parametrize("encoded", [True, False])
def test_an_arn_in_the_path_may_carry_its_slash_encoded_or_not(aws: Aws, encoded: bool):
    import http.client
    import urllib.parse

    arn = create(aws.client("bedrock"))
    connection = http.client.HTTPConnection(aws.url.removeprefix("http://"))
    path = f"/inference-profiles/{urllib.parse.quote(arn, safe='' if encoded else ':/')}"
    credential = "AWS4-HMAC-SHA256 Credential=AKIATEST/20261123/us-east-1/bedrock/aws4_request, Signature=-"
    connection.request("GET", path, headers={"Authorization": credential})
    answer = connection.getresponse()
    assert json.load(answer)["inferenceProfileArn"] == arn
    connection.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inferenceProfileName": "no--double"}, "inferenceProfileName"),
        ({"inferenceProfileName": "n" * 65}, "less than or equal to 64"),
        ({"inferenceProfileName": "name\n"}, "regular expression"),
        ({"description": "semi;colon"}, "description"),
        ({"tags": [{"key": "a", "value": "ü"}]}, "tags.1.member.value"),
        ({"tags": [{"key": "aws:x", "value": "1"}]}, "reserved"),
        ({"tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}, "Duplicate"),
        ({"modelSource": {"copyFrom": "arn:aws:s3:::bucket"}}, "modelSource.copyFrom"),
        ({"modelSource": {"copyFrom": MODEL + "-imagined"}}, "no such foundation model"),
        ({"modelSource": {"copyFrom": MODEL.replace("us-east-1", "us-west-2")}}, "not in region us-east-1"),
        ({"modelSource": {"copyFrom": SONNET.replace("global", "eu")}}, "no such inference profile"),
        ({"modelSource": {"copyFrom": SONNET.replace(ACCOUNT_ID, "1" * 12)}}, "no such inference profile"),
    ],
)
def test_what_bedrock_would_refuse_is_refused(aws: Aws, change: dict[str, Any], words: str):
    given = {"inferenceProfileName": "pilot", "modelSource": {"copyFrom": SONNET}} | change
    code, status, message = refusal(lambda: aws.client("bedrock").create_inference_profile(**given))
    assert (code, status) == ("ValidationException", 400)
    assert words in message


def test_a_refused_description_is_not_repeated_because_it_is_sensitive():
    given = {"inferenceProfileName": "a", "modelSource": {}, "description": "se;cret"}
    assert "se;cret" not in (mistakes("bedrock", "CreateInferenceProfile", given) or "se;cret")


def test_a_name_is_taken_once(aws: Aws):
    bedrock = aws.client("bedrock")
    create(bedrock)
    assert refusal(lambda: create(bedrock))[:2] == ("ConflictException", 400)
    create(aws.client("bedrock", region="us-west-2"), source=SONNET.replace("us-east-1", "us-west-2"))


def test_a_request_sent_again_with_its_token_creates_nothing_new(aws: Aws):
    bedrock = aws.client("bedrock")
    first = create(bedrock, clientRequestToken="t1")
    assert create(bedrock, clientRequestToken="t1") == first
    assert refusal(lambda: create(bedrock, name="other", clientRequestToken="t1"))[0] == "ConflictException"


def test_the_quota_of_application_profiles_holds_and_can_be_lowered(aws: Aws):
    aws.control("PUT", "quotas", {"application_profiles": 1})
    bedrock = aws.client("bedrock")
    create(bedrock)
    assert refusal(lambda: create(bedrock, name="second"))[:2] == ("ServiceQuotaExceededException", 400)


def test_a_deleted_profile_is_gone_and_its_name_is_free(aws: Aws):
    bedrock = aws.client("bedrock")
    arn = create(bedrock, tags=[{"key": "cohort", "value": "pilot"}])
    bedrock.delete_inference_profile(inferenceProfileIdentifier=arn.rpartition("/")[2])
    assert refusal(lambda: bedrock.get_inference_profile(inferenceProfileIdentifier=arn))[:2] == (
        "ResourceNotFoundException",
        404,
    )
    assert refusal(lambda: bedrock.delete_inference_profile(inferenceProfileIdentifier=arn))[1] == 404
    assert create(bedrock) != arn


def test_tags_are_the_one_thing_that_changes(aws: Aws):
    bedrock = aws.client("bedrock")
    arn = create(bedrock, tags=[{"key": "cohort", "value": "pilot"}])
    bedrock.tag_resource(resourceARN=arn, tags=[{"key": "level", "value": "active"}, {"key": "empty", "value": ""}])
    bedrock.untag_resource(resourceARN=arn, tagKeys=["cohort"])
    assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == [
        {"key": "level", "value": "active"},
        {"key": "empty", "value": ""},
    ]
    many = [{"key": f"k{number}", "value": "-"} for number in range(199)]
    assert refusal(lambda: bedrock.tag_resource(resourceARN=arn, tags=many))[0] == "TooManyTagsException"


def test_system_profiles_are_read_and_not_touched(aws: Aws):
    bedrock = aws.client("bedrock")
    profile = bedrock.get_inference_profile(inferenceProfileIdentifier=SONNET)
    assert (profile["type"], profile["inferenceProfileArn"]) == ("SYSTEM_DEFINED", SONNET)
    assert refusal(lambda: bedrock.delete_inference_profile(inferenceProfileIdentifier=SONNET))[0] == (
        "ValidationException"
    )
    tags = [{"key": "a", "value": "b"}]
    assert refusal(lambda: bedrock.tag_resource(resourceARN=SONNET, tags=tags))[0] == "ValidationException"


@pytest.mark.parametrize(
    ("region", "prefixes"),
    [
        ("us-east-1", {"us", "global"}),
        ("eu-west-1", {"eu", "global"}),
        ("ap-south-1", {"apac", "global"}),
        ("sa-east-1", {"global"}),
    ],
)
def test_each_region_offers_its_own_system_profiles(aws: Aws, region: str, prefixes: set[str]):
    bedrock = aws.client("bedrock", region=region)
    found = bedrock.list_inference_profiles(typeEquals="SYSTEM_DEFINED")["inferenceProfileSummaries"]
    assert {item["inferenceProfileId"].split(".")[0] for item in found} == prefixes
    for item in found:
        assert not mistakes(
            "bedrock",
            "CreateInferenceProfile",
            {
                "inferenceProfileName": item["inferenceProfileName"],
                "modelSource": {"copyFrom": item["inferenceProfileArn"]},
            },
        )


def test_lists_are_paged_and_filtered(aws: Aws):
    bedrock = aws.client("bedrock")
    names = [f"profile-{number}" for number in range(5)]
    for name in names:
        create(bedrock, name=name)
    pages = list(
        bedrock.get_paginator("list_inference_profiles").paginate(
            typeEquals="APPLICATION", PaginationConfig={"PageSize": 2}
        )
    )
    assert [len(page["inferenceProfileSummaries"]) for page in pages] == [2, 2, 1]
    assert [item["inferenceProfileName"] for page in pages for item in page["inferenceProfileSummaries"]] == names
    assert refusal(lambda: bedrock.list_inference_profiles(nextToken="imagined"))[0] == "ValidationException"


# Invocation logging


def allow_logging(aws: Aws, *, service: str = "bedrock.amazonaws.com", action: str = "logs:*") -> None:
    iam = aws.client("iam")
    trust: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trust["Condition"] = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:*"},
    }
    grant = {"Effect": "Allow", "Action": action, "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/b:*"}
    iam.create_role(
        RoleName="logger", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )
    iam.put_role_policy(
        RoleName="logger", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": grant})
    )


def put_logging(aws: Aws, **more: Any) -> None:
    config = {"cloudWatchConfig": {"logGroupName": "/b", "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/logger"}, **more}
    aws.client("bedrock").put_model_invocation_logging_configuration(loggingConfig=config)


def test_invocation_logging_delivers_text_unless_told_not_to(aws: Aws):
    allow_logging(aws)
    aws.client("logs").create_log_group(logGroupName="/b")
    bedrock = aws.client("bedrock")
    assert "loggingConfig" not in bedrock.get_model_invocation_logging_configuration()
    put_logging(aws, imageDataDeliveryEnabled=False)
    found = bedrock.get_model_invocation_logging_configuration()["loggingConfig"]
    assert (found["textDataDeliveryEnabled"], found["imageDataDeliveryEnabled"]) == (True, False)
    bedrock.delete_model_invocation_logging_configuration()
    assert "loggingConfig" not in bedrock.get_model_invocation_logging_configuration()


@pytest.mark.parametrize("missing", ["group", "trust", "permission", "role"])
def test_invocation_logging_needs_a_group_and_a_role_that_may_write_to_it(aws: Aws, missing: str):
    if missing != "group":
        aws.client("logs").create_log_group(logGroupName="/b")
    if missing != "role":
        service = "lambda.amazonaws.com" if missing == "trust" else "bedrock.amazonaws.com"
        allow_logging(aws, service=service, action="logs:GetLogEvents" if missing == "permission" else "logs:*")
    code, _, message = refusal(lambda: put_logging(aws))
    assert code == "ValidationException"
    assert message.startswith("Failed to validate permissions for log group: /b")


# Federation


def trust_policy(principal: str, action: str, condition: dict[str, Any] | None) -> str:
    statement = {"Effect": "Allow", "Principal": {"Federated": principal}, "Action": action}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


SAML_CONDITION = {"StringEquals": {"SAML:aud": SIGN_IN, "SAML:iss": ENTITY}}
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


INVOKE = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": SONNET}]}
)
SAYS = Statement(roles=(f"{SAML_PROVIDER},{ROLE}",))


def assume(aws: Aws, response: str, *, role: str = ROLE, provider: str = SAML_PROVIDER, **more: Any) -> Any:
    return aws.unsigned("sts").assume_role_with_saml(
        RoleArn=role, PrincipalArn=provider, SAMLAssertion=response, **more
    )


def fresh(**changes: Any) -> Statement:
    """`issued_at`: from now, since a table of cases is made minutes before its last case is tried."""
    return but(SAYS, **{**changes, "issued_at": datetime.now(UTC) + changes.get("issued_at", timedelta())})


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


# Journal and faults


def test_the_journal_names_calls_and_keeps_no_secrets(aws: Aws):
    aws.client("sts").get_caller_identity()
    aws.client("logs").create_log_group(logGroupName="/secret-name")
    aws.client("bedrock").list_inference_profiles()
    calls = aws.control("GET", "calls")
    assert [(call["service"], call["operation"], call["status"]) for call in calls] == [
        ("sts", "GetCallerIdentity", 200),
        ("logs", "CreateLogGroup", 200),
        ("bedrock", "GET /inference-profiles", 200),
    ]
    assert [call["n"] for call in calls] == [1, 2, 3]
    assert all(abs(call["at"] - datetime.now(UTC).timestamp()) < 60 for call in calls)
    assert "secret-name" not in json.dumps(calls)
    aws.control("DELETE", "calls")
    assert aws.control("GET", "calls") == []


@pytest.mark.parametrize(
    ("service", "call", "match", "code"),
    [
        ("iam", lambda client: client.list_roles(), "ListRoles", "AccessDenied"),
        ("logs", lambda client: client.describe_log_groups(), "DescribeLogGroups", "AccessDeniedException"),
        (
            "bedrock",
            lambda client: client.list_inference_profiles(),
            "GET /inference-profiles",
            "AccessDeniedException",
        ),
        ("s3", lambda client: client.list_buckets(), "GET /", "AccessDenied"),
    ],
)
def test_a_fault_speaks_the_protocol_of_its_service(
    aws: Aws, service: str, call: Callable[[Any], Any], match: str, code: str
):
    client = aws.client(service)
    aws.control("POST", "faults", {"match": match, "status": 403})
    assert refusal(lambda: call(client))[:2] == (code, 403)
    call(client)
    assert aws.control("GET", "faults") == []


def test_a_fault_may_strike_every_nth_call(aws: Aws):
    sts = aws.client("sts")
    aws.control("POST", "faults", {"match": "GetCallerIdentity", "status": 500, "every": 3})
    sts.get_caller_identity()
    sts.get_caller_identity()
    assert refusal(sts.get_caller_identity)[1] == 500
    sts.get_caller_identity()
    aws.control("DELETE", "faults")
    assert aws.control("GET", "faults") == []


def test_a_lost_answer_leaves_its_effect_behind(aws: Aws):
    bedrock = aws.client("bedrock")
    aws.control("POST", "faults", {"match": "POST /inference-profiles", "status": 503, "after": True, "code": "Busy"})
    assert refusal(lambda: create(bedrock))[:2] == ("Busy", 503)
    assert refusal(lambda: create(bedrock))[0] == "ConflictException"


@pytest.mark.parametrize(
    "fault",
    [
        {"match": "x"},
        {"match": "(", "status": 500},
        {"match": "x", "status": 200},
        {"match": "x", "status": 500, "times": 1, "every": 2},
        {"match": "x", "status": 500, "times": 0},
        {"match": "x", "status": 500, "typo": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(aws: Aws, fault: dict[str, Any]):
    with pytest.raises(urllib.error.HTTPError, match="400") as caught:
        aws.control("POST", "faults", fault)
    caught.value.close()
    assert aws.control("GET", "faults") == []


# What stays


def test_identity_logs_profiles_and_sessions_survive_a_restart(tmp_path: Path, idp: IdentityProvider):
    with serving(tmp_path, idp.jwks) as aws:
        iam, logs, bedrock = aws.client("iam"), aws.client("logs"), aws.client("bedrock")
        iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=idp.metadata)
        iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["0oaClient"])
        document = trust_policy(SAML_PROVIDER, "sts:AssumeRoleWithSAML", SAML_CONDITION)
        iam.create_role(RoleName="claude-pilot", AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName="claude-pilot", PolicyName="invoke", PolicyDocument=INVOKE)
        policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        iam.attach_role_policy(RoleName="claude-pilot", PolicyArn=policy)
        logs.create_log_group(logGroupName="/claude-code/pilot")
        logs.put_retention_policy(logGroupName="/claude-code/pilot", retentionInDays=365)
        logs.create_log_stream(logGroupName="/claude-code/pilot", logStreamName="s")
        at = int(datetime.now(UTC).timestamp() * 1000)
        event = {"timestamp": at, "message": "hello"}
        logs.put_log_events(logGroupName="/claude-code/pilot", logStreamName="s", logEvents=[event])
        arn = create(bedrock, tags=[{"key": "cohort", "value": "pilot"}])
        session = assume(aws, idp.response(fresh()))
        before = iam.get_role(RoleName="claude-pilot")["Role"]
    with serving(tmp_path, idp.jwks) as aws:
        iam, logs, bedrock = aws.client("iam"), aws.client("logs"), aws.client("bedrock")
        after = iam.get_role(RoleName="claude-pilot")["Role"]
        assert {**after, "RoleLastUsed": None} == {**before, "RoleLastUsed": None}
        assert iam.list_role_policies(RoleName="claude-pilot")["PolicyNames"] == ["invoke"]
        attached = iam.list_attached_role_policies(RoleName="claude-pilot")["AttachedPolicies"]
        assert [item["PolicyArn"] for item in attached] == [policy]
        assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1
        assert iam.get_saml_provider(SAMLProviderArn=SAML_PROVIDER)["SAMLMetadataDocument"] == idp.metadata
        assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=OIDC_PROVIDER)["ClientIDList"] == ["0oaClient"]
        assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 365
        events = logs.get_log_events(logGroupName="/claude-code/pilot", logStreamName="s")["events"]
        assert [item["message"] for item in events] == ["hello"]
        assert bedrock.get_inference_profile(inferenceProfileIdentifier=arn)["inferenceProfileName"] == "pilot-sonnet"
        assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "cohort", "value": "pilot"}]
        key = session["Credentials"]["AccessKeyId"]
        assert aws.client("sts", key=key).get_caller_identity()["Arn"] == session["AssumedRoleUser"]["Arn"]
        assume(aws, idp.response(fresh()))


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_snapshot_names_the_file_and_the_remedy(tmp_path: Path, idp: IdentityProvider, damage: bytes | None):
    with serving(tmp_path, idp.jwks) as aws:
        aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust_policy(SAML_PROVIDER, "sts:*", None))
    path = tmp_path / "aws" / "iam.snapshot"
    path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
    with pytest.raises(SandboxError) as caught, serving(tmp_path, idp.jwks):
        pass
    assert str(path) in str(caught.value)
    assert "Delete it to start iam empty" in str(caught.value)
    assert path.exists()


def test_state_is_never_read_from_a_folder_that_others_may_write_to(tmp_path: Path, idp: IdentityProvider):
    (tmp_path / "aws").mkdir(mode=0o777)
    (tmp_path / "aws").chmod(0o777)
    with pytest.raises(SandboxError, match="chmod 700"), serving(tmp_path, idp.jwks):
        pass
