"""The upstreams, as data: where each one's floor is written, how its newest is asked for, and what trying it means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox import engine
from sandbox.settings import PROJECT
from tests.client.installed import VERSIONS, Client

KNOWN = Path(__file__).with_name("known.json")


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """`floor`: the oldest version that this project is for; None where none is said. `ask`: a command that prints the
    newest version as its last word; empty where nobody can be asked without an account. `tried`: by what."""

    key: str
    name: str
    floor: Callable[[], str | None]
    ask: tuple[str, ...]
    tried: str


def oldest(package: str) -> Callable[[], str]:
    """The oldest of a package that `pyproject.toml` allows."""

    def floor() -> str:
        text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
        found = re.search(rf'"{re.escape(package)}[=>]=([0-9.]+)[",]', text)
        assert found is not None, f"pyproject.toml does not say which {package} is the oldest"
        return found[1]

    return floor


def on_pypi(package: str) -> tuple[str, ...]:
    return ("python", "-m", "pip", "--disable-pip-version-check", "index", "versions", package)


def go_module(module: str) -> tuple[str, ...]:
    return ("go", "list", "-m", "-mod=mod", "-f", "{{.Version}}", f"{module}@latest")


UPSTREAMS = (
    Upstream(
        key="claude-code",
        name="Claude Code",
        floor=lambda: VERSIONS[Client.FLOOR],
        ask=("npm", "view", "@anthropic-ai/claude-code", "version"),
        tried="tests/client, the floor and the newest in each run; the newest as a gateway by tests/gateway",
    ),
    Upstream(
        key="pulumi-engine",
        name="Pulumi's engine",
        floor=lambda: engine.FLOOR,
        ask=go_module("github.com/pulumi/pulumi/pkg/v3"),
        tried="tests/engine",
    ),
    Upstream(
        key="pulumi",
        name="Pulumi's Python SDK",
        floor=oldest("pulumi"),
        ask=on_pypi("pulumi"),
        tried="tests/graph and tests/engine; the newest by tests/engine/pipeline/test_sdk_newest.py",
    ),
    Upstream(
        key="pulumi-policy",
        name="Pulumi's policy SDK",
        floor=oldest("pulumi-policy"),
        ask=on_pypi("pulumi-policy"),
        tried="tests/policies",
    ),
    Upstream(
        key="pulumi-aws",
        name="AWS provider",
        floor=oldest("pulumi-aws"),
        ask=on_pypi("pulumi-aws"),
        tried="its SDK and schema; the plug-in is the sandbox's",
    ),
    Upstream(
        key="pulumi-okta",
        name="Okta provider",
        floor=oldest("pulumi-okta"),
        ask=on_pypi("pulumi-okta"),
        tried="its SDK and schema; the plug-in is the sandbox's",
    ),
    Upstream(
        key="okta-aws-cli",
        name="okta-aws-cli",
        floor=lambda: None,
        ask=go_module("github.com/okta/okta-aws-cli/v2"),
        tried="by hand, against the sandbox's Okta; the suite has a stand-in",
    ),
    Upstream(
        key="litellm",
        name="LiteLLM",
        floor=lambda: None,
        ask=on_pypi("litellm"),
        tried="tests/litellm, as gateway/requirements.txt pins it",
    ),
    Upstream(
        key="jamf-pro",
        name="Jamf Pro's API",
        floor=lambda: None,
        ask=(),
        tried="read from its OpenAPI and from probes that others published; the suite has a stand-in",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """Versions, and the days on which they were tried and asked for, as YYYY-MM-DD."""

    tried: str
    tried_on: str
    newest: str
    newest_on: str


def known() -> dict[str, Known]:
    found = json.loads(KNOWN.read_text(encoding="utf-8"))
    return {key: Known(**entry) for key, entry in found.items()}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
