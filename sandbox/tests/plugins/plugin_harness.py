"""Plays the engine: speaks the provider protocol over gRPC, in plain Python values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.plugins.framework.provider import Provider
from sandbox.plugins.framework.serve import serving
from sandbox.plugins.framework.values import Props, decode, encode, plain

SCHEMAS = Path(__file__).parents[3] / ".sandbox" / "schemas"


@dataclass
class Resource:
    """What the engine's state remembers of a resource."""

    token: str
    name: str
    id: str
    inputs: Props
    outputs: Props

    @property
    def urn(self) -> str:
        return urn(self.token, self.name)


@dataclass
class Refused(Exception):  # noqa: N818  it reads well after `raises`
    failures: dict[str, str] = field(default_factory=dict)


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::claude-code-rollout::{token}::{name}"


class Engine:
    """One configured plug-in."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub) -> None:
        self.stub = stub

    def check(self, token: str, name: str, news: Props, olds: Props | None = None, **request: Any) -> Props:
        """The completed inputs; Refused with the reason for each property."""
        answer = self.stub.Check(
            provider_pb2.CheckRequest(
                urn=urn(token, name),
                name=name,
                news=encode(news),
                olds=encode(olds or {}),
                randomSeed=hashlib.sha256(name.encode()).digest(),
                **request,
            )
        )
        if answer.failures:
            raise Refused({failure.property: failure.reason for failure in answer.failures})
        return decode(answer.inputs)

    def diff(self, resource: Resource, news: Props, **request: Any) -> provider_pb2.DiffResponse:
        return self.stub.Diff(
            provider_pb2.DiffRequest(
                id=resource.id,
                urn=resource.urn,
                olds=encode(resource.outputs),
                old_inputs=encode(resource.inputs),
                news=encode(news),
                **request,
            )
        )

    def changes(self, resource: Resource, props: Props) -> provider_pb2.DiffResponse:
        """What the next update with these properties would do."""
        return self.diff(resource, self.check(resource.token, resource.name, props, resource.inputs))

    def preview(self, token: str, name: str, props: Props) -> Props:
        """The outputs a preview of the creation shows."""
        inputs = self.check(token, name, props)
        request = provider_pb2.CreateRequest(urn=urn(token, name), properties=encode(inputs), preview=True)
        return decode(self.stub.Create(request).properties)

    def create(self, token: str, name: str, props: Props) -> Resource:
        inputs = self.check(token, name, props)
        answer = self.stub.Create(provider_pb2.CreateRequest(urn=urn(token, name), properties=encode(inputs)))
        return Resource(token, name, answer.id, inputs, decode(answer.properties))

    def update(self, resource: Resource, props: Props, *, preview: bool = False) -> Resource:
        inputs = self.check(resource.token, resource.name, props, resource.inputs)
        answer = self.stub.Update(
            provider_pb2.UpdateRequest(
                id=resource.id,
                urn=resource.urn,
                olds=encode(resource.outputs),
                old_inputs=encode(resource.inputs),
                news=encode(inputs),
                preview=preview,
            )
        )
        return Resource(resource.token, resource.name, resource.id, inputs, decode(answer.properties))

    def refresh(self, resource: Resource) -> Resource | None:
        return self._read(resource.token, resource.name, resource.id, resource.outputs, resource.inputs)

    def import_(self, token: str, name: str, resource_id: str) -> Resource | None:
        return self._read(token, name, resource_id, {}, {})

    def _read(self, token: str, name: str, resource_id: str, outputs: Props, inputs: Props) -> Resource | None:
        answer = self.stub.Read(
            provider_pb2.ReadRequest(
                id=resource_id, urn=urn(token, name), properties=encode(outputs), inputs=encode(inputs)
            )
        )
        if not answer.id:
            return None
        return Resource(token, name, answer.id, decode(answer.inputs), decode(answer.properties))

    def delete(self, resource: Resource) -> None:
        self.stub.Delete(
            provider_pb2.DeleteRequest(id=resource.id, urn=resource.urn, properties=encode(resource.outputs))
        )

    def invoke(self, token: str, **arguments: Any) -> Props:
        answer = self.stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=encode(arguments)))
        if answer.failures:
            raise Refused({failure.property: failure.reason for failure in answer.failures})
        return plain(decode(getattr(answer, "return")))


@contextmanager
def engine_for(provider: Provider[Any], **config: Any) -> Generator[Engine]:
    with serving(provider) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest(args=encode(config), acceptSecrets=True, acceptResources=True))
        yield Engine(stub)


def kinds(diff: provider_pb2.DiffResponse) -> dict[str, str]:
    """`{"tags.team": "UPDATE"}`."""
    return {path: provider_pb2.PropertyDiff.Kind.Name(change.kind) for path, change in diff.detailedDiff.items()}


def details(error: grpc.RpcError) -> bytes:
    """What the engine takes out of an error that leaves a resource behind."""
    metadata = error.trailing_metadata()  # pyright: ignore[reportAttributeAccessIssue]
    return next(item.value for item in metadata if item.key == "grpc-status-details-bin")


def said(error: grpc.RpcError) -> str:
    """The one line that matters to the user: alone, or the last behind a star."""
    details = str(error.details())  # pyright: ignore[reportAttributeAccessIssue]
    assert "Traceback" not in details
    counted = re.fullmatch(r"(?s:.*)1 error occurred:\n\t\* ([^\n]*)\n\n", details)
    assert counted or "\n" not in details
    return counted[1] if counted else details
