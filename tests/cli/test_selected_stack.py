"""Where no stack is named, a command takes the one that `pulumi` has selected, without asking an engine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command

HERE = "file:///state?metadata=skip"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pulumi-home"
    monkeypatch.setenv("PULUMI_HOME", str(folder))
    for name in ("PULUMI_BACKEND_URL", "PULUMI_STACK"):
        monkeypatch.delenv(name, raising=False)
    return folder


def select(home: Path, project: Path, document: Any) -> None:
    digest = hashlib.sha1(str(project.resolve() / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
    file = home / "workspaces" / f"claude-code-rollout-{digest}-workspace.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(
    "document",
    [
        {"stacks": {HERE: "organization/claude-code-rollout/dev"}},
        {"stacks": {HERE: "dev", "https://api.pulumi.com": "acme/claude-code-rollout/prod"}},
        {"stack": "dev"},
    ],
)
def test_the_selected_stack_is_taken_and_said(home: Path, project: Path, rollout: Command, document: Any) -> None:
    select(home, project, document)
    (home / "credentials.json").write_text(json.dumps({"current": HERE}), encoding="utf-8")
    ended = rollout("summary", "--json")
    assert ended.err == "stack dev, as it is selected\n"
    assert rollout("summary", "-s", "dev", "--json").out == ended.out


def test_the_backend_of_the_environment_says_which(
    home: Path, project: Path, rollout: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    select(home, project, {"stacks": {HERE: "prod", "file:///other": "dev"}})
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///other")
    assert rollout("summary").err.startswith("stack dev,")
    monkeypatch.setenv("PULUMI_STACK", "prod")
    assert rollout("summary").err.startswith("stack prod,")


@pytest.mark.parametrize("document", [None, "no json", "[]", {"stacks": []}, {"stacks": {"a": "dev", "b": "prod"}}])
def test_without_one_the_stacks_are_named_and_nothing_is_done(
    home: Path, project: Path, rollout: Command, document: Any
) -> None:
    if document is not None:
        select(home, project, document)
    ended = rollout("summary")
    assert ended.code == 2
    assert "which stack? none is selected here; give -s, or `pulumi stack select` one: dev, prod, sandbox" in ended.err


def test_a_stack_of_the_example_is_found_from_the_clones_folder(rollout: Command, project: Path) -> None:
    (project / "examples" / "acme").mkdir(parents=True)
    (project / "Pulumi.sandbox.yaml").rename(project / "examples" / "acme" / "Pulumi.sandbox.yaml")
    ended = rollout("status", "-s", "sandbox")
    assert ended.code == 1
    assert (
        "there is no Pulumi.sandbox.yaml here; stacks: dev, prod; examples/acme has one: `cd examples/acme`"
        in ended.err
    )
