"""docs/architecture.md shows the order in which the program carries out a cut."""

from __future__ import annotations

import re

from rollout.update_order import CUT, Plane, Step, rows, turn
from tests.stacks import PROJECT

PAGE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
PLANES = {"iam": Plane.IAM, "okta": Plane.OKTA, "told": Plane.ANNOUNCER, "macs": Plane.MACS}
DRAWN = (Step.COHORT_DENY, Step.MEMBERSHIPS, Step.MEMBERSHIP_CHECK, Step.NOTICE, Step.MAC_GROUPS)


def test_the_page_has_each_step_with_what_it_waits_for_and_why() -> None:
    table = "\n".join(rows(CUT))
    assert table in PAGE, f"docs/architecture.md: put this table there:\n{table}"


def test_the_picture_of_a_suspension_draws_no_step_before_what_it_waits_for() -> None:
    picture = PAGE.partition("sequenceDiagram")[2].partition("```")[0]
    turns = [turn(CUT, step) for step in DRAWN]
    assert [PLANES[plane] for plane in re.findall(r"up->>(\w+):", picture)] == [each.plane for each in turns]
    for place, each in enumerate(turns):
        assert not set(each.waits_for) & set(DRAWN[place:]), each.step


def test_each_decision_that_a_wait_names_is_a_page() -> None:
    for number in {wait.decision for each in CUT for wait in each.waits}:
        assert list((PROJECT / "docs" / "decisions").glob(f"{number:04}-*.md")), number
