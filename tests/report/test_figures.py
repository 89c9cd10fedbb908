"""The report's arithmetic, held against sums done by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import sqrt

import pytest

from rollout.levels import Level
from rollout.report import tables, words
from rollout.report.facts import LevelChange, Update
from rollout.report.figures import figures
from rollout.report.page import page
from rollout.report.response import Counted, steps
from rollout.report.spend import projection
from rollout.report.timeline import spans
from tests.report import made_up

# A Wednesday.
TODAY = date(2026, 11, 25)
END = date(2026, 11, 30)


def days(*amounts: float, last: date = date(2026, 11, 24)) -> dict[date, float]:
    """Working days alone, the newest last."""
    found: dict[date, float] = {}
    for amount in reversed(amounts):
        while last.weekday() > 4:
            last -= timedelta(days=1)
        found[last] = amount
        last -= timedelta(days=1)
    return found


def test_a_month_of_equal_days_ends_where_they_add_up_to_and_surely() -> None:
    found = projection(days(*[100.0] * 17), TODAY, END)
    assert found is not None
    # November's 17 working days to the 24th, and the 25th, 26th, 27th and 30th to come.
    assert found.expected == found.low == found.high == 100 * (17 + 4)


def test_the_range_is_the_prediction_interval_of_the_days_to_come() -> None:
    found = projection(days(90, 110, 90, 110, 100), TODAY, END)
    assert found is not None
    assert found.expected == pytest.approx(500 + 4 * 100)
    spread = sqrt((10**2 * 4) / 4)
    assert found.high - found.expected == pytest.approx(1.533 * spread * sqrt(4 + 16 / 5))
    assert found.expected - found.low == pytest.approx(found.high - found.expected)


def test_what_was_spent_today_is_never_projected_away() -> None:
    found = projection(days(*[100.0] * 10) | {TODAY: 250.0}, TODAY, END)
    assert found is not None
    assert found.expected == 1000 + 250 + 3 * 100
    assert found.low >= 1250


def test_weekends_are_projected_as_weekends() -> None:
    weekend = {date(2026, 11, day): 20.0 for day in (14, 15, 21, 22)}
    found = projection(days(*[100.0] * 10) | weekend, TODAY, END)
    assert found is not None
    assert found.expected == 1000 + 4 * 20 + 4 * 100 + 2 * 20


def test_four_working_days_say_nothing_of_a_month() -> None:
    assert projection(days(100, 100, 100, 100), TODAY, END) is None
    assert projection({}, TODAY, END) is None


def change(at: str, before: str, after: str, since: str | None = None) -> LevelChange:
    return LevelChange(
        at=datetime.fromisoformat(at),
        cohort="pilot",
        member=None,
        before=Level(before),
        after=Level(after),
        incident="INC-7" if since else None,
        since=datetime.fromisoformat(since) if since else None,
    )


def test_an_incidents_first_level_is_counted_from_its_begin_and_a_later_one_from_its_update() -> None:
    begin = "2026-11-03T10:00:00Z"
    known = [
        change("2026-11-03T10:16:00Z", "active", "restricted", begin),
        change("2026-11-03T13:05:00Z", "restricted", "suspended", begin),
        change("2026-11-04T09:00:00Z", "suspended", "active", begin),
    ]
    update = Update(start=datetime(2026, 11, 3, 13, 1, tzinfo=UTC), end=datetime(2026, 11, 3, 13, 6, tzinfo=UTC))
    later, first = steps(known, [update])
    assert (first.minutes, first.counted, first.allowed, first.met) == (16, Counted.INCIDENT, 15, False)
    assert (later.minutes, later.counted, later.allowed, later.met) == (4, Counted.UPDATE, 120, True)
    assert later.lifted == known[2].at
    [unknown, _] = steps(known, None)
    assert (unknown.minutes, unknown.met) == (None, None)


def test_levels_follow_each_other_without_a_gap_until_now() -> None:
    found = made_up.facts()
    pilot = found.rollout.cohorts["pilot"]
    known = [change for change in found.changes or () if change.cohort == "pilot"]
    line = spans(pilot, known, Level.ACTIVE)
    assert [span.level.value for span in line] == [
        *("planned", "active", "suspended", "active", "restricted", "throttled", "active")
    ]
    assert all(one.end == other.start for one, other in pairwise(line))
    assert line[-1].end is None


def test_a_cohort_without_a_log_is_as_its_file_says_since_its_incident() -> None:
    found = made_up.facts()
    wave2 = found.rollout.cohorts["wave2"]
    assert [(span.level, span.start) for span in spans(wave2, [], Level.RESTRICTED)] == [
        (Level.ACTIVE, made_up.WAVE2),
        (Level.RESTRICTED, datetime(2026, 11, 25, 9, 2, tzinfo=UTC)),
    ]


def test_the_figures_are_the_sums_of_what_was_used() -> None:
    facts = made_up.facts()
    found = figures(facts)
    rows = [row for row in facts.use or () if row.day >= date(2026, 11, 1)]
    assert found.spend is not None
    assert found.adoption is not None
    assert found.spend.spent == pytest.approx(sum(row.usd for row in rows))
    assert sum(found.spend.by_team.values()) == pytest.approx(found.spend.spent)
    assert found.spend.by_cohort["wave2"] == pytest.approx(sum(row.usd for row in rows if row.cohort == "wave2"))
    week = {row.person for row in rows if row.day > date(2026, 11, 18)}
    assert found.adoption.week_people == len(week)
    assert (found.with_access, found.headcount) == (38, 51)


def test_each_cohort_has_its_cost_for_each_active_person_and_no_single_persons_use_is_told() -> None:
    facts = made_up.facts()
    found = figures(facts).adoption
    assert found is not None
    pilot = found.by_cohort[0]
    week = [row for row in facts.use or () if row.day > date(2026, 11, 18)]
    usd = sum(row.usd for row in week if row.cohort == "pilot")
    assert pilot.usd == pytest.approx(usd)
    assert pilot.usd_each == pytest.approx(usd / len({row.person for row in week if row.cohort == "pilot"}))
    one = next(row.person for row in week if row.cohort == "wave2")
    rows = [row for row in facts.use or () if row.cohort != "wave2" or row.person == one]
    adoption = figures(replace(facts, use=rows)).adoption
    assert adoption is not None
    assert (adoption.by_cohort[1].people, adoption.by_cohort[1].usd, adoption.by_cohort[1].usd_each) == (1, None, None)
    assert tables.adoption(figures(replace(facts, use=rows))).rows[1][4:] == ("-", "-")


def test_who_is_suspended_has_no_access() -> None:
    facts = replace(made_up.facts(), deployed={"pilot": "active", "wave2": "suspended", "wave3": "planned"})
    found = figures(facts)
    assert found.with_access == 25
    told = [each.text for each in words.attention(found)]
    assert "wave2 is suspended, and the stack file says restricted: an update is due" in told
    assert words.title(found) == "25 of 51 people have Claude Code"


def test_whose_access_has_ended_has_none() -> None:
    facts = made_up.facts()
    cohorts = dict(facts.rollout.cohorts)
    pilot = cohorts["pilot"]
    members = dict(pilot.members)
    for email, end in zip(sorted(members)[:3], (-1, 0, 1), strict=True):
        members[email] = members[email].model_copy(update={"until": facts.now + timedelta(seconds=end)})
    cohorts["pilot"] = pilot.model_copy(update={"members": members})
    found = figures(replace(facts, rollout=facts.rollout.model_copy(update={"cohorts": cohorts})))
    assert found.with_access == figures(facts).with_access - 2


def test_a_month_that_will_be_dearer_than_its_budget_needs_attention() -> None:
    facts = made_up.facts()
    dear = figures(replace(facts, use=[replace(row, usd=row.usd * 10) for row in facts.use or ()]))
    assert dear.spend is not None
    assert dear.spend.spent > 32_000
    assert any("more than its budget of $32,000" in each.text for each in words.attention(dear))


def test_a_budget_of_nothing_is_more_than_spent_and_no_share_of_it_is_said() -> None:
    facts = made_up.facts()
    nothing = facts.rollout.budgets.model_copy(
        update={"user_daily_usd": 0.0, "team_daily_usd": 0.0, "monthly_usd": 0.0}
    )
    found = figures(replace(facts, rollout=facts.rollout.model_copy(update={"budgets": nothing})))
    assert found.spend is not None
    assert found.spend.spent > 0
    assert any("more than its budget of $0.00" in each.text for each in words.attention(found))
    assert "of $0.00 so far, and is expected to end at" in words.standfirst(found)
    assert {row[2] for row in tables.month(found).rows} == {"-"}
    assert "of $0.00</" in page(found)
    unused = figures(replace(facts, rollout=facts.rollout.model_copy(update={"budgets": nothing}), use=[]))
    assert "has cost $0.00 of $0.00 so far; too little was used" in words.standfirst(unused)
    assert not [each for each in words.attention(unused) if each.section == "spend"]


@pytest.mark.parametrize(
    ("minutes", "text"), [(0.4, "under 1 min"), (65, "1 h 05 min"), (120, "2 h"), (4320, "3 days")]
)
def test_times_read_as_people_say_them(minutes: float, text: str) -> None:
    assert words.minutes(minutes) == text


def test_nobody_has_what_no_update_has_made_yet() -> None:
    found = figures(replace(made_up.facts(), deployed={}))
    assert found.with_access == 0
    assert words.title(found) == "Nobody has Claude Code now"
    told = [each.text for each in words.attention(found)]
    assert "pilot is planned, and the stack file says active: an update is due" in told
    unread = figures(replace(made_up.facts(), deployed=None))
    assert unread.with_access == figures(made_up.facts()).with_access
