"""`python -m tests.engine.versions.keep VERSION STATE`: keep a stack that a release deployed, for test_versions.py.

STATE is what `pulumi stack export` wrote of `make up` in a clone of that release. Left out of it: where in the program
a resource was declared, and whatever names this machine's folders and the sandbox's ports.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from sandbox.settings import DEFAULT_AWS_PORT, HOST
from tests.stacks import COMPANY

HERE = Path(__file__).parent


def kept(exported: str) -> bytes:
    """The state as it is committed. ValueError where it still names a folder of this machine."""
    state: dict[str, Any] = json.loads(exported)
    for resource in state["deployment"]["resources"]:
        resource.pop("stackTrace", None)
        resource.pop("sourcePosition", None)
    text = json.dumps(state, sort_keys=True)
    text = re.sub(r'(?<=")/[^"\\]*?/(?=(?:\.venv|functions|rollout)/)', "", text)
    text = re.sub(rf"{re.escape(HOST)}:\d+", f"{HOST}:{DEFAULT_AWS_PORT}", text)
    if found := re.search(r'"/(?:home|root|tmp|Users|work)/[^"]*', text):
        raise ValueError(f"names a folder of this machine: {found[0]}")
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def main(version: str, state: str) -> None:
    folder = HERE / version
    (folder / "rosters").mkdir(parents=True)
    for file in ("Pulumi.sandbox.yaml", "rosters/pilot.csv"):
        shutil.copy(COMPANY / file, folder / file)
    (folder / "state.json.gz").write_bytes(kept(Path(state).read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(*sys.argv[1:])
