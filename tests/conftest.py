"""Options and fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from moto import mock_aws

from functions import clients


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden-write", action="store_true", help="write the golden files anew")


@pytest.fixture
def moto_aws(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """AWS by moto in this process, empty, and no other in reach."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        clients.client.cache_clear()
        yield
    clients.client.cache_clear()
