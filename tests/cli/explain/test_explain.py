"""`rollout explain`: what each source says of somebody who was moved or cut, and of a source that is silent."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from rich.console import Console

from cli.explain import explain as command
from cli.explain import portal
from cli.explain.answers import Account, Rank, Reason, Says, most_likely
from cli.explain.roles import held
from cli.live.asking import Unreachable
from cli.live.emergency import RoleState
from cli.terminal.errors import CommandError
from rollout.account import Account as AwsAccount
from rollout.incidents.cut_record import Record
from rollout.model.rollout import Rollout
from tests import stacks
from tests.cli.conftest import Command
from tests.cli.explain.answers import ACTIVE, GROUPS, NOW, ROLE, emergency, record, without_alice
from tests.config.stack_files import loaded
from tests.review.changes import ALICE, INCIDENT, changed, pilot

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


def test_the_portal_is_asked_by_the_login_that_okta_has_and_only_where_people_sign_in_by_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[object, ...]] = []

    def by_portal(*of: object) -> Says:
        asked.append(of[2:])
        return Says(source=portal.SOURCE, lines=("in it",))

    monkeypatch.setattr(portal, "by_portal", by_portal)
    login = replace(ACTIVE, login="achen@acme.example")
    roles = {"pilot": ROLE}
    explained(monkeypatch, Asked(changed(), record(changed()), (login,), roles))
    assert asked == []
    by_center = loaded(stacks.by_identity_center(stacks.small()))
    found = explained(monkeypatch, Asked(by_center, record(by_center), (login,), roles))
    assert asked == [("achen@acme.example", ["aws_123456789012_claude-code-pilot"])]
    assert portal.SOURCE in {one.source for one in found}


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
