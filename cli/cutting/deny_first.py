"""The first step of a cut, by AWS alone: a Deny in IAM before lock, stack file, engine, Okta or Jamf Pro are asked; and
when it may be lifted again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from cli.cutting.lenient import Known, known_of
from cli.live import aws
from cli.live.also_called import also_called
from cli.live.asking import why
from cli.live.aws import Clients
from cli.live.emergency import Emergency, NoRoleError, RoleState, deny, emergencies, lift, role_state
from cli.terminal.errors import CommandError
from rollout.access.emergency import grown, spellings
from rollout.levels import Level
from rollout.names import MACHINE

# Of a user (Okta's API reference; 20 characters).
OKTA_ID = re.compile(r"00u[A-Za-z0-9]{17}")


@dataclass(frozen=True)
class Subject:
    """Whose access it is about: a cohort's, or that of its member `email` alone."""

    stack: str
    cohort: str
    email: str | None

    @property
    def name(self) -> str:
        return self.email or self.cohort

    @property
    def words(self) -> str:
        return self.email or f"cohort {self.cohort}"

    @property
    def resume_line(self) -> str:
        member = f" --member {self.email}" if self.email else ""
        return f"rollout set-level -s {self.stack} {self.cohort} active{member}"


def iam_of(path: Path) -> Clients:
    """AWS as the stack file has it, as far as that can be read. CommandError where the credentials are of an account
    that the file does not allow, or cannot be used."""
    config = _known(path).config
    try:
        made = aws.clients(config)
        if expected := aws.expected_accounts(config, {}):
            aws.checked_account(made, expected)
    except CommandError:
        raise
    except Exception as error:  # of boto3 there are many
        raise CommandError(f"AWS cannot be asked: {why(error)}") from None
    return made


def put(console: Console, path: Path, subject: Subject) -> Emergency | None:
    """The Deny, in force, or None and a loud word of why there is none: the file's own comes all the same."""
    try:
        clients, wanted = iam_of(path), spellings(subject.email) if subject.email else []
        found = deny(clients, subject.cohort, subject.email, wanted, datetime.now(UTC))
    except NoRoleError as error:
        console.print(f"nothing to deny in IAM: {error}", markup=False)
        return None
    except CommandError as error:
        console.print("[bold red]NOT in force in IAM[/bold red]:", end=" ")
        console.print(str(error), markup=False)
        console.print("going on with the update, which puts the stack file's own Deny")
        return None
    console.print("[green]in force in IAM[/green]", end=" ")
    console.print(f"{_since(found)}: everything is denied to {subject.words}", markup=False)
    return _grown(console, path, clients, subject, found)


def _grown(console: Console, path: Path, clients: Clients, subject: Subject, found: Emergency) -> Emergency:
    """With every other name by which this person's sessions may be called, as the stack and Okta tell within seconds.
    What is in force already does not wait for it."""
    if not subject.email:
        return found
    more, silent = called(path, subject.email)
    for line in silent:
        console.print(f"not known by which other names {subject.email} signs in: {line}", markup=False)
    added = sorted(more - set(found.names))
    if not added:
        return found
    try:
        found = deny(clients, subject.cohort, subject.email, [*found.names, *added], datetime.now(UTC))
    except CommandError as error:
        console.print(f"[bold red]NOT in force in IAM[/bold red] for sessions called {', '.join(added)}: ", end="")
        console.print(str(error), markup=False)
        return found
    console.print(f"and to sessions called {', '.join(added)}", markup=False)
    return found


def called(path: Path, email: str) -> tuple[set[str], list[str]]:
    """Names of a person's sessions besides the address, and who did not tell any, a line each. A machine has no other:
    its role's trust policy has that one alone."""
    if MACHINE.fullmatch(email):
        return set(), []
    known = _known(path)
    said = also_called(path.parent, [known.stack], known.okta_domain, email)
    more = grown([], (name for each in said for name in each.names))
    return {*more} - {email}, [f"{each.source}: {each.why}" for each in said if each.why]


def _known(path: Path) -> Known:
    """As far as it can be read."""
    stack = path.stem.removeprefix("Pulumi.")
    try:
        return known_of(path.parent, stack)
    except CommandError:
        return Known(stack=stack, cohorts=())


def own(found: Iterable[Emergency], subject: Subject, names: Collection[str] = ()) -> list[Emergency]:
    """Of these, the subject's. `names`: by which a person's sessions are called besides; somebody may have cut one."""
    if subject.email is None:
        return [each for each in found if each.subject is None]
    wanted = {subject.email.lower(), *(name.lower() for name in names)}
    return [each for each in found if each.subject is not None and wanted & {each.subject, *map(str.lower, each.names)}]


def seen(path: Path, subject: Subject) -> list[Emergency] | None:
    """The subject's that IAM holds now; None where it does not tell. `rollout cut` denies a person on the role of each
    cohort that they may be in, so of a person all roles are looked at."""
    cohorts = dict.fromkeys([subject.cohort, *(_known(path).cohorts if subject.email else ())])
    try:
        clients = iam_of(path)
        found = [each for cohort in cohorts for each in emergencies(clients, cohort)]
    except CommandError:
        return None
    single = any(each.subject for each in found)
    return own(found, subject, called(path, subject.email)[0] if subject.email and single else ())


def state_of(path: Path, cohort: str) -> RoleState | str:
    """What IAM has in force; why not, in a line, where it does not tell."""
    try:
        return role_state(iam_of(path), cohort)
    except CommandError as error:
        return str(error)


def lifted(console: Console, path: Path, subject: Subject, found: list[Emergency], because: str) -> bool:
    """Take these away, each seen to be gone; whether all of them are."""
    try:
        clients = iam_of(path)
        for each in found:
            lift(clients, each)
            console.print(f"lifted in IAM: the emergency Deny on {subject.words}; {because}", markup=False)
    except CommandError as error:
        console.print("[red]not lifted[/red]: ", end="")
        console.print(str(error), markup=False)
        return False
    return True


def holds(state: RoleState, subject: Subject, level: Level, found: Iterable[Emergency]) -> bool:
    """Whether IAM itself, without the emergency Deny, takes what a level at or above `suspended` takes: from a person,
    under every name that sessions have and the emergency Deny knows, so that lifting it loses nothing."""
    if not state.exists:
        return True
    if subject.email is None:
        return state.suspended and level is not Level.ROLLED_BACK
    denied = {*spellings(subject.email), *(name for each in found for name in each.names)}
    return state.suspended or _of_sessions(denied, state.denied_names) <= state.denied_names


def _of_sessions(names: set[str], denied: Collection[str]) -> set[str]:
    """Under `federation: saml` sessions are called by a login, under `oidc` by Okta's id, and never by both; a cut has
    both, since it asks no file. Which it is, the stack file's own Deny tells: it has ids, or none."""
    ids = {name for name in names if OKTA_ID.fullmatch(name)}
    has_ids = any(OKTA_ID.fullmatch(name) for name in denied)
    return (ids or names) if has_ids else (names - ids or names)


def stays(console: Console, subject: Subject, found: Emergency) -> None:
    """What somebody is told whose command ends before the file has a Deny of its own."""
    console.print("[green]in force in IAM[/green]", end=" ")
    console.print(f"{_since(found)}: everything is denied to {subject.words}, and stays denied", markup=False)
    console.print(f"the same command goes on from here; to give access back: `{subject.resume_line}`", markup=False)


def _since(found: Emergency) -> str:
    return f"since {found.since:%H:%M:%S} UTC" if found.since else "already"
