"""Where moto's Lambda is not AWS's: what a permission becomes in a function's policy, and where a function logs.

To be mended in moto: `awslambda.policy.Policy.decode_policy` makes no conditions of most parameters of AddPermission
and no root of an account's number; `awslambda.models.LambdaFunction` forgets `LoggingConfig`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.policy import Policy

from sandbox.aws.models.catalogue import PARTITION

Given = dict[str, Any]

# AddPermission's parameter -> the operator and the key of the statement's condition.
CONDITIONS = {
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
}


def statement(given: Given) -> Given:
    """As a policy has it, of what AddPermission was given. A statement stays what it is."""
    conditions: dict[str, Given] = dict(given.get("Condition") or {})
    for name, (operator, key) in CONDITIONS.items():
        if given.get(name) is not None:
            value = given[name]
            told = str(value).lower() if isinstance(value, bool) else value
            conditions[operator] = {**conditions.get(operator, {}), key: told}
    kept = {name: value for name, value in given.items() if name not in CONDITIONS}
    if "Principal" in kept:
        kept["Principal"] = _principal(kept["Principal"])
    return kept | ({"Condition": conditions} if conditions else {})


def _principal(given: Any) -> Any:
    if not isinstance(given, str) or given == "*":
        return given
    if re.fullmatch(r"\d{12}", given):
        return {"AWS": f"arn:{PARTITION}:iam::{given}:root"}
    return {"AWS" if given.startswith("arn:") else "Service": given}


def condition(of: Given, parameter: str) -> Any:
    """What a statement demands by the condition that AddPermission made of this parameter."""
    operator, key = CONDITIONS[parameter]
    return (of.get("Condition") or {}).get(operator, {}).get(key)


def logging_config(name: str, given: Mapping[str, Any] | None) -> Given:
    """With what Lambda fills in (API reference, LoggingConfig)."""
    wanted = dict(given or {})
    config: Given = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"} | wanted
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"} if config["LogFormat"] == "JSON" else {}
    return levels | config


def mend_lambda() -> None:
    """From now on; a second time it finds nothing to do."""
    if getattr(Policy.decode_policy, "mended", False):
        return
    decode, init = Policy.decode_policy, LambdaFunction.__init__
    get, update = LambdaFunction.get_configuration, LambdaFunction.update_configuration

    def decode_policy(self: Policy, obj: Given) -> Policy:
        return decode(self, statement(obj))

    def made(self: LambdaFunction, account_id: str, spec: Given, *rest: Any, **named: Any) -> None:
        init(self, account_id, spec, *rest, **named)
        _log_by(self, spec.get("LoggingConfig"))

    def get_configuration(self: LambdaFunction, *rest: Any, **named: Any) -> Given:
        kept = vars(self).get("logging_config") or logging_config(self.function_name, None)
        return get(self, *rest, **named) | {"LoggingConfig": kept}

    def update_configuration(self: LambdaFunction, config_updates: Given) -> Given:
        if config_updates.get("LoggingConfig"):
            _log_by(self, config_updates["LoggingConfig"])
        return update(self, config_updates)

    decode_policy.mended = True  # type: ignore[attr-defined]
    Policy.decode_policy = decode_policy  # type: ignore[method-assign]
    LambdaFunction.__init__ = made  # type: ignore[method-assign]
    LambdaFunction.get_configuration = get_configuration  # type: ignore[method-assign]
    LambdaFunction.update_configuration = update_configuration  # type: ignore[method-assign]


def _log_by(function: LambdaFunction, given: Mapping[str, Any] | None) -> None:
    config = logging_config(function.function_name, given)
    vars(function)["logging_config"] = config
    function.logs_group_name = config["LogGroup"]
