"""Puts the stand-in plug-ins where the engine looks for the official ones."""

from __future__ import annotations

import json
import shlex
from importlib.metadata import distribution
from pathlib import Path

from sandbox.plugins.schemas import PROJECT

_PACKAGES = {"aws": "pulumi_aws", "okta": "pulumi_okta"}
_MARK = "# A stand-in written by sandbox/plugins/install.py."


def write_schemas(path: Path) -> None:
    """Extract the shapes of the types in the tables to that folder, unless they are there for these SDK versions."""
    from sandbox.plugins.aws.provider import AwsProvider  # slow, and not wanted by whoever only installs
    from sandbox.plugins.okta.provider import OktaProvider

    for provider in (AwsProvider(path), OktaProvider(path)):
        _ = provider.schemas


def install(pulumi_home: Path, python: Path) -> None:
    """Launchers for `python` under `pulumi_home`; official plug-ins stay, and nothing is rewritten unchanged."""
    for name, package in _PACKAGES.items():
        folder = pulumi_home / "plugins" / f"resource-{name}-v{plugin_version(package)}"
        binary = folder / f"pulumi-resource-{name}"
        text = _launcher(name, python).encode()
        found = binary.read_bytes() if binary.exists() else b""
        if found and (found == text or _MARK.encode() not in found[:200]):
            continue
        folder.mkdir(parents=True, exist_ok=True)
        binary.write_bytes(text)
        binary.chmod(0o755)


def plugin_version(package: str) -> str:
    """From the SDK's `pulumi-plugin.json`, which is what a program asks the engine for."""
    for file in distribution(package).files or ():
        if file.name == "pulumi-plugin.json":
            return json.loads(Path(str(file.locate())).read_text())["version"]
    raise FileNotFoundError(f"pulumi-plugin.json: not in the installed distribution {package}")


def _launcher(name: str, python: Path) -> str:
    return f"#!/bin/sh\n{_MARK}\n{launch_line(python, f'sandbox.plugins.{name}')}\n"


def launch_line(python: Path, module: str, *, warm: bool = True) -> str:
    """A line of shell that becomes the module, by way of `sandbox/launch.py`. `warm`: in a process that the sandbox has
    ready, where one runs."""
    words = [str(python), "-I", "-S", str(PROJECT / "sandbox" / "launch.py")]
    home = '"${SANDBOX_HOME:-/nowhere}"' if warm else "/nowhere"
    return f'exec {shlex.join(words)} {home} {shlex.join([str(PROJECT), str(python), module])} "$@"'
