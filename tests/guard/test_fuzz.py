"""A few of the fuzzer's compositions, always the same; `make guard-fuzz` runs 5,000."""

from __future__ import annotations

import os

import pytest

from tests.guard import fuzz
from tests.guard.compositions import composition
from tests.sampling import fewer

# Enough to go red when a kind of step is no longer followed, and done in seconds.
COUNT = int(os.environ.get("GUARD_COMPOSITIONS", fewer(50)))
FIRST_SEED = 20_000


@pytest.mark.slow
def test_no_composition_brings_a_key_into_history_unseen_and_false_alarms_are_rare() -> None:
    results = fuzz.run(range(FIRST_SEED, FIRST_SEED + COUNT), processes=1)
    assert fuzz.unseen(results) == [], fuzz.report(results)
    twins = [one.twin for one in results if one.twin]
    assert twins.count("false") <= len(twins) / 100, fuzz.report(results)


def test_a_composition_is_the_same_for_the_same_seed() -> None:
    assert composition(7) == composition(7)
