"""Functions called by their own address: what they are given, what of their answer gets out, and who gets in."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.aws_harness import Aws, serving
from sandbox.tests.test_functions import make, trust

CODE = """
def handler(event, context):
    match event.get("rawPath"):
        case "/plain":
            return {"seen": event}
        case "/fails":
            raise ValueError("of our inside")
        case _:
            return {"statusCode": 418, "headers": {"X-Ours": "yes"}, "body": "aGk=", "isBase64Encoded": True}
"""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PERMISSIONS: tuple[dict[str, Any], ...] = (
    {"StatementId": "a", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
    {"StatementId": "b", "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
)


@pytest.fixture
def aws(tmp_path: Path) -> Generator[Aws]:
    with serving(tmp_path, lambda: {"keys": []}) as aws:
        aws.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
        make(aws, CODE)
        yield aws


def opened(aws: Aws) -> str:
    for permission in PERMISSIONS:
        aws.client("lambda").add_permission(FunctionName="echo", Principal="*", **permission)
    made = aws.client("lambda").create_function_url_config(FunctionName="echo", AuthType="NONE")
    return made["FunctionUrl"].removeprefix("https://").rstrip("/")


def call(
    aws: Aws, host: str, path: str = "/", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    request = urllib.request.Request(aws.url + path, data=body, headers={**(headers or {}), "Host": host})  # noqa: S310
    try:
        with _DIRECT.open(request, timeout=120) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def test_a_function_is_given_the_request_in_payload_format_2(aws: Aws) -> None:
    host = opened(aws)
    headers = {"Content-Type": "application/json", "X-Github-Event": "ping", "Cookie": "a=1; b=2"}
    status, _, text = call(aws, host, "/plain?a=1&a=2&b=", '{"ü": 1}'.encode(), headers)
    assert status == 200
    seen = json.loads(text)["seen"]
    assert (seen["version"], seen["rawPath"], seen["rawQueryString"]) == ("2.0", "/plain", "a=1&a=2&b=")
    assert seen["queryStringParameters"] == {"a": "1,2", "b": ""}
    assert seen["cookies"] == ["a=1", "b=2"]
    assert (seen["headers"]["x-github-event"], seen["requestContext"]["http"]["method"]) == ("ping", "POST")
    assert (seen["isBase64Encoded"], seen["body"]) == (False, '{"ü": 1}')
    _, _, text = call(aws, host, "/plain", b"\xff\x00", {"Content-Type": "application/octet-stream"})
    seen = json.loads(text)["seen"]
    assert (seen["isBase64Encoded"], base64.b64decode(seen["body"])) == (True, b"\xff\x00")


def test_a_functions_answer_is_the_https_answer_and_its_error_stays_inside(aws: Aws) -> None:
    host = opened(aws)
    status, headers, body = call(aws, host, "/teapot")
    assert (status, headers["X-Ours"], body) == (418, "yes", b"hi")
    status, _, body = call(aws, host, "/fails")
    assert (status, b"inside" in body) == (502, False)


def test_nobody_gets_in_by_one_permission_alone_by_a_closed_address_or_with_too_much(aws: Aws) -> None:
    host, functions = opened(aws), aws.client("lambda")
    assert call(aws, host, "/", b"x" * (6 * 1024 * 1024 + 1))[0] == 413
    functions.update_function_url_config(FunctionName="echo", AuthType="AWS_IAM")
    assert call(aws, host)[0] == 403
    functions.update_function_url_config(FunctionName="echo", AuthType="NONE")
    assert call(aws, host)[0] == 418
    for permission in PERMISSIONS:
        functions.remove_permission(FunctionName="echo", StatementId=permission["StatementId"])
        assert call(aws, host)[0] == 403
        functions.add_permission(FunctionName="echo", Principal="*", **permission)
    assert call(aws, "a" * 32 + ".lambda-url.us-east-1.on.aws")[0] == 403
