"""The stack that a command is about where nobody names one: as `pulumi` has it selected, read from its own file.

No engine is asked: in an incident its backend may be away. The file is `workspaces/<project>-<SHA-1 of Pulumi.yaml's
path>-workspace.json` in Pulumi's home, and holds a stack for each backend (pulumi 3.258, sdk/go/common/workspace).
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from cli.stack_file.listing import stacks
from cli.terminal.errors import CommandError


class NoStackError(CommandError):
    """Nobody named a stack, and none is selected."""

    code = 2


def selected_stack() -> str:
    """Says on the standard error which one it took. NoStackError where none is selected."""
    project, environment = Path.cwd(), os.environ
    name = environment.get("PULUMI_STACK") or selected(project, environment)
    if not name:
        known = ", ".join(stacks(project)) or "none in this folder"
        text = f"which stack? none is selected here; give -s, or `pulumi stack select` one: {known}"
        raise NoStackError(text)
    name = name.rpartition("/")[2]
    print(f"stack {name}, as it is selected", file=sys.stderr)
    return name


def selected(project: Path, environment: Mapping[str, str]) -> str | None:
    """What the backend in use has selected, organization and project before it or not; None where it is not known."""
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    file = project.resolve() / "Pulumi.yaml"
    digest = hashlib.sha1(str(file).encode(), usedforsecurity=False).hexdigest()
    for found in sorted((home / "workspaces").glob(f"*-{digest}-workspace.json")):
        document = _document(found)
        by_backend = document.get("stacks")
        if isinstance(by_backend, dict) and by_backend:
            known = cast("dict[str, Any]", by_backend)
            backend = environment.get("PULUMI_BACKEND_URL") or _document(home / "credentials.json").get("current")
            name = known.get(str(backend)) or (next(iter(known.values())) if len(known) == 1 else None)
        else:
            name = document.get("stack")
        if isinstance(name, str) and name:
            return name
    return None


def _document(file: Path) -> Mapping[str, Any]:
    try:
        found: object = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}
