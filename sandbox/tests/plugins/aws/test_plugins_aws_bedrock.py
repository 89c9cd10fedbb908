"""Bedrock's types, over a client of our own: moto has no inference profiles."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources import bedrock as bedrock_entries
from sandbox.plugins.framework.values import Props
from sandbox.tests.plugins.aws.aws_plugin_harness import PROFILE, client_error
from sandbox.tests.plugins.plugin_harness import kinds, said


class _Bedrock:
    """A profile is active at the second look, and its name is taken for `taken` attempts."""

    def __init__(self, taken: int = 0) -> None:
        self.taken = taken
        self.looks = 0
        self.tags: dict[str, str] = {}
        self.profile: Props = {}
        self.logging: Props | None = None
        self.calls: list[str] = []

    def create_inference_profile(self, **wanted: Any) -> Props:
        self.calls.append("create")
        if self.taken:
            self.taken -= 1
            raise client_error("ConflictException", "the name is taken")
        self.tags = {tag["key"]: tag["value"] for tag in wanted.get("tags", ())}
        arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
        self.profile = {
            "inferenceProfileArn": arn,
            "inferenceProfileId": "abc",
            "inferenceProfileName": wanted["inferenceProfileName"],
            "models": [{"modelArn": wanted["modelSource"]["copyFrom"]}],
            "type": "APPLICATION",
            "createdAt": _NOW,
            "updatedAt": _NOW,
        }
        return {"inferenceProfileArn": arn, "status": "ACTIVE"}

    def get_inference_profile(self, **_: Any) -> Props:
        if not self.profile:
            raise client_error("ResourceNotFoundException", "no such profile")
        self.looks += 1
        return self.profile | {"status": "ACTIVE" if self.looks > 1 else "CREATING"}

    def list_tags_for_resource(self, **_: Any) -> Props:
        return {"tags": [{"key": key, "value": value} for key, value in self.tags.items()]}

    def untag_resource(self, **wanted: Any) -> None:
        self.calls.append(f"untag {wanted['tagKeys']}")

    def tag_resource(self, **wanted: Any) -> None:
        self.calls.append(f"tag {wanted['tags']}")

    def delete_inference_profile(self, **_: Any) -> None:
        if not self.profile:
            raise client_error("ResourceNotFoundException", "no such profile")
        self.profile = {}

    def put_model_invocation_logging_configuration(self, **wanted: Any) -> None:
        self.calls.append("put")
        if self.taken:
            self.taken -= 1
            raise client_error("ValidationException", "Failed to validate permissions for log group: x")
        self.logging = wanted["loggingConfig"]

    def get_model_invocation_logging_configuration(self) -> Props:
        return {"loggingConfig": self.logging} if self.logging else {}

    def delete_model_invocation_logging_configuration(self) -> None:
        self.logging = None


_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def bedrock(monkeypatch) -> _Bedrock:
    fake = _Bedrock()
    monkeypatch.setattr(bedrock_entries, "_bedrock", lambda _: fake)
    return fake


SOURCE = {"copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude"}


def test_an_inference_profile_lives(engine, bedrock):
    created = engine.create(PROFILE, "p", {"name": "pilot-sonnet", "modelSource": SOURCE, "tags": {"team": "a"}})

    assert created.id == "abc"
    assert bedrock.looks >= 3, "active is believed when seen twice running"
    assert created.outputs["models"] == [{"modelArn": SOURCE["copyFrom"]}]
    assert created.outputs["modelSource"] == SOURCE
    assert created.outputs["createdAt"] == "2026-01-02T03:04:05Z"
    imported = engine.import_(PROFILE, "p", "abc")
    assert imported
    assert "modelSource" not in imported.outputs
    engine.update(created, {"name": "pilot-sonnet", "modelSource": SOURCE, "tags": {"group": "b"}})
    assert bedrock.calls[-2:] == ["untag ['team']", "tag [{'key': 'group', 'value': 'b'}]"]
    engine.delete(created)
    engine.delete(created)
    assert engine.refresh(created) is None


def test_a_profile_name_in_use_is_waited_for(engine, bedrock):
    bedrock.taken = 2

    engine.create(PROFILE, "p", {"name": "pilot-sonnet", "modelSource": SOURCE})

    assert bedrock.calls == ["create"] * 3


def test_a_profile_name_in_use_for_two_minutes_is_an_error(engine, bedrock):
    bedrock.taken = 1000

    with pytest.raises(grpc.RpcError) as error:
        engine.create(PROFILE, "p", {"name": "pilot-sonnet", "modelSource": SOURCE})

    assert "ConflictException: the name is taken" in said(error.value)
    assert len(bedrock.calls) > 3


LOGGING = "aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration"


def test_invocation_logging_lives_and_waits_for_its_role(engine, bedrock, monkeypatch):
    monkeypatch.setattr(Aws, "client", lambda *_: bedrock)
    bedrock.taken = 1
    cloudwatch = {"logGroupName": "g", "roleArn": "arn:aws:iam::123456789012:role/logs"}
    inputs = {"loggingConfig": {"cloudwatchConfig": cloudwatch, "textDataDeliveryEnabled": False}}

    created = engine.create(LOGGING, "logging", inputs)

    assert bedrock.calls == ["put", "put"]
    assert created.id == "us-east-1"
    assert bedrock.logging["textDataDeliveryEnabled"] is False
    assert bedrock.logging["imageDataDeliveryEnabled"] is True, "a default of the schema"
    assert kinds(engine.changes(created, inputs)) == {}
    changed = {"loggingConfig": {"cloudwatchConfig": cloudwatch}}
    assert kinds(engine.changes(created, changed)) == {"loggingConfig.textDataDeliveryEnabled": "UPDATE"}
    assert engine.import_(LOGGING, "logging", "us-east-1")
    engine.delete(created)
    assert engine.refresh(created) is None
