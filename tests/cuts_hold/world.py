"""A rollout in miniature: the project's own rules on one side, Okta, IAM and a clock of ours on the other.

What is ours here decides nothing about access: policies are the documents that the program makes, in the order in which
its components put them, and an IAM evaluator that others wrote says who may invoke.
"""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.stack_file import edits
from rollout import names
from rollout.access import emergency
from rollout.access.denies import cohort_stop, member_stops
from rollout.access.documents import invoke_policy
from rollout.account import Account
from rollout.incidents.cut_record import Record, read
from rollout.incidents.cut_rules import advance
from rollout.incidents.named_stops import named_stops
from rollout.incidents.stale_file import stale
from rollout.levels import Level
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.people import directory
from rollout.people.directory import Directory, Person
from rollout.stack_file.load import load
from rollout.update_order import Step, order
from tests import stacks
from tests.authority.evaluator import SCRIPT, Request

ACCOUNT = Account("123456789012", "us-east-1")
COHORTS = "claude-code-rollout:cohorts"
ACTION = "bedrock:InvokeModel"
# `components.identity.access.MAX_SESSION_SECONDS`; STS gives no longer one, and an ended one is nobody's.
LONGEST_SESSION = timedelta(hours=1)


@dataclass
class Session:
    """Of somebody in a cohort's role. `generation`: of that role; a role that was deleted takes its sessions along.
    `dead`: whoever holds it was said to be cut."""

    email: str
    name: str
    cohort: str
    generation: int
    issued: datetime
    dead: bool = False


@dataclass
class Role:
    """`own`: what updates put on it; `cuts`: what `rollout cut` did. By the policies' names."""

    generation: int
    own: dict[str, Any] = field(default_factory=dict[str, Any])
    cuts: dict[str, Any] = field(default_factory=dict[str, Any])


class KilledError(Exception):
    """An update that was ended half-way."""


class Judge:
    """The evaluator, kept running; each question once."""

    def __init__(self) -> None:
        self._node = subprocess.Popen(
            ["node", str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._known: dict[str, bool] = {}

    def allows(self, request: Request) -> bool:
        line = json.dumps(request.as_simulation(), sort_keys=True)
        if line not in self._known:
            assert self._node.stdin
            assert self._node.stdout
            self._node.stdin.write(line + "\n")
            self._node.stdin.flush()
            word = self._node.stdout.readline().strip()
            assert word in {"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"}, word
            self._known[line] = word == "Allowed"
        return self._known[line]

    def close(self) -> None:
        assert self._node.stdin
        assert self._node.stdout
        self._node.stdin.close()
        self._node.wait(timeout=120)
        self._node.stdout.close()


class World:
    """Everything but who is said to be cut, which a test keeps for itself."""

    def __init__(self, file: Mapping[str, Any], accounts: Mapping[str, list[Person]], now: datetime) -> None:
        self.now = now
        self.file: dict[str, Any] = copy.deepcopy(dict(file))
        self.accounts = dict(accounts)
        self.okta_answers = True
        self.record = Record()
        self.roles: dict[str, Role] = {}
        self.groups: dict[str, set[str]] = {}
        self.generation = 0

    def rollout(self, file: Mapping[str, Any]) -> Rollout | None:
        """None where the file is refused for what it says."""
        try:
            return load(stacks.config(copy.deepcopy(dict(file))), stacks.COMPANY, self.now)
        except StackFileError:
            return None

    def directory(self) -> Directory | None:
        everybody = [account for accounts in self.accounts.values() for account in accounts]
        return directory.by_email(everybody) if self.okta_answers else None

    def update(self, file: Mapping[str, Any], killed_after: int | None = None) -> Rollout | None:
        """`pulumi up`, as `__main__.py` does it; KilledError after so many steps. None where it was refused, untouched."""
        rollout = self.rollout(file)
        if rollout is None or stale(self.record, rollout):
            return None
        known = self.directory()
        if not rollout.incident_open and (known is None or directory.unknown_people(rollout, known)):
            return None
        called = directory.session_names(rollout, known) if known else None
        record = advance(self.record, rollout, called, self.now)
        for number, step in enumerate(self._steps(rollout, record, known)):
            if number == killed_after:
                raise KilledError
            step()
        return rollout

    def _steps(self, rollout: Rollout, record: Record, known: Directory | None) -> Iterator[Callable[[], object]]:
        """In the order of `rollout.update_order`, of whose steps those are here that decide who may invoke."""
        yield lambda: self._remember(record)
        for name, cohort in rollout.declared.items():
            if cohort.level.effects.role:
                yield lambda name=name: self._make(name)
                yield from self._denies(rollout, record, name)
        for name, cohort in rollout.declared.items():
            allowed = cohort.usable_models(rollout.throttle)
            if not allowed:
                yield lambda name=name: self._drop(name, names.INVOKE_POLICY)
            if known:
                found = directory.user_ids(cohort.signed_in, known)
                yield lambda name=name, found=found: self.groups.__setitem__(name, set(found.values()))
            if allowed:
                document = invoke_policy(
                    ACCOUNT, {label: rollout.models[label] for label in allowed}, _arns(name, allowed)
                )
                yield lambda name=name, document=document: self._put(name, names.INVOKE_POLICY, document)
        if known:  # without Okta the update ends with an error, and nothing is deleted after one
            for name in sorted(self.roles):
                if name not in rollout.declared or not rollout.declared[name].level.effects.role:
                    yield lambda name=name: (self.roles.pop(name), self.groups.pop(name, None))

    def _denies(self, rollout: Rollout, record: Record, name: str) -> Iterator[Callable[[], object]]:
        held = record.cohorts[name]
        throttled = rollout.throttle.model
        throttle = {throttled: rollout.models[throttled]} if throttled in rollout.cohorts[name].models else {}
        arns = _arns(name, rollout.cohorts[name].models)
        single = member_stops(held.stop_shards, named_stops(record, rollout, name), ACCOUNT, throttle, arns)
        kept = {names.member_stop_policy(name, n): each for n, each in enumerate(single, 1) if each}
        puts = [lambda p=policy, d=each: self._put(name, p, d) for policy, each in kept.items()]
        whole = cohort_stop(held)
        stop = (lambda: self._put(name, names.STOP_POLICY, whole)) if whole else None
        denies = {Step.COHORT_DENY: [stop] if stop else [], Step.MEMBER_DENIES: puts}
        for each in order(denies_everybody=held.denies_everybody):
            yield from denies.get(each.step, ())
        gone = [p for p in self.roles[name].own if "-stop-" in p and p not in kept] if name in self.roles else []
        yield from (lambda p=p: self._drop(name, p) for p in gone)
        if not whole:
            yield lambda: self._drop(name, names.STOP_POLICY)

    def _remember(self, record: Record) -> None:
        self.record = read(json.loads(json.dumps(record.document())))

    def _make(self, name: str) -> None:
        if name not in self.roles:
            self.generation += 1
            self.roles[name] = Role(self.generation)

    def _put(self, name: str, policy: str, document: Any) -> None:
        self.roles[name].own[policy] = document

    def _drop(self, name: str, policy: str) -> None:
        if name in self.roles:
            self.roles[name].own.pop(policy, None)

    def cut(self, cohort: str | None, person: Sequence[str]) -> list[str]:
        """`rollout cut`, by AWS alone: of a cohort's role, or of a person by these names on every role. The roles."""
        reached = [name for name in self.roles if cohort in {None, name}]
        for name in reached:
            policy = names.cut_policy(person[0] if person else None)
            self.roles[name].cuts[policy] = emergency.document(person or None, self.now)
        return reached

    def lift(self, cohort: str | None, called: Sequence[str]) -> None:
        for name, role in self.roles.items():
            if cohort in {None, name}:
                for policy in list(role.cuts):
                    if names.cut_subject(policy) in ({None} if not called else set(called)):
                        del role.cuts[policy]

    def set_level(self, cohort: str, member: str | None, level: Level, incident: str, cut: bool) -> dict[str, Any]:
        """The file as `rollout set-level` writes it."""
        made = _commented({"config": {COHORTS: copy.deepcopy(self.file["cohorts"])}})
        given = {"id": incident, "reason": "stolen"} if level.needs_incident else {}
        edits.set_level(made, cohort, member, level, given, cut=cut)
        after = {**self.file, "cohorts": json.loads(json.dumps(made["config"][COHORTS], default=str))}
        if logs := made["config"].get("claude-code-rollout:logs"):
            after["logs"] = json.loads(json.dumps(logs))
        return after

    def sign_in(self, account: Person, cohort: str) -> Session | None:
        """Okta lets in who is in the group, and signs the login."""
        living = account.status == directory.ACTIVE and self.okta_answers
        if not living or account.id not in self.groups.get(cohort, ()) or cohort not in self.roles:
            return None
        issued = self.now.replace(microsecond=0)
        return Session(account.email, account.login, cohort, self.roles[cohort].generation, issued)

    def may_invoke(self, judge: Judge, session: Session) -> bool:
        role = self.roles.get(session.cohort)
        if role is None or role.generation != session.generation or self.now > session.issued + LONGEST_SESSION:
            return False
        policies = {**role.own, **role.cuts}
        wanted = Request(
            f"arn:aws:sts::{ACCOUNT.id}:assumed-role/{names.role(session.cohort)}/{session.name}",
            ACTION,
            _arns(session.cohort, ["haiku"])["haiku"],
            {"aws:TokenIssueTime": session.issued.strftime("%Y-%m-%dT%H:%M:%SZ"), "aws:userid": f"AROA:{session.name}"},
            policies,
        )
        return judge.allows(wanted)

    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


def _arns(cohort: str, labels: Sequence[str]) -> dict[str, str]:
    return {label: ACCOUNT.bedrock(f"application-inference-profile/{cohort}{label:a>8}") for label in labels}


def _commented(value: Any) -> Any:
    from ruamel.yaml.comments import CommentedMap

    return CommentedMap({k: _commented(v) for k, v in value.items()}) if isinstance(value, dict) else value


def clock(world: World) -> type[datetime]:
    """`datetime` as the world's clock has it, for commands that ask the time themselves."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # noqa: ARG003
            return world.now.astimezone(UTC)

    return Clock
