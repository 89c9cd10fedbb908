"""The first step of a cut, by AWS alone: a Deny in IAM before lock, stack file, engine, Okta or Jamf Pro are asked; and
when it may be lifted again."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.errors import CommandError
from cli.files import config_of
from cli.live import aws
from cli.live.asking import Unreachable, why
from cli.live.aws import Clients
from cli.live.emergency import Emergency, NoRoleError, RoleState, deny, emergencies, lift, role_state
from cli.live.okta_groups import session_name_in_okta
from rollout.emergency import spellings
from rollout.levels import Level
from rollout.words import StackFileError


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
    config = _config(path)
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
    """With the name that Okta signs this person's sessions by, where that is another than the address, and where Okta
    answers at once. What is in force already does not wait for it."""
    if not subject.email:
        return found
    name = session_name_in_okta(_config(path), subject.email, os.environ)
    if isinstance(name, Unreachable):
        console.print(f"not asked: by which name Okta signs {subject.email}'s sessions; {name.why}", markup=False)
        return found
    if name is None or name in found.names:
        return found
    try:
        found = deny(clients, subject.cohort, subject.email, [*found.names, name], datetime.now(UTC))
    except CommandError as error:
        console.print(f"[bold red]NOT in force in IAM[/bold red] for sessions called {name}: ", end="")
        console.print(str(error), markup=False)
        return found
    console.print(f"and to sessions called {name}, as Okta signs them", markup=False)
    return found


def _config(path: Path) -> Mapping[str, Any]:
    """As far as it can be read."""
    with contextlib.suppress(CommandError, StackFileError):
        return config_of(path)
    return {}


def own(found: list[Emergency] | tuple[Emergency, ...], subject: Subject) -> list[Emergency]:
    """Of these, the subject's."""
    wanted = subject.email.lower() if subject.email else None
    return [each for each in found if each.subject == wanted]


def seen(path: Path, subject: Subject) -> list[Emergency] | None:
    """The subject's that IAM holds now; None where it does not tell."""
    try:
        return own(emergencies(iam_of(path), subject.cohort), subject)
    except CommandError:
        return None


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


def holds(state: RoleState, subject: Subject, level: Level, found: Emergency | None) -> bool:
    """Whether IAM itself, without the emergency Deny, takes what a level at or above `suspended` takes: from a person,
    under every name that the emergency Deny has, so that lifting it loses nothing."""
    if not state.exists:
        return True
    if subject.email is None:
        return state.suspended and level is not Level.ROLLED_BACK
    return state.suspended or {*spellings(subject.email), *(found.names if found else ())} <= state.denied_names


def stays(console: Console, subject: Subject, found: Emergency) -> None:
    """What somebody is told whose command ends before the file has a Deny of its own."""
    console.print("[green]in force in IAM[/green]", end=" ")
    console.print(f"{_since(found)}: everything is denied to {subject.words}, and stays denied", markup=False)
    console.print(f"the same command goes on from here; to give access back: `{subject.resume_line}`", markup=False)


def _since(found: Emergency) -> str:
    return f"since {found.since:%H:%M:%S} UTC" if found.since else "already"
