"""What the AWS plug-in refuses, what it names, and what a preview of it knows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox.plugins.aws.provider import AwsProvider
from sandbox.plugins.framework.schema import Schema
from sandbox.plugins.framework.values import UNKNOWN, Secret
from sandbox.tests.plugins.aws.aws_plugin_harness import LOG_GROUP, OIDC, PROFILE, ROLE, ROLE_POLICY, SAML, TRUST, role
from sandbox.tests.plugins.plugin_harness import SCHEMAS, Refused

REFUSED = [
    (ROLE, role(name="a" * 65), "name takes at most 64 characters, has 65"),
    (ROLE, role(name="a b"), "name must have only letters, digits and +=,.@-_: a b"),
    (ROLE, role(description="“quoted”"), "description must match"),
    (ROLE, role(maxSessionDuration=1800), "maxSessionDuration must be from 3600 to 43200: 1800"),
    (ROLE, role(assumeRolePolicy="[]"), "assumeRolePolicy must be one document: a list was given"),
    (ROLE, role(path="/a"), "path must start and end with /"),
    (ROLE, role(permissionsBoundary="boundary"), "permissionsBoundary is not an ARN: boundary"),
    (ROLE_POLICY, {"role": "arn:aws:iam::123456789012:role/x", "policy": "{}"}, "give the role's name"),
    (LOG_GROUP, {"retentionInDays": 42}, "retentionInDays must be one of 0, 1, 3"),
    (LOG_GROUP, {"name": "a:b"}, "name must have only letters"),
    (OIDC, {"url": "http://x", "clientIdLists": ["a"]}, "url must be an https:// address: http://x"),
    (OIDC, {"url": "https://x?a", "clientIdLists": ["a"]}, "url must not have a query"),
    (SAML, {"samlMetadataDocument": "<short/>"}, "samlMetadataDocument needs at least 1000 characters"),
    (PROFILE, {"name": "pilot"}, "modelSource is required"),
    (PROFILE, {"name": "pilot_!", "modelSource": {"copyFrom": "arn:aws:bedrock:us-east-1::x"}}, "name must match"),
    (PROFILE, {"name": "pilot", "modelSource": {"copyFrom": "claude"}}, "modelSource.copyFrom is not an ARN: claude"),
]


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(engine, token, inputs, reason):
    with pytest.raises(Refused) as refused:
        engine.check(token, "pilot", inputs)

    assert any(reason in failure for failure in refused.value.failures.values())


def test_what_is_unknown_in_a_preview_is_not_judged(engine):
    inputs = engine.check(ROLE, "pilot", {"name": UNKNOWN, "assumeRolePolicy": UNKNOWN, "tags": {"team": UNKNOWN}})

    assert inputs["assumeRolePolicy"] is UNKNOWN
    assert inputs["tagsAll"] is UNKNOWN


def test_an_object_is_serialised_and_stays_secret(engine):
    inputs = engine.check(ROLE, "pilot", role(assumeRolePolicy=Secret(TRUST)))

    assert isinstance(inputs["assumeRolePolicy"], Secret)
    assert json.loads(inputs["assumeRolePolicy"].value) == TRUST


def test_every_constraint_is_about_an_input_there_is_and_judges_its_type():
    provider = AwsProvider(SCHEMAS)
    samples = {"integer": 1, "number": 1, "string": "x", "boolean": True}
    for token, entry in provider.entries.items():
        for path, constraint in entry.checks.items():
            typ = _type_at(provider.schemas[token], path)
            sample = samples[typ] if isinstance(typ, str) else ["x"] if "list" in typ else {"x": "x"}
            assert isinstance(constraint(sample), str | None), (token, path)


def _type_at(schema: Schema, path: str) -> Any:
    shape = schema.inputs
    *objects, last = path.split(".")
    for name in objects:
        typ = shape.fields[name]
        shape = schema.objects[typ.get("list", typ)["object"]]
    typ = shape.fields[last]
    return "string" if isinstance(typ, dict) and "anyOf" in typ else typ


def test_a_name_left_out_is_generated_kept_and_noted(engine):
    first = engine.check(ROLE, "pilot", {"assumeRolePolicy": "{}"})
    again = engine.check(ROLE, "pilot", {"assumeRolePolicy": "{}"}, first)

    assert re.fullmatch(r"pilot-[0-9a-f]{7}", first["name"])
    assert "name" in first["__defaults"]
    assert again["name"] == first["name"]


def test_a_generated_name_that_is_too_long_is_refused(engine):
    with pytest.raises(Refused) as refused:
        engine.check(ROLE, "p" * 60, {"assumeRolePolicy": "{}"})

    assert "68 characters, 64 allowed" in refused.value.failures["name"]


def test_plugin_framework_types_note_no_defaults(engine):
    source = {"modelSource": {"copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/x"}}

    assert "__defaults" not in engine.check(PROFILE, "pilot", source)


def test_a_preview_knows_the_inputs_and_nothing_that_only_aws_can_tell(engine):
    shown = engine.preview(ROLE, "pilot", role())

    assert (shown["name"], shown["path"], shown["maxSessionDuration"]) == ("pilot", "/", 3600)
    assert {name for name, value in shown.items() if value is UNKNOWN} == {
        *("arn", "createDate", "uniqueId", "inlinePolicies", "managedPolicyArns"),
    }


def test_a_preview_of_an_update_keeps_what_the_update_keeps(engine):
    created = engine.create(ROLE, "pilot", role())

    shown = engine.update(created, role(description=UNKNOWN), preview=True).outputs

    assert shown["description"] is UNKNOWN
    assert shown["arn"] == created.outputs["arn"]
