"""Each rule: what complies, what one change trips, what it does not concern, what is not known yet."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.output import Unknown
from pulumi_policy import (
    Policy,
    PolicyCustomTimeouts,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from policies.rules import RULES
from policies.rules.no_bare_wildcard import no_bare_wildcard
from policies.rules.prompt_text_off import LOGGING, prompt_text_off
from policies.rules.session_at_most_one_hour import ROLE, session_at_most_one_hour
from tests import recording, stacks

POLICY = "aws:iam/rolePolicy:RolePolicy"


def reports(rule: Policy, kind: str, props: dict[str, Any]) -> list[str]:
    found: list[str] = []
    options = PolicyResourceOptions(
        protect=False,
        ignore_changes=[],
        delete_before_replace=None,
        aliases=[],
        custom_timeouts=PolicyCustomTimeouts(0, 0, 0),
        additional_secret_outputs=[],
    )
    args = ResourceValidationArgs(kind, props, f"urn:pulumi:s::p::{kind}::x", "x", options, None)
    assert isinstance(rule, ResourceValidationPolicy)
    rule.validate(args, lambda text, urn=None: found.append(text))  # type: ignore[arg-type, operator]  # noqa: ARG005
    return found


def policy(**changes: Any) -> dict[str, Any]:
    statement = {
        "Sid": "S",
        "Effect": "Allow",
        "Action": ["bedrock:InvokeModel"],
        "Resource": ["arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-6"],
        "Condition": {"ArnEquals": {"bedrock:InferenceProfileArn": ["arn:x"]}},
    }
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": [statement | changes]})}


@pytest.mark.parametrize("stack", stacks.COMMITTED)
def test_the_committed_stack_files_comply(stack: str) -> None:
    run = recording.run(stacks.committed(stack), stack)
    assert [text for r in run.order for rule in RULES for text in reports(rule, r.type, dict(r.inputs))] == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"Resource": "*"}, "an Allow of *"),
        ({"Action": "*"}, "an Allow of *"),
        ({"Condition": {}}, "foundation models without"),
    ],
)
def test_a_wildcard_or_a_model_without_its_condition_is_reported(changes: dict[str, Any], word: str) -> None:
    assert reports(no_bare_wildcard, POLICY, policy()) == []
    [text] = reports(no_bare_wildcard, POLICY, policy(**changes))
    assert word in text
    assert reports(no_bare_wildcard, POLICY, policy(**changes, Effect="Deny")) == []
    assert reports(no_bare_wildcard, ROLE, policy(**changes)) == []
    assert reports(no_bare_wildcard, POLICY, {"policy": Unknown()}) == []


def test_prompts_in_the_log_are_reported_also_when_a_switch_is_left_out() -> None:
    off = {f"{kind}DataDeliveryEnabled": False for kind in ("text", "image", "embedding", "video")}
    assert reports(prompt_text_off, LOGGING, {"loggingConfig": off}) == []
    assert reports(prompt_text_off, LOGGING, {"loggingConfig": {**off, "textDataDeliveryEnabled": True}})
    assert reports(
        prompt_text_off, LOGGING, {"loggingConfig": {k: v for k, v in off.items() if not k.startswith("text")}}
    )
    assert reports(prompt_text_off, ROLE, {}) == []


def test_a_session_longer_than_an_hour_is_reported() -> None:
    assert reports(session_at_most_one_hour, ROLE, {"maxSessionDuration": 3600}) == []
    assert reports(session_at_most_one_hour, ROLE, {}) == []
    assert reports(session_at_most_one_hour, ROLE, {"maxSessionDuration": 3601})
    assert reports(session_at_most_one_hour, POLICY, {"maxSessionDuration": 43200}) == []
    assert reports(session_at_most_one_hour, ROLE, {"maxSessionDuration": Unknown()}) == []
