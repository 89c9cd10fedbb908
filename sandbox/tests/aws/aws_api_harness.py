"""What the tests of the sandbox's AWS ask of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.settings import ACCOUNT_ID
from sandbox.tests.aws_harness import Aws
from sandbox.tests.identity_provider import ENTITY, SIGN_IN, Statement, but

SONNET = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:inference-profile/global.anthropic.claude-sonnet-4-6"


HAIKU = "arn:aws:bedrock:us-east-1::inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"


MODEL = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5"


ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/claude-pilot"


SAML_PROVIDER = f"arn:aws:iam::{ACCOUNT_ID}:saml-provider/Okta"


OIDC_PROVIDER = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/acme.okta.com"


def refusal(call: Callable[[], Any]) -> tuple[str, int, str]:
    """(error code, status, message) of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def create(bedrock: Any, name: str = "pilot-sonnet", source: str = SONNET, **more: Any) -> str:
    given = {"inferenceProfileName": name, "modelSource": {"copyFrom": source}, **more}
    return bedrock.create_inference_profile(**given)["inferenceProfileArn"]


def trust_policy(principal: str, action: str, condition: dict[str, Any] | None) -> str:
    statement = {"Effect": "Allow", "Principal": {"Federated": principal}, "Action": action}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


SAML_CONDITION = {"StringEquals": {"SAML:aud": SIGN_IN, "SAML:iss": ENTITY}}


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
