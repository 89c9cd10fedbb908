"""`rollout cut --lift`: what it takes back, and what only `rollout set-level` does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rollout import names
from rollout.access import emergency
from tests.cli.conftest import Command
from tests.cli.cutting.conftest import ALICE, LONG_AGO, policies, put


def test_a_member_is_given_back_by_set_level_and_not_by_lift(rollout: Command, iam: Any) -> None:
    put(iam, "pilot", names.cut_policy(ALICE), emergency.document([ALICE], LONG_AGO))
    ended = rollout("cut", ALICE, "--lift", "-s", "sandbox")
    assert ended.code == 1
    assert f"give access back by `rollout set-level -s sandbox pilot active --member {ALICE}`" in ended.err
    put(iam, "pilot", "cut", emergency.document(None, LONG_AGO))
    ended = rollout("cut", "pilot", "--lift", "-s", "sandbox")
    assert "give access back by `rollout set-level -s sandbox pilot active`" in ended.err
    assert set(policies(iam, "pilot")) == {"cut", names.cut_policy(ALICE)}


def test_a_member_elsewhere_is_lifted_on_the_role_of_a_cohort_they_are_not_in(rollout: Command, iam: Any) -> None:
    for cohort in ("pilot", "early"):
        put(iam, cohort, names.cut_policy(ALICE), emergency.document([ALICE], LONG_AGO))
    assert rollout("cut", ALICE, "--cohort", "early", "--lift").code == 0
    assert (policies(iam, "early"), policies(iam, "pilot")) == ([], [names.cut_policy(ALICE)])


def test_somebody_in_no_file_is_lifted_once_their_sessions_have_ended(rollout: Command, iam: Any) -> None:
    gone = "left.us@acme.example"
    put(iam, "pilot", names.cut_policy(gone), emergency.document([gone], datetime.now(UTC)))
    ended = rollout("cut", gone, "--lift")
    assert (ended.code, "may live until" in ended.err) == (1, True)
    put(iam, "pilot", names.cut_policy(gone), emergency.document([gone], None))
    assert "IAM does not say since when" in rollout("cut", gone, "--lift").err
    put(iam, "pilot", names.cut_policy(gone), emergency.document([gone], LONG_AGO))
    assert rollout("cut", gone, "--lift").code == 0
    assert policies(iam, "pilot") == []
    assert "nothing to lift" in rollout("cut", gone, "--lift").err


def test_somebody_denied_by_a_members_name_is_not_lifted(rollout: Command, iam: Any) -> None:
    put(iam, "pilot", "cut-achen", emergency.document(["achen", ALICE], LONG_AGO))
    ended = rollout("cut", "achen", "--cohort", "pilot", "--lift")
    assert (ended.code, "is a member by Pulumi." in ended.err) == (1, True)
