"""A cut on one role or on many, side by side: AWS alone is asked, and who does it is asked at the same time."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.cutting.lenient import Known
from cli.live import aws
from cli.live.emergency import Emergency, NoRoleError, deny
from cli.terminal.errors import CommandError
from rollout import names

AT_ONCE = 16


@dataclass(frozen=True)
class Caller:
    """Whose credentials they are, by ARN, and of which account."""

    arn: str
    account: str


@dataclass(frozen=True)
class Place:
    """One role to put a Deny on. `accounts`: those that the stack may be in; empty where nobody knows."""

    cohort: str
    clients: aws.Clients
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Done:
    """`put`: what IAM shows now, with where. `absent`: roles that are not there. `failed`: why, a line each."""

    put: tuple[tuple[Place, Emergency], ...]
    absent: tuple[str, ...]
    failed: tuple[str, ...]
    callers: tuple[Caller, ...]

    @property
    def emergencies(self) -> list[Emergency]:
        return [each for _, each in self.put]

    @property
    def doubts(self) -> list[str]:
        """Accounts that are not those of the stack: its own role has no Deny then."""
        accounts = {caller.account for caller in self.callers}
        expected = frozenset[str]().union(*(place.accounts for place, _ in self.put))
        wrong = sorted(accounts - expected) if expected and len(accounts) == 1 else []
        return [
            f"these credentials are of account {account}, and the stack is in {', '.join(sorted(expected))}: "
            "what is denied is denied in the former; sign in to the other and repeat"
            for account in wrong
        ]


def places(known: Iterable[Known], cohorts: Sequence[str]) -> list[Place]:
    """`cohorts`: those that were named; without any, all that the files know. The same role is asked for once."""
    files = list(known)
    made: dict[str | None, aws.Clients] = {}
    found: dict[tuple[str | None, str], Place] = {}
    for file in files or [Known(stack="", cohorts=())]:
        profile = file.config.get("aws:profile") or None
        if profile not in made:
            made[profile] = _clients(file)
        accounts = accounts_of(file) if len(files) == 1 else frozenset[str]()
        for cohort in cohorts or file.cohorts:
            found.setdefault((profile, cohort), Place(cohort, made[profile], accounts))
    return list(found.values())


def accounts_of(file: Known) -> frozenset[str]:
    """Those that the stack may be in; none where the file does not tell, since a mistake there keeps nobody from a
    cut."""
    with contextlib.suppress(ValueError, TypeError):
        return frozenset(aws.expected_accounts(file.config, {}))
    return frozenset()


def _clients(file: Known) -> aws.Clients:
    """By the stack file's profile, where this machine has it; else by the credentials at hand: somebody is on call."""
    try:
        return aws.clients(file.config)
    except BotoCoreError:
        return aws.clients({key: value for key, value in file.config.items() if key != "aws:profile"})


def cut(where: Sequence[Place], subject: str | None, session_names: Collection[str], now: datetime) -> Done:
    """On all of them, whatever one of them says. CommandError where not one Deny is in force: why, a line each."""
    every = list(dict.fromkeys(place.clients for place in where))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        asked = [(place, threads.submit(_outcome, place, subject, session_names, now)) for place in where]
        # Begun after the Denies, so that it costs them nothing.
        said = [threads.submit(_caller, clients) for clients in every]
        outcomes = [(place, answer.result()) for place, answer in asked]
        callers = [answer.result() for answer in said]
    done = Done(
        put=tuple((place, found) for place, found in outcomes if isinstance(found, Emergency)),
        absent=tuple(names.role(place.cohort) for place, found in outcomes if isinstance(found, NoRoleError)),
        failed=tuple(
            str(found)
            for _, found in outcomes
            if isinstance(found, CommandError) and not isinstance(found, NoRoleError)
        ),
        callers=tuple(dict.fromkeys(filter(None, callers))),
    )
    if not done.put:
        raise CommandError("\n".join(["nothing was denied", *done.failed, *_nowhere(done.absent, done.callers)]))
    return done


def _nowhere(roles: Sequence[str], callers: Sequence[Caller]) -> list[str]:
    where = " and ".join(f"account {caller.account}" for caller in callers) or "the account of these credentials"
    return [f"not there, in {where}: {', '.join(sorted(set(roles)))}"] if roles else []


def _outcome(
    place: Place, subject: str | None, session_names: Collection[str], now: datetime
) -> Emergency | CommandError:
    try:
        return deny(place.clients, place.cohort, subject, session_names, now)
    except CommandError as error:
        return error


def _caller(clients: aws.Clients) -> Caller | None:
    """None where AWS does not tell: a Deny does not wait for it."""
    try:
        said: dict[str, Any] = clients("sts").get_caller_identity()
    except (BotoCoreError, ClientError):
        return None
    return Caller(str(said["Arn"]), str(said["Account"]))
