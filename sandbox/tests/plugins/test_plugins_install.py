"""The stand-ins stand where the engine looks, start fast and stop quietly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.plugins.framework import schema
from sandbox.plugins.install import install, plugin_version, write_schemas

PYTHON = Path(sys.executable)
BINARIES = ["aws", "okta"]


def binary(home: Path, name: str) -> Path:
    return next(home.glob(f"plugins/resource-{name}-v*/pulumi-resource-{name}"))


def test_plug_ins_are_installed_under_the_versions_the_sdks_ask_for(tmp_path):
    install(tmp_path, PYTHON)

    folders = sorted(path.name for path in (tmp_path / "plugins").iterdir())
    assert folders == [
        f"resource-aws-v{plugin_version('pulumi_aws')}",
        f"resource-okta-v{plugin_version('pulumi_okta')}",
    ]


def test_installing_again_writes_nothing(tmp_path):
    install(tmp_path, PYTHON)
    before = {name: binary(tmp_path, name).stat().st_mtime_ns for name in BINARIES}

    install(tmp_path, PYTHON)

    assert {name: binary(tmp_path, name).stat().st_mtime_ns for name in BINARIES} == before


def test_another_interpreter_is_written(tmp_path):
    install(tmp_path, Path("/nowhere/python"))
    install(tmp_path, PYTHON)

    assert str(PYTHON) in binary(tmp_path, "aws").read_text()


def test_official_plug_ins_are_left_alone(tmp_path):
    install(tmp_path, PYTHON)
    binary(tmp_path, "aws").write_bytes(b"\x7fELF official")

    install(tmp_path, PYTHON)

    assert binary(tmp_path, "aws").read_bytes() == b"\x7fELF official"


@pytest.mark.parametrize("name", BINARIES)
def test_a_plug_in_prints_its_port_and_leaves_on_interrupt(tmp_path, name):
    install(tmp_path, PYTHON)
    with subprocess.Popen([binary(tmp_path, name), "127.0.0.1:1"], stdout=subprocess.PIPE, cwd=tmp_path) as plugin:
        assert plugin.stdout
        port = int(plugin.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            info = stub.GetPluginInfo(empty_pb2.Empty())
            handshake = stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
        plugin.send_signal(signal.SIGINT)
        assert plugin.wait(60) == 0

    assert info.version == plugin_version(f"pulumi_{name}")
    assert handshake.accept_secrets


@pytest.mark.slow
def test_the_cache_of_schemas_is_written_once_and_again_when_stale_or_damaged(tmp_path, monkeypatch):
    write_schemas(tmp_path)
    cached = tmp_path / "pulumi_okta.json"
    whole = cached.read_text()
    for spoiled in ("{", json.dumps(json.loads(whole) | {"version": "0.0.1"})):
        cached.write_text(spoiled)
        write_schemas(tmp_path)
        assert cached.read_text() == whole

    monkeypatch.setattr(schema, "_extract", lambda *_: pytest.fail("extracted again"))
    write_schemas(tmp_path)
