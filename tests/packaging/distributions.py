"""What a pyproject.toml declares, what its code imports, what comes along with that, and wheels of it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from tests.stacks import PROJECT

PRODUCT = ("cli", "components", "functions", "mac", "policies", "program", "providers", "rollout")
# What is installed by a wheel of the product; CI's scripts are no Python, and what runs in LiteLLM has a set of its own.
INSTALLED = (*PRODUCT, "ci", "gateway")
_TOGETHER = ("pyproject.toml", "README.md", "LICENSE")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"extra *==")


def declared(pyproject: Path, *, with_extras: bool = False) -> set[str]:
    """Normalized names of the distributions that it depends on, extras of its own aside. `with_extras`: also for what
    whoever installs it may leave out; never what only its tests need."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = [each for name, each in project.get("optional-dependencies", {}).items() if with_extras and name != "dev"]
    return {_name(requirement) for each in (project["dependencies"], *extras) for requirement in each}


def imported(rooms: Iterable[str], but: str = "") -> list[set[str]]:
    """Of each module that the rooms' code names, but for what is under the folder `but`: the normalized names of the
    distributions that hold it, mostly one. What Python has, and what is ours, is in none."""
    files = [path for room in rooms for path in (PROJECT / room).rglob("*.py")]
    kept = [path for path in files if not but or not path.is_relative_to(PROJECT / but)]
    modules = {module for path in kept for module in _imports(path)}
    return [{_normal(name) for name in _holders()[module]} for module in sorted(modules & _holders().keys())]


def with_all_they_need(names: Iterable[str]) -> set[str]:
    """These distributions and those that they require without an extra, as installed here."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            required = distribution(name).requires or []
            waiting += [_name(one) for one in required if not _EXTRA.search(one) and _name(one) in _installed()]
    return found


def copied(folder: Path, *beside: str) -> Path:
    """The product's code, and other rooms, as they lie here, without tests of theirs: a build writes beside what it
    builds."""
    for room in (*INSTALLED, *beside):
        shutil.copytree(PROJECT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    for name in _TOGETHER:
        shutil.copy(PROJECT / name, folder)
    return folder


def wheel(source: Path, out: Path) -> None:
    """Built into `out`, without the network."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(out), str(source)], check=True, capture_output=True)


def undeclared(pyproject: Path, holders: Iterable[set[str]]) -> list[set[str]]:
    return [names for names in holders if not names & declared(pyproject, with_extras=True)]


def unused(pyproject: Path, holders: Iterable[set[str]]) -> set[str]:
    return declared(pyproject, with_extras=True) - set().union(*holders)


def modules_of(names: Iterable[str]) -> set[str]:
    wanted = set(names)
    return {module for module, holders in _holders().items() if wanted & {_normal(one) for one in holders}}


@cache
def _holders() -> Mapping[str, Sequence[str]]:
    """By module, the installed distributions that hold it. Reads all of them, so once."""
    return packages_distributions()


@cache
def _installed() -> frozenset[str]:
    return frozenset(_normal(one) for holders in _holders().values() for one in holders)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    assert found, requirement
    return _normal(found[0])


def _normal(name: str) -> str:
    """As PyPA's name normalization has it."""
    return re.sub(r"[-_.]+", "-", name).lower()
