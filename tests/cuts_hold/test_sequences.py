"""Once cut, a session from before or during the incident never invokes againwhatever is edited, applied, removed,
resumed, killed half-way or taken from an old copy afterwards, and whoever is silent meanwhile.

Who is said to be cut is kept here, apart from the program; whether a session may still invoke is what an IAM evaluator
that others wrote says of the documents that the program made.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cli.stack_file import edits
from cli.terminal.errors import CommandError
from rollout.access import emergency
from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.names import cut_policy
from rollout.people.directory import Person
from tests.cuts_hold.stack_file import BOTH, EDITS, PEOPLE, accounts, first_file
from tests.cuts_hold.world import Judge, KilledError, Session, World, clock
from tests.sampling import fewer

START = datetime(2026, 11, 24, 9, 0, 0, 500_000, tzinfo=UTC)
ABOVE = (Level.RESTRICTED, Level.THROTTLED, Level.SUSPENDED, Level.ROLLED_BACK)
STEPS = st.none() | st.integers(0, 19)
EXAMPLES, STEPS_EACH = 250, 40


class Sequences(RuleBasedStateMachine):
    judge: Judge

    @initialize()
    def begin(self) -> None:
        self.world = World(first_file(), accounts(), START)
        self.copies: list[dict[str, Any]] = [copy.deepcopy(self.world.file)]
        self.sessions: list[Session] = []
        self.cut_cohorts: set[str] = set()
        self.cut_people: dict[str, datetime | None] = {}
        self.members: dict[str, str] = {}
        self.settled = False
        self.incidents = 0
        self.apply(self.world.file, None)
        for email in PEOPLE:
            self.sign_in(email)

    # What happens.

    @rule(seconds=st.integers(1, 1800) | st.just(13 * 3600))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    @rule(email=st.sampled_from(PEOPLE))
    def sign_in(self, email: str) -> None:
        self.world.pass_time(2)
        for account in self.world.accounts.get(email, ()):
            for cohort in BOTH:
                if session := self.world.sign_in(account, cohort):
                    session.dead = cohort in self.cut_cohorts or self.is_named(session) or self.is_cut_by_hand(session)
                    self.sessions = [*self.sessions[-11:], session]
                    if self.settled and not session.dead and self.is_active(email, cohort):
                        assert self.world.may_invoke(self.judge, session), "somebody with access has none"

    @rule(answers=st.booleans())
    def okta_comes_and_goes(self, answers: bool) -> None:
        self.world.okta_answers = answers

    @rule(email=st.sampled_from(PEOPLE))
    def somebody_is_renamed_in_okta(self, email: str) -> None:
        """Whom the stack knows by the present login: of what nobody ever saw, nobody can know."""
        found = self.world.accounts.get(email, [])
        if found and found[0].login in self.world.record.names(email):
            self.world.accounts[email] = [replace(found[0], login=f"r{len(found[0].login)}.{email}"), *found[1:]]

    @rule(email=st.sampled_from(PEOPLE))
    def somebodys_account_is_deleted(self, email: str) -> None:
        self.world.accounts.pop(email, None)

    @rule(email=st.sampled_from(PEOPLE))
    def a_second_account_gets_the_address(self, email: str) -> None:
        found = self.world.accounts.get(email, [])
        if len(found) == 1:
            self.world.accounts[email] = [*found, Person(f"00z{found[0].id}", email, f"adm-{email}", "ACTIVE")]

    @rule(
        cohort=st.sampled_from(BOTH),
        person=st.none() | st.sampled_from(PEOPLE),
        level=st.sampled_from(ABOVE) | st.just(Level.ACTIVE),
        killed=STEPS,
    )
    def set_level(self, cohort: str, person: str | None, level: Level, killed: int | None) -> None:
        """As `rollout set-level` does it: the Deny by AWS alone, the file, the update, and what was put first goes."""
        if person:
            cohort = next((n for n in self.world.file.get("cohorts", {}) if person in self.of(n)["members"]), "")
        if cohort not in self.world.file.get("cohorts", {}):
            return
        called = self.world.record.names(person) if person else ()
        if level.rank >= Level.SUSPENDED.rank:
            self.rollout_cut(cohort, person)
        self.incidents += 1
        cut = any(cut_policy(person) in role.cuts for n, role in self.world.roles.items() if person or n == cohort)
        try:
            with patch.object(edits, "datetime", clock(self.world)):
                after = self.world.set_level(cohort, person, level, f"INC-{self.incidents}", cut)
        except CommandError:
            return
        if self.world.rollout(after) is None:
            return
        self.write(after)
        if self.apply(after, killed) and self.world.okta_answers:
            self.world.lift(cohort if not person else None, called)

    @rule(cohort=st.sampled_from(BOTH), person=st.none() | st.sampled_from(PEOPLE))
    def rollout_cut(self, cohort: str, person: str | None) -> None:
        called = self.world.record.names(person) if person else ()
        reached = self.world.cut(None if person else cohort, called)
        for session in self.sessions:
            session.dead |= session.cohort in reached and (not person or session.name in called)

    @precondition(lambda self: self.world.file.get("cohorts"))
    @rule(data=st.data(), killed=STEPS)
    def somebody_edits_the_file_by_hand(self, data: st.DataObject, killed: int | None) -> None:
        after = copy.deepcopy(self.world.file)
        data.draw(st.sampled_from(EDITS))(after, data)
        if self.world.rollout(after) is not None and self.apply(after, killed):
            self.write(after)

    @rule(data=st.data(), killed=STEPS)
    def an_old_copy_is_applied(self, data: st.DataObject, killed: int | None) -> None:
        found = data.draw(st.sampled_from(self.copies))
        if self.apply(found, killed):
            self.write(found)

    @rule(killed=STEPS)
    def the_file_is_applied_again(self, killed: int | None) -> None:
        self.apply(self.world.file, killed)

    # What is said, and what must hold.

    @invariant()
    def who_was_said_to_be_cut_cannot_invoke(self) -> None:
        for session in getattr(self, "sessions", ()):
            if session.dead:
                assert not self.world.may_invoke(self.judge, session), f"{session} invokes again:"

    def apply(self, file: dict[str, Any], killed: int | None) -> bool:
        """Whether an update ran to its end."""
        self.world.pass_time(1)
        try:
            rollout = self.world.update(file, killed)
        except KilledError:
            self.settled = False
            if found := self.world.rollout(file):
                self.given_back(found)
            return False
        if rollout is None:
            return False
        self.settled = self.world.okta_answers
        self.said(rollout)
        self.given_back(rollout)
        return True

    def said(self, rollout: Rollout) -> None:
        """Who is cut once an update has ended: their sessions of now, and those that begin meanwhile."""
        before, self.members = self.members, {e: n for n, c in rollout.declared.items() for e in c.members}
        self.cut_cohorts |= {n for n, c in rollout.declared.items() if c.level.rank >= Level.SUSPENDED.rank}
        for email, name in self.members.items():
            member = rollout.cohorts[name].members[email]
            if member.level and member.level.rank >= Level.SUSPENDED.rank:
                self.cut_people.setdefault(email, member.sessions_valid_from)
        # Where Okta is silent the update ends with an error, and says nothing of a cohort that it did not look at.
        looked_at = {e for e, n in before.items() if self.world.okta_answers or n in rollout.declared}
        left = looked_at - self.members.keys()
        for session in self.sessions:
            session.dead |= session.cohort in self.cut_cohorts or self.is_named(session)
            session.dead |= session.email in left and session.name in self.world.record.names(session.email)

    def given_back(self, rollout: Rollout) -> None:
        for name, cohort in rollout.declared.items():
            if cohort.level.rank < Level.SUSPENDED.rank:
                self.cut_cohorts.discard(name)
            for email, member in cohort.members.items():
                said = member.sessions_valid_from
                # By their own word, which was not there when it began: a cohort's resume is not a person's.
                lets_in = cohort.level_of(email).rank < Level.SUSPENDED.rank
                if email in self.cut_people and lets_in and said and said != self.cut_people[email]:
                    del self.cut_people[email]

    def is_named(self, session: Session) -> bool:
        """By a name that the stack ever saw; on the role of a cohort that it deployed."""
        return session.email in self.cut_people and session.name in self.world.record.names(session.email)

    def is_cut_by_hand(self, session: Session) -> bool:
        """By the names that `rollout cut` was told or found then; a later one it cannot know. Whoever is cut by hand
        alone is let in again with a role that was deleted meanwhile (docs/known-faults.md)."""
        cuts = self.world.roles[session.cohort].cuts
        policy = cuts.get(cut_policy(session.email))
        named = session.name in (emergency.sessions(policy["Statement"][0]) or ()) if policy else False
        return named or cut_policy() in cuts

    def is_active(self, email: str, cohort: str) -> bool:
        rollout = self.world.rollout(self.world.file)
        found = rollout.declared.get(cohort) if rollout else None
        return bool(found and email in found.members and found.level_of(email) is Level.ACTIVE)

    def of(self, cohort: str) -> dict[str, Any]:
        return self.world.file["cohorts"][cohort]

    def write(self, file: dict[str, Any]) -> None:
        self.world.file = copy.deepcopy(file)
        self.copies = [*self.copies[:1], *self.copies[1:][-6:], copy.deepcopy(file)]


@pytest.mark.slow
def test_once_cut_a_session_from_before_or_during_the_incident_never_invokes_again() -> None:
    Sequences.judge = Judge()
    try:
        run_state_machine_as_test(
            Sequences,
            settings=settings(
                max_examples=fewer(EXAMPLES),
                stateful_step_count=STEPS_EACH,
                deadline=None,
                phases=[Phase.explicit, Phase.reuse, Phase.generate],
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
            ),
        )
    finally:
        Sequences.judge.close()
