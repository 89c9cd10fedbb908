"""Why somebody is refused: what each source says, and the one reason that stands behind the others."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from cli.explain import explain as command
from cli.explain import reasons
from cli.explain.answers import Account, Counted, Rank, Reason, Says, most_likely
from cli.explain.roles import held
from cli.live.asking import Unreachable
from cli.live.emergency import Emergency, RoleState
from cli.terminal.errors import CommandError
from rollout.account import Account as AwsAccount
from rollout.incidents.cut_record import Record, read
from rollout.incidents.cut_rules import advance
from rollout.model.rollout import Rollout
from rollout.usage.thresholds import Stop
from tests import stacks
from tests.cli.conftest import Command
from tests.review.changes import ALICE, INCIDENT, alice, changed, pilot

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
BEFORE = NOW - timedelta(days=10)
GROUPS = ("aws_123456789012_claude-code-pilot", "Claude-Code-Users")
ACTIVE = Account(login=ALICE, status="ACTIVE", groups=frozenset(GROUPS))
ROLE = RoleState(exists=True, allows=True)


def record(*files: Rollout) -> Record:
    found = Record()
    for file in files:
        found = read(advance(found, file, None, NOW).document())
    return found


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


def emergency(*names: str) -> Emergency:
    return Emergency(cohort="pilot", subject=ALICE if names else None, names=names, since=NOW, policy="cut")


def without_alice() -> Rollout:
    return changed(lambda document: document["cohorts"]["pilot"]["members"].pop(ALICE))


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


WAVE2_GROUP = "aws_123456789012_claude-code-wave2"


def moved(*changes: Callable[[dict[str, Any]], object]) -> Rollout:
    """Alice in another cohort by the file."""

    def move(document: dict[str, Any]) -> None:
        cohorts = document["cohorts"]
        member = cohorts["pilot"]["members"].pop(ALICE)
        cohorts["wave2"] = {"level": "active", "models": ["haiku"], "members": {ALICE: member}}

    return changed(move, *changes)


@dataclass
class Asked:
    """What the sources of `explain` answer. `roles`: by cohort; any other has none."""

    file: Rollout
    deployed: Record
    accounts: tuple[Account, ...]
    roles: Mapping[str, RoleState | Unreachable]


def explained(monkeypatch: pytest.MonkeyPatch, asked: Asked) -> list[Says | Unreachable]:
    account = AwsAccount("123456789012", "us-east-1")
    homes = [name for name, cohort in asked.file.cohorts.items() if ALICE in cohort.members]

    def role_state(_: object, name: str) -> RoleState:
        found = asked.roles.get(name, RoleState(exists=False))
        if isinstance(found, Unreachable):
            raise CommandError(found.why)
        return found

    for name, answer in {
        "with_config": (asked.file, {}),
        "cohorts_of": homes,
        "cut_record": asked.deployed,
        "_aws": (None, account),
        "okta_accounts": list(asked.accounts),
        "counted": [],
    }.items():
        monkeypatch.setattr(command, name, lambda *_, answer=answer: answer)
    monkeypatch.setattr(command, "role_state", role_state)
    found = list(command.explained(stacks.COMPANY, "dev", ALICE, None, NOW))
    return list(held("dev", found))


DENIED = replace(ROLE, emergencies=(emergency(ALICE),))
STILL = (replace(ACTIVE, groups=frozenset(GROUPS)),)


@pytest.mark.parametrize(
    ("deployed", "accounts"),
    [
        (record(changed()), STILL),
        (record(changed()), ()),  # nobody may ask Okta
        (record(moved()), STILL),  # Okta's group was not emptied
        (record(without_alice()), STILL),
    ],
)
@pytest.mark.parametrize("file", [moved(), without_alice()])
def test_a_cut_on_the_role_that_they_still_use_is_found_and_no_update_is_advised(
    file: Rollout, deployed: Record, accounts: tuple[Account, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = explained(monkeypatch, Asked(file, deployed, accounts, {"pilot": DENIED, "wave2": ROLE}))
    told = [one for one in found if isinstance(one, Says)]
    reason = most_likely(told)
    assert reason
    assert (reason.rank, reason.certain, "on the role of pilot" in reason.why) == (Rank.CUT, True, True), reason
    assert not [each.do for one in told for each in one.reasons if "rollout up" in each.do or "pulumi up" in each.do]


def test_a_cut_of_the_cohort_that_they_are_still_deployed_in_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file has moved them out of a cohort that it suspended."""
    suspended = changed(pilot(level="suspended", incident=INCIDENT))
    roles = {"pilot": replace(ROLE, suspended=True, allows=False)}
    found = explained(
        monkeypatch, Asked(moved(pilot(level="suspended", incident=INCIDENT)), record(suspended), (), roles)
    )
    told = [one for one in found if isinstance(one, Says)]
    reason = most_likely(told)
    assert reason
    assert (reason.rank, reason.why) == (
        Rank.STOPPED,
        "they are still in pilot as deployed, which is suspended for them",
    )
    assert not [each.do for one in told for each in one.reasons if "rollout up" in each.do]


def test_whoever_left_a_cohort_lately_is_only_perhaps_refused_by_a_cut_there(monkeypatch: pytest.MonkeyPatch) -> None:
    known = record(changed(), moved())
    accounts = (replace(ACTIVE, groups=frozenset({WAVE2_GROUP, "Claude-Code-Users"})),)
    roles = {"pilot": DENIED, "wave2": ROLE}
    reason = most_likely(
        [one for one in explained(monkeypatch, Asked(moved(), known, accounts, roles)) if isinstance(one, Says)]
    )
    assert reason
    assert (reason.rank, reason.certain) == (Rank.CUT, False)


def test_while_iam_is_silent_an_update_is_advised_only_once_it_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Unreachable("IAM", "AccessDenied")
    found = explained(monkeypatch, Asked(moved(), record(changed()), STILL, {"pilot": gone, "wave2": gone}))
    reason = most_likely([one for one in found if isinstance(one, Says)])
    assert reason
    assert (reason.rank, reason.do.startswith("ask IAM, role of ")) == (Rank.NOT_DEPLOYED, True), reason


def test_every_line_fits_a_terminal_and_breaks_between_words() -> None:
    out = io.StringIO()
    words = "the role allows the models of its level, and no Deny is of this person " * 3
    found = [Says(source="IAM, role of pilot", lines=(words,)), Unreachable("Okta", "answers 503 " * 20)]
    reason = Reason(rank=Rank.CUT, why="why " * 40, do="`rollout incidents -s dev` " * 8)
    command.show(Console(file=out, width=80, highlight=False), ALICE, [*found], reason)
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert set(text.split()) >= set(words.split())


def test_with_everything_away_the_file_alone_speaks_and_each_source_says_that_it_did_not_answer(
    rollout: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    ended = rollout("explain", "-s", "dev", "alice.chen@acme.example", "--json")
    document = ended.document
    assert ended.code in {1, 3}
    assert {each["source"] for each in document["did_not_answer"]} >= {"the last update", "Okta", "AWS"}
    assert document["sources"][0]["source"] == "Pulumi.dev.yaml"
    text = rollout("explain", "-s", "dev", "alice.chen@acme.example").out
    assert "did not answer: there is no `pulumi` on PATH" in text
    assert "did not answer: no OKTA_API_TOKEN" in text


def test_nothing_found_and_somebody_silent_is_exit_3(rollout: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [Says(source="Pulumi.dev.yaml", lines=("in pilot",)), Unreachable("Okta", "answers 503")]
    monkeypatch.setattr(command, "explained", lambda *_: iter(said))
    ended = rollout("explain", "-s", "dev", ALICE)
    assert (ended.code, "what did not answer may: ask again" in ended.out) == (3, True)
    monkeypatch.setattr(command, "explained", lambda *_: iter(said[:1]))
    assert rollout("explain", "-s", "dev", ALICE).code == 0


def test_a_time_that_is_none_is_said(rollout: Command) -> None:
    ended = rollout("explain", "-s", "dev", ALICE, "--began", "noon")
    assert (ended.code, "--began: not a time" in ended.err) == (1, True)


def test_a_file_that_is_wrong_is_a_source_that_says_so(rollout: Command, project: Any) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("level: active", "level: activ"))
    document = rollout("explain", "-s", "dev", ALICE, "--json").document
    assert "is wrong, so only its cohorts were read" in document["did_not_answer"][0]["why"]
