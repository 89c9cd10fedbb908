"""The sandbox's AWS with an identity provider that signs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tests.aws_harness import Aws, serving
from sandbox.tests.identity_provider import IdentityProvider


@pytest.fixture(scope="module")
def idp() -> IdentityProvider:
    return IdentityProvider()


@pytest.fixture
def aws(tmp_path: Path, idp: IdentityProvider) -> Iterator[Aws]:
    with serving(tmp_path, idp.jwks) as found:
        yield found
