"""`pytest --sample SEED`, as `make test` runs it: of tests that sweep, one case of each kind (decisions 26 and 41).

    @pytest.mark.sampled("setup")               cases that differ in `setup` alone are of one kind
    @pytest.mark.sampled("tried", keep=2)       of each kind, two
    @pytest.mark.long                           none: what it shows is shown elsewhere too
    fewer(400)                                  of what one test draws or counts through by itself, an eighth

The same seed draws the same cases. Without `--sample`, as in `make test-all`, all of them run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from random import Random
from typing import Any

import pytest

OPTION = "--sample"
_DRAWN: list[str] = []  # the seed, once pytest has read its options
MARKERS = (
    "sampled(*over, keep=1): with `--sample`, of cases that differ in these parameters alone only so many run",
    "long: does not run with `--sample`",
)


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, metavar="SEED", help="of tests that sweep, run one case of each kind, drawn by this seed")


def read_option(config: pytest.Config) -> None:
    """Before the first module of tests is imported: what they give `fewer` is read with them."""
    _DRAWN[:] = [seed] if (seed := config.getoption(OPTION)) else []


def fewer(examples: int) -> int:
    """How many examples to try: all of them, or with `--sample` an eighth, five at least."""
    return min(examples, max(5, examples // 8)) if _DRAWN else examples


def left_out(items: Iterable[pytest.Item], seed: str) -> set[pytest.Item]:
    """Those that the sample of this seed does without."""
    left: set[pytest.Item] = set()
    kinds: dict[Hashable, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("long"):
            left.add(item)
        elif item.get_closest_marker("sampled"):
            kinds[kind(item)].append(item)
    for name, cases in kinds.items():
        marker = cases[0].get_closest_marker("sampled")
        assert marker
        keep = min(int(marker.kwargs.get("keep", 1)), len(cases))
        left |= set(cases) - set(Random(f"{seed} {name}").sample(cases, keep))  # noqa: S311  no secret
    return left


def kind(item: pytest.Item) -> Hashable:
    """The test, and the parameters that its mark does not sweep over."""
    marker = item.get_closest_marker("sampled")
    assert marker
    parameters: dict[str, Any] = getattr(item, "callspec").params if hasattr(item, "callspec") else {}  # noqa: B009
    told = tuple((name, word(value)) for name, value in sorted(parameters.items()) if name not in marker.args)
    return (item.nodeid.partition("[")[0], told)


def word(value: Any) -> str:
    """The same in every process: what is no plain value is known by its name."""
    return str(getattr(value, "name", value))


def draw(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Takes out of `items` what the sample does without."""
    seed = config.getoption(OPTION)
    if not seed:
        return
    left = left_out(items, seed)
    config.hook.pytest_deselected(items=[item for item in items if item in left])
    items[:] = [item for item in items if item not in left]
