"""The plug-in of AWS's stand-in, as the sandbox's own tests have it, and a cohort in a sandbox's AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tests.aws_harness import serving
from sandbox.tests.conftest import cloud, engine, planner
from sandbox.tests.identity_provider import IdentityProvider
from tests.with_sandbox.cohort import World

__all__ = ["cloud", "engine", "planner"]


@pytest.fixture(scope="module")
def idp() -> IdentityProvider:
    return IdentityProvider()


@pytest.fixture
def world(tmp_path: Path, idp: IdentityProvider) -> Iterator[World]:
    with serving(tmp_path, idp.jwks) as aws:
        yield World(aws, idp).build()
