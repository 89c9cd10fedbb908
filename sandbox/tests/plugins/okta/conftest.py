"""The Okta plug-in over a fake Okta that writes down what it is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.plugins.okta.provider import OktaProvider
from sandbox.tests.okta_fake import OktaFake, okta_fake
from sandbox.tests.plugins.plugin_harness import SCHEMAS, Engine, engine_for


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setenv("SANDBOX_WAIT_SCALE", "0.02")


@pytest.fixture
def okta() -> Iterator[OktaFake]:
    with okta_fake() as fake:
        yield fake


@pytest.fixture
def engine(okta: OktaFake) -> Iterator[Engine]:
    config = {"orgName": "acme", "baseUrl": "okta.com", "apiToken": "t", "httpProxy": okta.url, "maxRetries": "2"}
    with engine_for(OktaProvider(SCHEMAS), **config) as engine:
        okta.requests.clear()
        okta.headers.clear()
        yield engine
