"""GitHub's tokens in the sandbox: judged by GitHub's own key, and by what IAM reads of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.settings import ACCOUNT_ID
from sandbox.tests.aws_harness import Aws, serving
from sandbox.tests.identity_provider import IdentityProvider
from sandbox.workflow_tokens import AUDIENCE, ISSUER, token

HOST = ISSUER.removeprefix("https://")
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/ci"
WANTED = {
    f"{HOST}:aud": AUDIENCE,
    f"{HOST}:sub": "repo:acme/payments:environment:review",
    f"{HOST}:repository_id": "4711",
    "sts:RoleSessionName": "nightly-review",
}


def trusting(aws: Aws) -> None:
    iam = aws.client("iam")
    iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=[AUDIENCE])
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{HOST}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": WANTED},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName="ci", AssumeRolePolicyDocument=document)


def session(aws: Aws, given: str, name: str = "nightly-review") -> Any:
    call = aws.unsigned("sts").assume_role_with_web_identity
    return call(RoleArn=ROLE, RoleSessionName=name, WebIdentityToken=given)


def test_a_workflow_gets_a_session_by_githubs_key_and_by_no_other(tmp_path: Path) -> None:
    right: dict[str, Any] = {"environment": "review", "repository_id": "4711"}
    with serving(tmp_path / "home", IdentityProvider().jwks) as aws:
        trusting(aws)
        answer = session(aws, token(tmp_path / "home", "acme/payments", **right))
        assert answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/ci/nightly-review")
        for code, given, name in (
            ("InvalidIdentityToken", token(tmp_path / "another", "acme/payments", **right), "nightly-review"),
            (
                "InvalidIdentityToken",
                token(tmp_path / "home", "acme/payments", **right, audience="x"),
                "nightly-review",
            ),
            ("AccessDenied", token(tmp_path / "home", "acme/payments", environment="review"), "nightly-review"),
            ("AccessDenied", token(tmp_path / "home", "acme/payments", **right), "weekly-audit"),
            ("AccessDenied", token(tmp_path / "home", "acme/payments", **right, ref="x"), "weekly-audit"),
            ("AccessDenied", token(tmp_path / "home", "acme/payments", event="pull_request"), "nightly-review"),
        ):
            with pytest.raises(ClientError) as caught:
                session(aws, given, name)
            assert caught.value.response["Error"]["Code"] == code
