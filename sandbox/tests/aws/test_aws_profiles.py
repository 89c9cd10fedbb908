"""Inference profiles and invocation logging, as strict as Bedrock's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.aws.validation import mistakes
from sandbox.settings import ACCOUNT_ID
from sandbox.tests.aws.aws_api_harness import HAIKU, MODEL, SONNET, create, refusal
from sandbox.tests.aws_harness import Aws


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
