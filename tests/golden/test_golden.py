"""What each committed stack file would register, as files to review: a cohort's pull request shows its resources.

Beside them the small stack under `federation: oidc`, which no committed stack file uses.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import recording, stacks
from tests.registrations import Recorded

FOLDER = Path(__file__).parent
CASES = {
    **{stack: stacks.committed(stack) for stack in stacks.COMMITTED},
    "oidc": stacks.config({**stacks.small(), "federation": "oidc"}),
}


def resources(run: Recorded) -> dict[str, Any]:
    """By URN, sorted: inputs with documents opened, and the options that matter."""
    return {
        r.urn: {
            "inputs": {key: opened(value) for key, value in sorted(r.inputs.items())},
            **({"protect": True} if r.protect else {}),
            **({"retain_on_delete": True} if r.retain else {}),
            **({"depends_on": sorted(r.depends_on)} if r.depends_on else {}),
        }
        for r in sorted(run.order, key=lambda r: r.urn)
    }


def opened(value: Any) -> Any:
    if isinstance(value, dict) and "settings.json" in value:  # a function's code; of libraries it is enough which
        own = {path: asset for path, asset in value.items() if path.startswith(("functions/", "rollout/", "settings"))}
        libraries = sorted({path.partition("/")[0] for path in value.keys() - own.keys()})
        return {**own, **({"libraries": libraries} if libraries else {})}
    if isinstance(value, str) and value.startswith('{"'):  # a filter's pattern begins with a brace, and is no JSON
        return json.loads(value)
    if isinstance(value, str) and value.startswith("#!/bin/sh"):  # which files a Mac gets; what is in them: tests/macs
        return [" ".join(line.split()[:-1]) for line in value.splitlines() if line.startswith("    write ")]
    if isinstance(value, str) and value.startswith("<"):
        return "(SAML metadata)"
    return value


@pytest.mark.parametrize("stack", CASES)
def test_a_stack_file_registers_what_was_reviewed(stack: str, request: pytest.FixtureRequest) -> None:
    run = recording.run(CASES[stack], stack)
    text = json.dumps(resources(run), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    file = FOLDER / f"{stack}.json"
    if request.config.getoption("--golden-write"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, "run `make golden`, review the difference, and commit it"
