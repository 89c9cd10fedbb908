"""Whether a cohort has met its targets: from weeks to a verdict, with the arithmetic."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.success.metrics import (
    METRICS,
    WEEKS_KEPT,
    Least,
    Observed,
    State,
    Week,
    first_monday,
    judge,
    read,
    written,
)
from tests.config.test_success import BASELINE, TARGETS

MONDAY = date(2026, 10, 5)
LEAST = Least(weeks=4, prs=20, bugs=10)
GOOD = {
    "pr_cycle_days": Observed(2.3, 200),
    "prs_per_developer_week": Observed(9.5, 25),
    "bug_reopen_percent": Observed(10.0, 40),
    "review_turnaround_hours": Observed(5.0, 180),
}


def week(number: int, changed: Mapping[str, Observed | None] | None = None) -> Week:
    observed = {name: value for name, value in {**GOOD, **(changed or {})}.items() if value}
    return Week(monday=MONDAY + timedelta(weeks=number), observed=observed)


def weeks(count: int = 4, changed: Mapping[str, Observed | None] | None = None) -> list[Week]:
    return [week(number, changed) for number in range(count)]


def test_a_cohort_that_reaches_all_four_has_met_its_targets_and_the_arithmetic_is_there() -> None:
    verdict = judge(BASELINE, TARGETS, weeks(), MONDAY, LEAST)
    assert verdict.state is State.MET
    assert verdict.lines == [
        (
            "pr_cycle_days: met: 2.3 (-23.3 %) in 4 weeks from 2026-10-05 on, 800 pull requests; "
            "target 2.4 (-20.0 %), baseline 3 days"
        ),
        (
            "prs_per_developer_week: met: 9.5 (+18.8 %) in 4 weeks from 2026-10-05 on, 100 developer weeks; "
            "target 9.2 (+15.0 %), baseline 8 PRs"
        ),
        (
            "bug_reopen_percent: met: 10 (-16.7 %) in 4 weeks from 2026-10-05 on, 160 closed bugs; "
            "target 10.8 (-10.0 %), baseline 12 %"
        ),
        (
            "review_turnaround_hours: met: 5 (-16.7 %) in 4 weeks from 2026-10-05 on, 720 reviewed pull requests; "
            "target 5.1 (-15.0 %), baseline 6 hours"
        ),
    ]


@pytest.mark.parametrize(
    ("metric", "worse"),
    [
        ("pr_cycle_days", 2.41),
        ("prs_per_developer_week", 9.1),
        ("bug_reopen_percent", 10.9),
        ("review_turnaround_hours", 5.2),
    ],
)
def test_one_that_is_missed_decides(metric: str, worse: float) -> None:
    verdict = judge(BASELINE, TARGETS, weeks(4, {metric: Observed(worse, 25)}), MONDAY, LEAST)
    assert verdict.state is State.NOT_MET
    assert [f.metric for f in verdict.findings if f.state is not State.MET] == [metric]
    assert judge(BASELINE, TARGETS, weeks(4, {metric: Observed(TARGETS[metric], 25)}), MONDAY, LEAST).state is State.MET


def test_weeks_weigh_by_their_samples() -> None:
    unequal = [week(n, {"prs_per_developer_week": Observed(value, count)}) for n, (value, count) in enumerate(
        [(20.0, 1), (8.0, 99), (8.0, 50), (8.0, 50)]
    )]  # fmt: skip
    [finding] = [f for f in judge(BASELINE, TARGETS, unequal, MONDAY, LEAST).findings if f.metric.startswith("prs")]
    assert finding.value == pytest.approx((20 + 8 * 199) / 200)
    assert finding.state is State.NOT_MET


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (weeks(3), "3 of 4 weeks, 600 pull requests of at least 20"),
        (weeks(4, {"pr_cycle_days": Observed(1.0, 4)}), "4 of 4 weeks, 16 pull requests of at least 20"),
        (weeks(4, {"pr_cycle_days": None}), "4 of 4 weeks, 0 pull requests of at least 20"),
        ([], "0 of 4 weeks, 0 pull requests of at least 20"),
    ],
)
def test_too_little_is_not_enough_data_and_says_how_much_there_is(known: list[Week], says: str) -> None:
    verdict = judge(BASELINE, TARGETS, known, MONDAY, LEAST)
    assert verdict.state is State.NOT_ENOUGH_DATA
    assert verdict.lines[0] == (f"pr_cycle_days: not enough data: {says}; target 2.4 (-20.0 %), baseline 3 days")


def test_weeks_from_before_a_cohort_was_open_say_nothing_of_it() -> None:
    assert judge(BASELINE, TARGETS, weeks(4), MONDAY + timedelta(days=7), LEAST).state is State.NOT_ENOUGH_DATA
    old = weeks(4, {"pr_cycle_days": Observed(9.0, 500)})
    new = [week(number) for number in range(4, 8)]
    assert judge(BASELINE, TARGETS, [*new, *old], MONDAY, LEAST).state is State.MET


@pytest.mark.parametrize(
    ("opened", "monday"),
    [
        (datetime(2026, 9, 7, tzinfo=UTC), date(2026, 9, 7)),
        (datetime(2026, 9, 7, 9, tzinfo=UTC), date(2026, 9, 14)),
        (datetime(2026, 9, 9, tzinfo=UTC), date(2026, 9, 14)),
        (datetime(2026, 9, 13, 23, tzinfo=UTC), date(2026, 9, 14)),
    ],
)
def test_the_first_week_that_counts_is_a_whole_one(opened: datetime, monday: date) -> None:
    assert first_monday(opened) == monday


figures = st.builds(Observed, st.floats(0, 1e6, allow_nan=False), st.integers(1, 10**6))
some_weeks = st.lists(
    st.builds(
        Week,
        monday=st.integers(0, 500).map(lambda n: MONDAY + timedelta(weeks=n)),
        observed=st.dictionaries(st.sampled_from(sorted(METRICS)), figures),
    ),
    max_size=30,
    unique_by=lambda week: week.monday,
)


@given(some_weeks)
def test_what_is_written_is_read_again_and_fits_a_parameter(known: list[Week]) -> None:
    text = written(known)
    assert len(text) <= 4096
    newest = sorted(known, key=lambda week: week.monday)[-WEEKS_KEPT:]
    again = read(text)
    assert [week.monday for week in again] == [week.monday for week in newest]
    for one, other in zip(again, newest, strict=True):
        assert {n: o.samples for n, o in one.observed.items()} == {n: o.samples for n, o in other.observed.items()}
        for name, observed in one.observed.items():
            assert observed.value == pytest.approx(other.observed[name].value, abs=5e-4)


@given(some_weeks, st.sampled_from(sorted(METRICS)), st.floats(0.01, 100))
def test_a_better_figure_never_makes_a_verdict_worse(known: list[Week], metric: str, share: float) -> None:
    """Of one metric alone: scaled towards the better, what was met stays met."""
    better = min(share, 1) if METRICS[metric].better == "lower" else max(share, 1)
    scaled = [
        Week(
            monday=one.monday,
            observed={n: Observed(o.value * better, o.samples) if n == metric else o for n, o in one.observed.items()},
        )
        for one in known
    ]
    before, after = (judge(BASELINE, {metric: TARGETS[metric]}, each, MONDAY, LEAST).state for each in (known, scaled))
    order = [State.NOT_MET, State.MET]
    assert (before is State.NOT_ENOUGH_DATA) == (after is State.NOT_ENOUGH_DATA)
    assert before is State.NOT_ENOUGH_DATA or order.index(after) >= order.index(before)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["monday", *METRICS]), inner),
    )
)
def test_what_somebody_else_wrote_is_an_error_of_one_kind(document: object) -> None:
    with contextlib.suppress(ValueError):
        read(json.dumps(document))
