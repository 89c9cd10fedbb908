"""The AWS plug-in over the sandbox's AWS, both in this process: what an entry asks for, the sandbox must have."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.plugins.aws.provider import AwsProvider
from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.tests.aws_harness import Aws, serving
from sandbox.tests.plugins.plugin_harness import SCHEMAS, Engine, Resource, engine_for, kinds

ACCOUNT = "123456789012"
SETTINGS = {"region": "us-east-1", "accessKey": "AKIATEST", "secretKey": "-", "maxRetries": 0}


@dataclass(frozen=True)
class Cloud:
    """The engine's side, and the cloud's for a look behind its back."""

    engine: Engine
    aws: Aws


@contextmanager
def plugged(home: Path, **settings: Any) -> Generator[Cloud]:
    with pytest.MonkeyPatch.context() as patch, serving(home, lambda: {"keys": []}) as aws:
        patch.setenv("AWS_ENDPOINT_URL", aws.url)
        patch.setenv("SANDBOX_WAIT_SCALE", "0.01")
        with engine_for(AwsProvider(SCHEMAS), **SETTINGS, **settings) as engine:
            yield Cloud(engine, aws)


@contextmanager
def unplugged() -> Generator[Engine]:
    """The plug-in without a cloud: enough to check, to preview and to compare."""
    with engine_for(AwsProvider(SCHEMAS), **SETTINGS, skipCredentialsValidation="true") as engine:
        yield engine


def state(engine: Engine, token: str, inputs: Props) -> Resource:
    """What state would hold after a create, as far as a preview knows."""
    checked = engine.check(token, "x", inputs)
    known = {name: value for name, value in engine.preview(token, "x", inputs).items() if value is not UNKNOWN}
    return Resource(token, "x", "id", checked, known)


def check_identity(
    engine: Engine, token: str, inputs: Props, *, forcing: Props, updating: Props, delete_first: bool
) -> None:
    """Each forcing input replaces alone, each updating one does not, and the same inputs change nothing."""
    known = state(engine, token, inputs)
    for name, value in forcing.items():
        diff = engine.changes(known, inputs | {name: value})
        assert list(diff.replaces) == [name]
        assert diff.deleteBeforeReplace == delete_first, name
        assert name not in diff.stables
    for name, value in updating.items():
        diff = engine.changes(known, inputs | {name: value})
        assert kinds(diff), name
        assert not diff.replaces, name
    assert not kinds(engine.changes(known, inputs))
