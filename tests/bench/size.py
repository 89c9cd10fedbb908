"""How an update grows with the stack: processor time, which a busy machine does not change, of ever more cohorts."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from sandbox import company, workspace
from tests.engine import copies
from tests.engine import world as worlds
from tests.engine.world import STACK, World
from tests.stacks import COMPANY

SEATS = 5  # a team's head-count beside whom it has in a cohort
# The key by which the engine knows a secret's ciphertext in a state.
SECRET = "4dabf18193072939515e22adb298388d"
FLAT = "name: flat\nruntime:\n  name: python\n"
# Every custom resource of a stack, with the inputs that its state has, of no component and depending on nothing.
FLAT_PROGRAM = """\
import json
from pathlib import Path

import pulumi

for number, (kind, inputs, plugin) in enumerate(json.loads(Path("resources.json").read_text(encoding="utf-8"))):
    pulumi.CustomResource(kind, f"r{number}", inputs, pulumi.ResourceOptions(version=plugin or None))
"""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Processor seconds of the engine and all that it starts."""

    cohorts: int
    resources: int
    state_bytes: int
    first_update: float
    preview: float
    flat_preview: float
    """Of the same resources by a program without components, whose state has them all."""
    cut: float
    """`rollout cut` of one cohort."""


def processor_seconds(action: Callable[[], object]) -> float:
    """Of the processes that it starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def stack_of(cohorts: int, members: int, first: int = 0) -> dict[str, Any]:
    """A stack file's document: the example's, without Macs, with so many cohorts of so many people each, numbered from
    `first` on."""
    document: dict[str, Any] = yaml.safe_load((COMPANY / f"Pulumi.{STACK}.yaml").read_text(encoding="utf-8"))
    config = {key: value for key, value in document["config"].items() if "jamf" not in key}
    own = company.PREFIX
    lead, numbers = "priya.raman@acme.example", range(first, first + cohorts)
    config[f"{own}organization"] = {
        "name": "acme",
        "teams": {f"team{n:03d}": {"headcount": members + SEATS, "lead": lead} for n in numbers},
    }
    config[f"{own}cohorts"] = {
        f"c{n:03d}": {
            "level": "active",
            "models": ["sonnet", "haiku", "opus"],
            "members": {
                f"p{n:03d}-{k:02d}@acme.example": {
                    "name": f"Person {n} {k}",
                    "team": f"team{n:03d}",
                    "champion": k == 0,
                }
                for k in range(members)
            },
        }
        for n in numbers
    }
    return {**document, "config": config}


def world_of(root: Path, document: dict[str, Any]) -> tuple[World, Path]:
    """A sandbox of its own in `root`, with that stack file, and the company whose people its Okta knows by it."""
    own = root / "company"
    own.mkdir(parents=True)
    text = yaml.safe_dump(document, sort_keys=False, width=10_000)
    (own / f"Pulumi.{STACK}.yaml").write_text(text, encoding="utf-8")
    settings = worlds.Settings(home=root / "home", company=own, **worlds.free_ports())
    world = World(root / "project", settings)
    copies.copy_project(world.folder)
    (world.folder / f"Pulumi.{STACK}.yaml").write_text(text, encoding="utf-8")
    workspace.prepare_engine(settings)
    return world, own


def measured(root: Path, cohorts: int, members: int = 1) -> Size:
    """In a sandbox of its own in `root`, which is made and left behind."""
    world, own = world_of(root, stack_of(cohorts, members))
    settings = world.settings
    with patch.dict(os.environ, {company.VARIABLE: str(own)}), worlds.running(world):
        workspace.stacks(settings, world.folder)
        up = ("up", "--stack", STACK, "--yes", "--skip-preview")
        first = processor_seconds(lambda: world.pulumi(*up, timeout=3600))
        unchanged = ("preview", "--expect-no-changes")
        preview = processor_seconds(lambda: world.pulumi(*unchanged, "--stack", STACK, timeout=600))
        exported = world.pulumi("stack", "export", "--stack", STACK)
        cut = processor_seconds(lambda: _cut(world, "c000"))
        flat = flat_world(world, root, json.loads(exported))
        beside = processor_seconds(lambda: flat.pulumi(*unchanged, "--stack", "flat", timeout=600))
    return Size(
        cohorts=cohorts,
        resources=len(json.loads(exported)["deployment"]["resources"]),
        state_bytes=len(exported),
        first_update=first,
        preview=preview,
        flat_preview=beside,
        cut=cut,
    )


def _cut(world: World, cohort: str) -> None:
    ended = world.command("cut", cohort)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def flat_world(world: World, root: Path, exported: Mapping[str, Any]) -> World:
    """The stack's resources of AWS and Okta without a secret, in a stack `flat`: each at its top, none of a component,
    by a program that reads a list of them."""
    folder = root / "flat"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(FLAT, encoding="utf-8")
    (folder / "__main__.py").write_text(FLAT_PROGRAM, encoding="utf-8")
    config = yaml.safe_load(world.stack_text())["config"]
    own = {key: value for key, value in config.items() if not key.startswith(company.PREFIX)}
    (folder / "Pulumi.flat.yaml").write_text(yaml.safe_dump({"config": own}), encoding="utf-8")
    (folder / "resources.json").write_text("[]", encoding="utf-8")
    made = World(folder, world.settings)
    made.pulumi("stack", "init", "flat")
    made.pulumi("up", "--stack", "flat", "--yes", "--skip-preview")  # of nothing: the stack itself
    empty = json.loads(made.pulumi("stack", "export", "--stack", "flat"))
    resources = exported["deployment"]["resources"]
    providers = {
        each["urn"]: each for each in resources if each["type"] in {"pulumi:providers:aws", "pulumi:providers:okta"}
    }
    flat: list[dict[str, Any]] = []
    listed: list[list[Any]] = []
    for each in resources:
        provider = str(each.get("provider", "")).rpartition("::")[0]
        if provider not in providers or SECRET in json.dumps(each):
            continue
        kept = {key: each[key] for key in ("custom", "id", "type", "inputs", "outputs")}
        version = providers[provider]["inputs"]["version"]
        urn = f"urn:pulumi:flat::flat::{each['type']}::r{len(listed)}"
        parent = next(one["urn"] for one in empty["deployment"]["resources"] if one["type"] == "pulumi:pulumi:Stack")
        flat.append({**kept, "urn": urn, "parent": parent, "provider": _flat(each["provider"])})
        listed.append([each["type"], each["inputs"], version])
    empty["deployment"]["resources"] += [{**each, "urn": _flat(each["urn"])} for each in providers.values()] + flat
    (folder / "resources.json").write_text(json.dumps(listed), encoding="utf-8")
    (folder / "state.json").write_text(json.dumps(empty), encoding="utf-8")
    made.pulumi("stack", "import", "--stack", "flat", "--file", "state.json")
    return made


def _flat(urn: str) -> str:
    """The URN, or the reference, of a provider in the stack `flat`."""
    return "urn:pulumi:flat::flat::" + urn.split("::", 2)[2]
