"""docs/upstream.md, from the pins and from what was seen of each upstream."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.settings import PROJECT
from tests.upstream.upstreams import UPSTREAMS, Known, numbers

PAGE = PROJECT / "docs" / "upstream.md"
INTRODUCTION = """# Upstream: what this project stands on

Written by `make upstream-page`. The floor is the oldest version that this project is for; `tried` is the newest on which its tests were green, with the day; `newest known` is what the registry offered on the day it was asked. A fact about an upstream in these docs is one of a version in this table.

Each night the workflow `upstream` asks again and says what is newer than `newest known`. To take a newer version: change its pin (`tests/client/package.json`, `pyproject.toml` and `tools/lock.sh`, `sandbox/engine`), run `make test`, put version and day into `tests/upstream/known.json`, and run `make upstream-page`.
"""


def page(known: Mapping[str, Known]) -> str:
    head = ("Upstream", "Floor", "Tried", "on", "Newest known", "on", "How it is tried")
    rows = [head, ("---",) * len(head)]
    for one in UPSTREAMS:
        found = known[one.key]
        newest = f"**{found.newest}**" if numbers(found.newest) > numbers(found.tried) else found.newest
        rows.append((one.name, one.floor() or "-", found.tried, found.tried_on, newest, found.newest_on, one.tried))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{INTRODUCTION}\n{table}\n\n**Bold**: newer than what was tried.\n"
