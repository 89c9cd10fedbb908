"""Who else may call a function, as `pulumi-aws` has it."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from sandbox.plugins.framework.values import Props
from sandbox.tests.cloud_harness import ACCOUNT, Cloud
from sandbox.tests.plugins.lambdas.lambda_harness import FUNCTION, OPEN, PERMISSION, function
from sandbox.tests.plugins.plugin_harness import Engine, Resource, kinds

STATEMENT: Props = {
    "statementId": "denials",
    "action": "lambda:InvokeFunction",
    "function": "echo",
    "principal": "events.amazonaws.com",
    "sourceAccount": ACCOUNT,
    "sourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/denials",
    "principalOrgId": "o-a1b2c3d4e5",
}


URL_OPEN: Props = OPEN | {"action": "lambda:InvokeFunctionUrl", "functionUrlAuthType": "NONE"}


THROUGH: Props = OPEN | {"invokedViaFunctionUrl": True}


@pytest.mark.parametrize(
    "props", [STATEMENT, OPEN, URL_OPEN, THROUGH, OPEN | {"principal": f"arn:aws:iam::{ACCOUNT}:root"}]
)
def test_a_permission_is_read_back_whole(engine: Engine, props: Props) -> None:
    engine.create(FUNCTION, "echo", function())
    made = engine.create(PERMISSION, "it", props)
    assert not kinds(engine.changes(made, props))
    bare = Resource(made.token, made.name, made.id, made.inputs, {"function": "echo", "statementId": made.id})
    again = engine.refresh(bare)
    assert again is not None
    assert props.items() <= again.outputs.items()
    imported = engine.import_(PERMISSION, "it", f"echo/{made.id}")
    assert imported is not None
    assert props.items() <= imported.inputs.items()
    with pytest.raises(grpc.RpcError, match="already exists"):
        engine.create(PERMISSION, "again", props)
    engine.delete(made)
    assert engine.refresh(made) is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"Principal": "s3.amazonaws.com"}, "principal"),
        ({"Action": "lambda:GetFunction"}, "action"),
        ({"SourceAccount": "210987654321"}, "sourceAccount"),
        ({"SourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/other"}, "sourceArn"),
        ({"PrincipalOrgID": "o-other12345"}, "principalOrgId"),
        ({"PrincipalOrgID": None}, "principalOrgId"),
        ({"FunctionUrlAuthType": "NONE"}, "functionUrlAuthType"),
        ({"InvokedViaFunctionUrl": True}, "invokedViaFunctionUrl"),
    ],
)
def test_a_permission_that_was_changed_by_hand_is_replaced(
    engine: Engine, cloud: Cloud, changed: dict[str, Any], field: str
) -> None:
    engine.create(FUNCTION, "echo", function())
    made = engine.create(PERMISSION, "it", STATEMENT)
    client = cloud.aws.client("lambda")
    client.remove_permission(FunctionName="echo", StatementId="denials")
    given = {
        "StatementId": "denials",
        "Action": STATEMENT["action"],
        "Principal": STATEMENT["principal"],
        "SourceAccount": ACCOUNT,
        "SourceArn": STATEMENT["sourceArn"],
        "PrincipalOrgID": STATEMENT["principalOrgId"],
    } | changed
    client.add_permission(FunctionName="echo", **{name: value for name, value in given.items() if value is not None})
    drifted = engine.refresh(made)
    assert drifted is not None
    assert list(engine.changes(drifted, STATEMENT).replaces) == [field]
