"""`make slowest`: the ten tests of the last `make test` that took longest, with their fixtures."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from tests.stacks import PROJECT

TIMES = PROJECT / ".test-times.xml"
SHOWN = 10


def slowest(times: Path) -> list[tuple[float, str]]:
    """Seconds and test, longest first, of what pytest wrote by `--junitxml`."""
    cases = ET.parse(times).iter("testcase")  # noqa: S314  written by pytest, here
    found = [(float(case.get("time") or 0), f"{case.get('classname')}::{case.get('name')}") for case in cases]
    return sorted(found, reverse=True)


def main() -> None:
    if not TIMES.exists():
        raise SystemExit("no run was timed yet: `make test` does")
    found = slowest(TIMES)
    for seconds, name in found[:SHOWN]:
        print(f"{seconds:8.1f} s  {name}")  # noqa: T201
    print(f"{sum(seconds for seconds, _ in found):8.1f} s  all {len(found)} tests, one after the other")  # noqa: T201


if __name__ == "__main__":
    main()
