"""`rollout cut`: deny first, by AWS alone. Asks nothing; needs no engine, Okta, Jamf Pro, state, lock or valid file.

What takes time comes after the Deny is in force: how else the person's sessions may be called.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cli.cutting.cutting import Done, Place, cut, places
from cli.cutting.lenient import Known, known_here, known_of, mentioned
from cli.cutting.next_step import called, lines, stacks_of
from cli.live.emergency import Emergency, emergencies, lift
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from rollout import names
from rollout.access import emergency

PARTLY_DONE = 3
# The longest that a session may last (`components.identity.access`, `session_minutes`).
LONGEST_SESSION = timedelta(minutes=60)


@dataclass
class Told:
    """What is said, at once where a person reads, and as one document at the end where a program does."""

    as_json: bool
    document: dict[str, Any] = field(default_factory=dict[str, Any])

    def line(self, text: str) -> None:
        if self.as_json:
            self.document.setdefault("said", []).append(text)
        else:
            print(text, flush=True)


@dataclass(frozen=True)
class Subject:
    """Whom it is about. `person`: None for everybody of the one cohort. `spellings`: what their sessions may be called,
    as far as what was typed tells."""

    typed: str
    person: str | None
    spellings: tuple[str, ...]
    where: tuple[Place, ...]
    known: tuple[Known, ...]


def run(typed: str, stack: str | None, cohorts: Sequence[str], incident: str | None, as_json: bool) -> int:
    """The exit code: 0 in force on every role that is there, 3 on some. CommandError where on none."""
    subject, told = _subject(Path.cwd(), typed, stack, cohorts), Told(as_json)
    done = _cut(subject, subject.spellings)
    _report(subject, done, told)
    code = PARTLY_DONE if done.failed or done.doubts else 0
    if subject.person and not _is_machine(subject.typed) and not _grow(subject, done, told):
        code = PARTLY_DONE
    _next(subject, stack, incident, done, told)
    if as_json:
        print_json({**told.document, "incident": incident})
    return code


def run_lift(typed: str, stack: str | None, cohorts: Sequence[str], as_json: bool) -> int:
    """Take a Deny away that `set-level` cannot lift: of a name that is in no stack file, once every session of theirs
    has ended. CommandError for any other."""
    subject, told = _subject(Path.cwd(), typed, stack, cohorts), Told(as_json)
    wanted = names.cut_policy(subject.person)
    found = [
        (place, each)
        for place in subject.where
        for each in emergencies(place.clients, place.cohort)
        if each.policy == wanted
    ]
    if not found:
        raise CommandError(f"nothing to lift: IAM holds no {wanted} on {_roles(subject.where)}")
    _require_no_member(Path.cwd(), stack, subject, [each for _, each in found])
    _require_old([each for _, each in found])
    for place, each in found:
        lift(place.clients, each)
        told.line(f"lifted, and gone from IAM: {each.policy} of role {names.role(each.cohort)}")
    if as_json:
        print_json({**told.document, "lifted": [_entry(each) for _, each in found]})
    return 0


def _subject(project: Path, typed: str, stack: str | None, cohorts: Sequence[str]) -> Subject:
    """A name with an @, or with `--cohort`, is a person's; one with a hyphen a machine's; any other a cohort's, which
    needs no file."""
    typed = typed.strip()
    for cohort in cohorts:
        _require_cohort(cohort)
    known_names = {name for each in known_here(project) for name in each.cohorts} if cohorts else set[str]()
    if "@" not in typed and typed in {*cohorts, *known_names}:
        if set(cohorts) - {typed}:
            raise CommandError(f"{typed}: a cohort's name, and --cohort is for a person; `rollout cut {typed}` cuts it")
        cohorts = ()
    is_person = "@" in typed or bool(cohorts) or _is_machine(typed)
    if not is_person:
        _require_cohort(typed, " (a person's login without @ needs --cohort)")
        known = _files(project, stack) if stack else []
        return Subject(typed, None, (), tuple(places(known, [typed])), tuple(known))
    spellings = emergency.spellings(typed)
    if not spellings:
        raise CommandError(
            f"{typed}: no session can be called so (2 to 64 letters, digits and _+=,.@-); give the login that Okta "
            "signs, or cut the cohort"
        )
    known = [known_of(project, stack)] if stack and not cohorts else _files(project, stack)
    where = places(known, cohorts)
    if not where:
        raise CommandError(f"{typed}: no stack file here names a cohort; say which by --cohort, or cut the cohort")
    return Subject(typed, typed.lower(), tuple(spellings), tuple(where), tuple(known))


def _is_machine(typed: str) -> bool:
    """By its form, which no cohort's name has: no file is needed to tell."""
    return names.MACHINE.fullmatch(typed) is not None


def _files(project: Path, stack: str | None) -> list[Known]:
    """Where the cohort is named, a file is of use for its AWS profile alone: one that is not there is no mistake."""
    if not stack:
        return known_here(project)
    with contextlib.suppress(CommandError):
        return [known_of(project, stack)]
    return []


def _require_cohort(name: str, more: str = "") -> None:
    if not names.COHORT.fullmatch(name):
        raise CommandError(f"{name}: neither a person's address nor a machine's name nor a cohort's{more}")


def _cut(subject: Subject, session_names: Sequence[str]) -> Done:
    try:
        return cut(subject.where, subject.person, session_names, datetime.now(UTC))
    except CommandError as error:
        if subject.person:
            raise
        raise CommandError(f"{error}\n{_meant(subject)}") from None


def _meant(subject: Subject) -> str:
    """Somebody typed a name that is no cohort's. What is suggested is a cohort, never another person."""
    import difflib

    files = subject.known or known_here(Path.cwd())
    known = sorted({cohort for file in files for cohort in file.cohorts})
    close = difflib.get_close_matches(subject.typed, known, 1)
    said = f"did you mean {close[0]}? " if close else ""
    return f"{said}cohorts of the stack files here: {', '.join(known) or 'none'}; of a person's login, add --cohort"


def _report(subject: Subject, done: Done, told: Told) -> None:
    for each in done.emergencies:
        told.line(
            f"in force in IAM since {_time(each)}: role {names.role(each.cohort)} denies {_whom(each)} everything"
        )
    for caller in done.callers:
        told.line(f"by {caller.arn}, in account {caller.account}")
    for role in done.absent if subject.person else ():
        told.line(f"nothing to deny: there is no role {role}")
    for line in done.failed:
        told.line(f"NOT denied: {line}")
    for line in done.doubts:
        told.line(f"NOT SURE: {line}")
    told.document |= {
        "in_force": [_entry(each) for each in done.emergencies],
        "callers": [caller.arn for caller in done.callers],
        "absent": list(done.absent),
        "failed": [*done.failed, *done.doubts],
    }


def _grow(subject: Subject, done: Done, told: Told) -> bool:
    """Deny the person by every other name of theirs. False where a Deny could not be made larger."""
    from cli.live.also_called import also_called

    domain = next((file.okta_domain for file in subject.known if file.okta_domain), None)
    said = also_called(Path.cwd(), [file.stack for file in subject.known], domain, subject.spellings[-1])
    more = emergency.grown([], (name for each in said for name in each.names))
    added = sorted(set(more) - {name for each in done.emergencies for name in each.names})
    is_done = True
    if added:
        try:
            grown = cut(
                [place for place, _ in done.put], subject.person, (*subject.spellings, *more), datetime.now(UTC)
            )
        except CommandError as error:
            told.line(f"NOT denied by {', '.join(added)}: {error}")
            is_done = False
        else:
            for line in grown.failed:
                told.line(f"NOT denied by {', '.join(added)}: {line}")
            is_done = not grown.failed
            told.line(f"also in force for: {', '.join(map(called, added))}")
            told.document["in_force"] = [_entry(each) for each in grown.emergencies]
    silent = [f"{each.source}: {each.why}" for each in said if each.why]
    for line in silent:
        told.line(f"not known: {line}")
    if any(each.source == "Okta" and each.why for each in said):
        told.line(
            f"if their Okta login differs from {subject.typed}, cut the login too "
            "(`rollout cut LOGIN --cohort COHORT`), or cut the cohort"
        )
    if not more and not mentioned(Path.cwd(), list(subject.spellings)):
        told.line(
            f"CHECK THE SPELLING: nobody called {subject.typed} is in Okta's answer, a stack file or a roster here"
        )
    told.document |= {"added": added, "not_known": silent}
    return is_done


def _next(subject: Subject, stack: str | None, incident: str | None, done: Done, told: Told) -> None:
    cohorts = sorted({place.cohort for place, _ in done.put})
    stacks = [stack.rpartition("/")[2]] if stack else []
    if not stacks:
        accounts = {caller.account for caller in done.callers}
        stacks = stacks_of(subject.known or known_here(Path.cwd()), cohorts, accounts)
    for line in lines(subject.person, stacks, cohorts, incident):
        told.line(line)


def _require_no_member(project: Path, stack: str | None, subject: Subject, found: Sequence[Emergency]) -> None:
    """By the stack files, which must be readable for once: a member of a cohort whose role holds the Deny is given
    access back by `set-level`. Who is a member elsewhere can have no session of this role any more."""
    from cli.live.engine import cut_record
    from cli.stack_file.files import rollout_of
    from cli.stack_file.listing import stack_path, stacks

    held = {each.cohort for each in found}
    denied = {name.lower() for each in found for name in (each.subject or "", *each.names)} | {subject.typed.lower()}
    for name in [stack] if stack else stacks(project):
        rollout = rollout_of(stack_path(project, name), by_clock=False)
        if subject.person:
            members = {e: cohort for cohort, each in rollout.cohorts.items() if cohort in held for e in each.holders}
            recorded: set[str] = set()
            with contextlib.suppress(CommandError):
                record = cut_record(project, name)
                recorded.update(*map(record.called, denied))
            if own := sorted((denied | recorded) & members.keys()):
                raise CommandError(
                    f"{own[0]} is a member by Pulumi.{name}.yaml; give access back by `rollout set-level -s {name} "
                    f"{members[own[0]]} active --member {own[0]}`, or take them out of the file first"
                )
        elif subject.typed in rollout.cohorts:
            raise CommandError(
                f"{subject.typed} is a cohort of Pulumi.{name}.yaml; give access back by `rollout set-level -s {name} "
                f"{subject.typed} active`"
            )


def _require_old(found: Sequence[Emergency]) -> None:
    """A session from before the cut may live for an hour."""
    for each in found:
        if each.since is None:
            raise CommandError(f"{each.policy}: IAM does not say since when; `rollout cut` the same again, then wait")
        if (until := each.since + LONGEST_SESSION) > datetime.now(UTC):
            raise CommandError(
                f"{each.policy} of role {names.role(each.cohort)}: sessions from before it may live until "
                f"{until:%H:%M:%S} UTC; lift it then"
            )


def _entry(each: Emergency) -> Mapping[str, Any]:
    return {
        "cohort": each.cohort,
        "role": names.role(each.cohort),
        "policy": each.policy,
        "subject": each.subject,
        "names": list(each.names),
        "since": each.since.isoformat() if each.since else None,
    }


def _whom(each: Emergency) -> str:
    return f"sessions called {' or '.join(each.names)}" if each.names else "everybody"


def _time(each: Emergency) -> str:
    if each.since is None:
        return "a time that it does not say"
    is_today = each.since.date() == datetime.now(UTC).date()
    return f"{each.since:%H:%M:%S} UTC" if is_today else f"{each.since:%Y-%m-%d %H:%M:%S} UTC"


def _roles(where: Sequence[Place]) -> str:
    return ", ".join(sorted({names.role(place.cohort) for place in where}))
