"""What an account says of itself: models, quotas, Lambda, mail. Each answer fits the model of it that botocore ships."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from sandbox.aws.models import profiles
from sandbox.aws.validation import service_model
from sandbox.tests.aws_harness import Aws, serving

SONNET = "anthropic.claude-sonnet-4-6"
PROFILES = "L-40EC9882"
MINUTE = "inference tokens per minute for Anthropic Claude Sonnet 4.6"


@pytest.fixture
def aws(tmp_path: Path) -> Generator[Aws]:
    with serving(tmp_path, lambda: {"keys": []}) as served:
        yield served


@pytest.fixture
def function(aws: Aws) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as file:
        file.writestr("main.py", "")
    aws.client("lambda").create_function(
        FunctionName="idle", Runtime="python3.12", Role=role, Handler="main.main", Code={"ZipFile": into.getvalue()}
    )
    return "idle"


def asked(aws: Aws, service: str, operation: str, method: str, **given: Any) -> dict[str, Any]:
    answer = getattr(aws.client(service), method)(**given)
    answer.pop("ResponseMetadata")
    report = ParamValidator().validate(answer, service_model(service).operation_model(operation).output_shape)
    assert not report.has_errors(), report.generate_report()
    return answer


def refused(aws: Aws, service: str, method: str, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service), method)(**given)
    return caught.value.response["Error"]["Code"]


def test_a_model_of_the_catalogue_is_active(aws: Aws) -> None:
    found = asked(aws, "bedrock", "GetFoundationModel", "get_foundation_model", modelIdentifier=SONNET)
    assert found["modelDetails"]["modelLifecycle"]["status"] == "ACTIVE"
    unknown = "anthropic.claude-unknown-1"
    assert refused(aws, "bedrock", "get_foundation_model", modelIdentifier=unknown) == "ResourceNotFoundException"


def test_a_model_of_the_catalogue_can_be_called_and_no_other_is_known(aws: Aws) -> None:
    found = asked(aws, "bedrock", "GetFoundationModelAvailability", "get_foundation_model_availability", modelId=SONNET)
    assert found == {
        "modelId": SONNET,
        "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }
    ask = "get_foundation_model_availability"
    assert refused(aws, "bedrock", ask, modelId="anthropic.claude-none-1") == "ResourceNotFoundException"
    assert refused(aws, "bedrock", ask, modelId="not a model") == "ValidationException"


def test_the_form_for_anthropics_models_was_sent(aws: Aws) -> None:
    found = asked(aws, "bedrock", "GetUseCaseForModelAccess", "get_use_case_for_model_access")
    assert json.loads(found["formData"])["companyName"] == "Acme"


def test_bedrocks_quotas_are_listed_in_pages_and_found_by_code(aws: Aws) -> None:
    aws.control("PUT", "quotas", {"application_profiles": 7, "tokens_per_minute": 90_000})
    pages = list(
        aws.client("service-quotas")
        .get_paginator("list_service_quotas")
        .paginate(ServiceCode="bedrock", PaginationConfig={"PageSize": 8})
    )
    quotas = {quota["QuotaName"]: quota for page in pages for quota in page["Quotas"]}
    assert len(pages) > 1
    assert len(quotas) == sum(len(page["Quotas"]) for page in pages)
    for kind in ("Cross-region model", "Global cross-region model", "On-demand model"):
        assert quotas[f"{kind} {MINUTE}"]["Value"] == 90_000
    for quota in quotas.values():
        given = {"ServiceCode": "bedrock", "QuotaCode": quota["QuotaCode"]}
        assert asked(aws, "service-quotas", "GetServiceQuota", "get_service_quota", **given)["Quota"] == quota
        listed = asked(aws, "service-quotas", "ListServiceQuotas", "list_service_quotas", **given)
        assert listed == {"Quotas": [quota]}
    assert next(quota["Value"] for quota in quotas.values() if quota["QuotaCode"] == PROFILES) == 7


def test_what_service_quotas_does_not_know_it_refuses(aws: Aws) -> None:
    get, listing = "get_service_quota", "list_service_quotas"
    assert refused(aws, "service-quotas", get, ServiceCode="bedrock", QuotaCode="L-0") == "NoSuchResourceException"
    assert refused(aws, "service-quotas", get, ServiceCode="bedrock", QuotaCode="?!") == "IllegalArgumentException"
    assert refused(aws, "service-quotas", listing, ServiceCode="none") == "NoSuchResourceException"
    code = refused(aws, "service-quotas", listing, ServiceCode="bedrock", NextToken="TC0w")
    assert code == "InvalidPaginationTokenException"


def test_a_quota_of_profiles_is_the_one_that_refuses_another(aws: Aws) -> None:
    aws.control("PUT", "quotas", {"application_profiles": 0})
    model = f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET}"
    given = {"inferenceProfileName": "one", "modelSource": {"copyFrom": model}}
    assert refused(aws, "bedrock", "create_inference_profile", **given) == "ServiceQuotaExceededException"
    assert profiles.quotas[profiles.QUOTA] == 0


def test_lambda_says_how_much_may_run_at_once_but_for_what_is_reserved(aws: Aws, function: str) -> None:
    before = asked(aws, "lambda", "GetAccountSettings", "get_account_settings")
    aws.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=100)
    after = asked(aws, "lambda", "GetAccountSettings", "get_account_settings")

    assert before["AccountLimit"]["ConcurrentExecutions"] == after["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert before["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000
    assert after["AccountLimit"]["UnreservedConcurrentExecutions"] == 900
    assert after["AccountUsage"]["FunctionCount"] == 1
    assert after["AccountUsage"]["TotalCodeSize"] > 0


def test_mail_may_be_sent_and_an_address_is_verified_but_not_a_domain(aws: Aws) -> None:
    ses = aws.client("sesv2")
    for name in ("it@acme.example", "acme.example"):
        ses.create_email_identity(EmailIdentity=name)
    message = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "World"}}}}
    ses.send_email(
        FromEmailAddress="it@acme.example", Destination={"ToAddresses": ["alice@acme.example"]}, Content=message
    )

    account = asked(aws, "sesv2", "GetAccount", "get_account")
    assert account["ProductionAccessEnabled"]
    assert account["SendQuota"]["SentLast24Hours"] == 1
    assert ses.get_email_identity(EmailIdentity="it@acme.example")["VerifiedForSendingStatus"]
    assert not ses.get_email_identity(EmailIdentity="acme.example")["VerifiedForSendingStatus"]


def test_the_account_has_a_trail_of_management_events_that_records(aws: Aws) -> None:
    [trail] = asked(aws, "cloudtrail", "DescribeTrails", "describe_trails")["trailList"]
    assert trail["IsMultiRegionTrail"]
    assert asked(aws, "cloudtrail", "GetTrailStatus", "get_trail_status", Name=trail["TrailARN"])["IsLogging"]
    assert refused(aws, "cloudtrail", "get_trail_status", Name="another") == "TrailNotFoundException"
