"""Why somebody is refused: the one reason that stands behind the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.explain import reasons
from cli.explain.answers import Account, Counted, Rank, Reason, Says, most_likely
from cli.live.emergency import RoleState
from rollout.model.rollout import Rollout
from rollout.usage.thresholds import Stop
from tests.cli.explain.answers import ACTIVE, BEFORE, GROUPS, NOW, ROLE, emergency, record, without_alice
from tests.review.changes import ALICE, INCIDENT, alice, changed, pilot


def all_of(
    file: Rollout,
    *,
    deployed: Rollout | None = None,
    accounts: tuple[Account, ...] = (ACTIVE,),
    role: RoleState = ROLE,
    counted: tuple[Counted, ...] = (),
    began: datetime | None = None,
) -> list[Says]:
    """What every source says of Alice."""
    known = record(deployed or file)
    level = file.cohorts["pilot"].level_of(ALICE) if ALICE in file.cohorts["pilot"].members else None
    return [
        reasons.by_file("dev", ALICE, file),
        reasons.by_record("dev", ALICE, file, known, NOW),
        reasons.by_okta("dev", ALICE, accounts, GROUPS if level and level.effects.members else ()),
        reasons.by_iam("dev", "pilot", ALICE, frozenset({ALICE}), role, file_level=level),
        reasons.by_meter(counted, NOW),
        reasons.by_session(ALICE, file.cohorts, known, [role], began),
    ]


def why(file: Rollout, **how: Any) -> Reason | None:
    return most_likely(all_of(file, **how))


def test_of_somebody_who_may_call_nothing_is_found() -> None:
    assert why(changed()) is None


CASES: dict[str, tuple[Rank, str, dict[str, Any]]] = {
    "in no cohort": (Rank.NOT_MEMBER, "in no cohort of Pulumi.dev.yaml", {"file": without_alice(), "accounts": ()}),
    "planned": (
        Rank.PLANNED,
        "cohort pilot is planned",
        {"file": changed(pilot(level="planned"), lambda d: d.update(logs={"retired": ["pilot"]}))},
    ),
    "suspended": (
        Rank.STOPPED,
        "cohort pilot is suspended by INC-7: a key was committed",
        {"file": changed(pilot(level="suspended", incident=INCIDENT)), "role": replace(ROLE, suspended=True)},
    ),
    "suspended alone": (
        Rank.STOPPED,
        f"{ALICE} alone is suspended by INC-7",
        {"file": changed(alice(level="suspended", incident=INCIDENT))},
    ),
    "cut": (
        Rank.CUT,
        f"`rollout cut` denies {ALICE} everything",
        {"role": replace(ROLE, emergencies=(emergency(ALICE),))},
    ),
    "all cut": (
        Rank.CUT,
        "`rollout cut` denies everybody of pilot everything",
        {"role": replace(ROLE, emergencies=(emergency(),))},
    ),
    "denied, and the file does not know": (
        Rank.STOPPED,
        "and the file does not say so",
        {"role": replace(ROLE, denied_names=frozenset({ALICE}))},
    ),
    "ended": (
        Rank.ENDED,
        f"access of {ALICE} ended 2026-11-01 00:00:00 UTC, as was agreed",
        {"file": changed(alice(until="2026-10-31")), "accounts": (replace(ACTIVE, groups=frozenset()),)},
    ),
    "ended with the cohort": (Rank.ENDED, "ended 2026-11-01", {"file": changed(pilot(until="2026-10-31"))}),
    "ended, and this copy of the file does not know": (
        Rank.ENDED,
        f"access of {ALICE} ended 2026-11-01 00:00:00 UTC",
        {"deployed": changed(alice(until="2026-10-31"))},
    ),
    "not deployed": (
        Rank.NOT_DEPLOYED,
        f"the file has {ALICE} in pilot, the stack not yet",
        {"deployed": without_alice(), "accounts": (replace(ACTIVE, groups=frozenset()),)},
    ),
    "resumed in the file alone": (
        Rank.STOPPED,
        "pilot is suspended as deployed, and the file says active",
        {"deployed": changed(pilot(level="suspended", incident=INCIDENT))},
    ),
    "nobody in Okta": (Rank.NO_ACCOUNT, f"Okta has nobody of the address {ALICE}", {"accounts": ()}),
    "locked out in Okta": (Rank.NO_ACCOUNT, "is LOCKED_OUT", {"accounts": (replace(ACTIVE, status="LOCKED_OUT"),)}),
    "out of the group": (
        Rank.NOT_IN_GROUP,
        "is not in Okta's group aws_123456789012_claude-code-pilot",
        {"accounts": (replace(ACTIVE, groups=frozenset({"Claude-Code-Users"})),)},
    ),
    "no role": (Rank.NO_ROLE, "cohort pilot has no role in AWS", {"role": RoleState(exists=False)}),
    "allows nothing": (Rank.NO_ROLE, "the role of pilot allows nothing", {"role": replace(ROLE, allows=False)}),
    "spent": (
        Rank.SPENT,
        "today is used up (USD 51.00), so calls are denied until 26 Nov 00:00:00 UTC",
        {
            "counted": (
                Counted(what="today", usd=51, stop=Stop(sessions=None, until=datetime(2026, 11, 26, tzinfo=UTC))),
            )
        },
    ),
    "an old session": (
        Rank.OLD_SESSION,
        "their session of 15 Nov 12:30:00 UTC is refused",
        {"file": changed(pilot(sessions_valid_from=INCIDENT["since"])), "began": BEFORE},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_reason_behind_the_others_is_named_with_what_to_do(case: str) -> None:
    rank, words, how = CASES[case]
    found = why(**{"file": changed(), **how})
    assert found is not None
    assert (found.rank, words in found.why) == (rank, True), found
    assert found.do
    assert found.certain


@pytest.mark.parametrize(
    ("file", "rank"),
    [
        (changed(pilot(sessions_valid_from=INCIDENT["since"])), Rank.PERHAPS_OLD),
        (changed(pilot(level="throttled", incident=INCIDENT)), Rank.THROTTLED),
    ],
)
def test_what_depends_on_what_nobody_here_sees_is_only_perhaps_the_reason(file: Rollout, rank: Rank) -> None:
    found = why(file)
    assert found is not None
    assert (found.rank, found.certain) == (rank, False)


def test_a_session_that_began_since_is_not_the_reason() -> None:
    assert why(changed(pilot(sessions_valid_from=INCIDENT["since"])), began=NOW) is None


def test_a_stop_that_is_over_or_that_a_raise_lifts_is_not_the_reason() -> None:
    over = Stop(sessions=None, until=NOW - timedelta(hours=1))
    lifted = Stop(sessions=None, until=NOW + timedelta(hours=9), since=NOW + timedelta(hours=1))
    assert why(changed(), counted=tuple(Counted(what="today", usd=51, stop=stop) for stop in (over, lifted))) is None


def test_an_end_that_is_to_come_is_said_and_is_no_reason() -> None:
    file = changed(alice(until="2098-12-31"))
    assert why(file) is None
    assert "their access ends 2099-01-01 00:00:00 UTC, by `until`" in reasons.by_file("dev", ALICE, file).lines


def test_a_deny_of_somebody_else_is_not_theirs() -> None:
    other = replace(emergency("bob@acme.example"), subject="bob@acme.example")
    assert (
        why(changed(), role=replace(ROLE, emergencies=(other,), denied_names=frozenset({"carl@acme.example"}))) is None
    )
