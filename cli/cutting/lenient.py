"""What a stack file says of its cohorts, however wrong the rest of it is. Loads nothing heavy: somebody waits.

For `rollout cut`, which must not fail for a mistake in a file. Never for anything that gives access.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from cli.stack_file.listing import stack_path, stacks
from cli.terminal.errors import CommandError
from cli.terminal.text import text_of
from rollout import names

COHORTS, OKTA = f"{names.PROJECT}:cohorts", f"{names.PROJECT}:okta"
_KEY = re.compile(r"""(?P<indent> *)(["']?)(?P<name>[a-z][a-z0-9]{1,15})\2:(?:\s|$)""")
PROVIDER = ("aws:region", "aws:profile", "aws:allowedAccountIds")


@dataclass(frozen=True, kw_only=True)
class Known:
    """`config`: the AWS provider's own keys. `okta_domain`: None where it is not said."""

    stack: str
    cohorts: tuple[str, ...]
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    okta_domain: str | None = None


def known_of(project: Path, stack: str) -> Known:
    """CommandError where there is no such file, or none that can be read at all."""
    path = stack_path(project, stack)
    name = stack.rpartition("/")[2]
    text = text_of(path)
    found = _config(text)
    if found is None:
        return Known(stack=name, cohorts=_by_lines(text))
    cohorts, okta = found.get(COHORTS), found.get(OKTA)
    domain = cast("Mapping[str, Any]", okta).get("domain") if isinstance(okta, Mapping) else None
    named = map(str, cast("Mapping[Any, Any]", cohorts)) if isinstance(cohorts, Mapping) else ()
    return Known(
        stack=name,
        cohorts=tuple(filter(names.COHORT.fullmatch, named)),
        config={key: found[key] for key in PROVIDER if key in found},
        okta_domain=domain if isinstance(domain, str) else None,
    )


def known_here(project: Path) -> list[Known]:
    """Of all stack files of a folder; one that cannot be read names nothing."""
    found: list[Known] = []
    for stack in stacks(project):
        try:
            found.append(known_of(project, stack))
        except CommandError:
            continue
    return found


def mentioned(project: Path, wanted: list[str]) -> bool:
    """Whether a stack file or roster here has one of these names, in whatever spelling."""
    texts = [*project.glob("Pulumi.*.yaml"), *project.glob("rosters/*.csv")]
    small = [path for path in texts if path.is_file()]
    whole = [re.compile(rf"(?<![\w.+=@-]){re.escape(name.lower())}(?![\w.+=@-])") for name in wanted]
    return any(pattern.search(_text(path)) for path in small for pattern in whole)


def _text(path: Path) -> str:
    try:
        return text_of(path).lower()
    except CommandError:
        return ""


def _config(text: str) -> Mapping[str, Any] | None:
    """A key that is there twice is a mistake, and none that matters here."""
    import yaml

    try:
        found: object = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    config = cast("dict[str, Any]", found).get("config") if isinstance(found, dict) else None
    return cast("Mapping[str, Any]", config) if isinstance(config, dict) else None


def _by_lines(text: str) -> tuple[str, ...]:
    """Of a text that is no YAML: the keys one step below `cohorts`, by their indentation."""
    lines = iter(text.splitlines())
    if not any(line.strip() == f"{COHORTS}:" for line in lines):
        return ()
    found: list[str] = []
    depth: int | None = None
    for line in lines:
        if f"{names.PROJECT}:" in line:
            break
        if match := _KEY.match(line):
            indent = len(match["indent"])
            depth = indent if depth is None else depth
            if indent == depth:
                found.append(match["name"])
    return tuple(dict.fromkeys(found))
