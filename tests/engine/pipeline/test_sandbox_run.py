"""`ci/sandbox`, which a workflow runs each night with the official plug-ins, here with what there is."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.settings import AWS_PORT, JAMF_PORT, OKTA_PORT
from sandbox.tests.ports import free_ports
from tests.engine import world as worlds
from tests.stacks import COMPANY, PROJECT


def run(home: Path, *levels: str, **given: str) -> tuple[int, str]:
    ports = free_ports()
    told: Mapping[str, str] = {
        "SANDBOX_HOME": str(home),
        AWS_PORT: str(ports["aws_port"]),
        OKTA_PORT: str(ports["okta_port"]),
        JAMF_PORT: str(ports["jamf_port"]),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    ended = subprocess.run(
        [str(PROJECT / "ci" / "sandbox"), *levels],
        env={**environment, **told, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=1200,
    )
    return ended.returncode, ended.stdout


@pytest.mark.long
def test_a_run_is_clean_after_each_level_and_is_not_begun_on_a_stack_that_is_there(tmp_path: Path) -> None:
    company = tmp_path / "examples" / "acme"
    shutil.copytree(COMPANY, company)
    worlds.without_macs(company)
    before = (company / "Pulumi.sandbox.yaml").read_text(encoding="utf-8")
    home = tmp_path / "home"
    code, said = run(home, "suspended", OFFICIAL="no", SANDBOX_COMPANY=str(company))
    assert code == 0, said
    steps = [line.removeprefix("=== ") for line in said.splitlines() if line.startswith("=== ")]
    assert steps == [
        "up",
        "drift after up",
        "refresh after up",
        "suspended",
        "drift after suspended",
        "refresh after suspended",
        "clean at every step: up suspended",
    ]
    assert "pulumi-resource-aws: stand-in\npulumi-resource-okta: stand-in\npulumi-language-python: " in said
    assert said.splitlines()[-1].startswith("Sandbox stopped (pid "), said
    assert (company / "Pulumi.sandbox.yaml").read_text(encoding="utf-8") == before, "set-level wrote a copy"
    assert run(home) == (2, f"ci/sandbox: {home} has a stack already; set SANDBOX_HOME to a new folder\n")


def test_where_the_official_plug_ins_are_required_and_cannot_be_had_nothing_is_begun(tmp_path: Path) -> None:
    engine = tmp_path / "bin" / "pulumi"
    engine.parent.mkdir()
    engine.write_text('#!/bin/sh\n[ "$1" = version ] && echo v3.258.0 && exit\necho "no such host" >&2\nexit 1\n')
    engine.chmod(0o755)
    path = f"{engine.parent}{os.pathsep}{os.environ['PATH']}"
    code, said = run(tmp_path / "home", OFFICIAL="required", PATH=path)
    assert code == 1, said
    assert said.splitlines()[-2:] == [
        "no such host",
        "ci/sandbox: the official aws plug-in, 7.51.1, cannot be fetched",
    ]
