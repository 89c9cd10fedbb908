"""moto for the AWS plug-in, emptied before each test."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from sandbox.plugins.aws.provider import AwsProvider
from sandbox.tests.plugins.aws.aws_plugin_harness import CREDENTIALS
from sandbox.tests.plugins.plugin_harness import SCHEMAS, Engine, engine_for


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _sandboxed(monkeypatch, moto):
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("SANDBOX_WAIT_SCALE", "0.01")


@pytest.fixture(scope="module")
def engine(moto: str) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", moto)
        with engine_for(AwsProvider(SCHEMAS), **CREDENTIALS) as engine:
            yield engine


@pytest.fixture(autouse=True)
def _clean(moto):
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST")).close()  # noqa: S310
