"""A cohort, or one member, brought to a level: Deny in IAM first where access is cut, then file, update and verdict."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.commands.incidents import require_known
from cli.cutting import deny_first
from cli.cutting.deny_first import Subject
from cli.cutting.verification import Verdict, verdict
from cli.live import engine as engine_state
from cli.live.asking import Unreachable, asked
from cli.live.emergency import Emergency, RoleState
from cli.live.okta_groups import people_in_groups
from cli.live.remaining import engine, remaining
from cli.stack_file import edits
from cli.stack_file.change import change_stack_file, require_writable, write_if_unchanged
from cli.stack_file.file_lock import locked
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from cli.terminal.ask import confirmed, require_somebody
from cli.terminal.progress import Progress
from cli.terminal.stopwatch import Stopwatch
from cli.terminal.text import text_of
from rollout.incidents.cut_record import Record
from rollout.levels import Level
from rollout.review.engine_plan import Plan

# IAM shows a change to whoever reads within seconds (IAM user guide, eventual consistency).
LOOKS, PAUSE_SECONDS = 5, 1.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How it ended. `left`: what the engine still found to do when it had asked everybody; None where it could not.
    `first`: the emergency Deny that it began with. Seconds without those in which somebody was asked something."""

    level: Level
    path: Path
    verdict: Verdict
    left: Plan | None
    update_seconds: float
    seconds: float
    first: Emergency | None = None
    first_seconds: float | None = None

    @property
    def is_done(self) -> bool:
        return self.verdict.is_done

    @property
    def figures(self) -> dict[str, object]:
        """For programs."""
        found = self.verdict
        return {
            "level": self.level.value,
            "verified": self.is_done,
            "denied_since": self.first.since if self.first else None,
            "in_force": list(found.in_force),
            "not_in_force": list(found.missing),
            "not_known": list(found.unknown),
            "update_seconds": round(self.update_seconds, 1),
            "seconds": round(self.seconds, 1),
            "allowed_minutes": self.level.effects.minutes,
        }


def bring(
    console: Console,
    stack: str,
    cohort: str,
    email: str | None,
    level: Level,
    incident: Mapping[str, Any],
    yes: bool,
) -> Outcome:
    """Deny where access is cut; preview and ask unless `yes`; write, update, and ask everybody whether it is so.

    `incident` as the stack file has it; empty keeps the file's own. The engine's progress goes where `console` writes.
    CommandError where refused: what was denied by then stays so, and is said.
    """
    watch, subject = Stopwatch(), Subject(stack, cohort, email)
    path = stack_path(Path.cwd(), stack)
    cuts = level.is_cut
    if not yes:
        require_somebody()
    if cuts:
        with watch.stopped():
            confirmed(f"Deny everything to {subject.words} in IAM now, and bring it to {level}?", yes)
    first = deny_first.put(console, path, subject) if cuts else None
    first_seconds = watch.seconds if first else None
    try:
        with locked(path.parent, say=lambda text: console.print(text, markup=False)) as waited:
            if waited and cuts:  # whoever had the lock may have lifted it
                first = deny_first.put(console, path, subject)
            made = _Change(console, path, subject, level, yes, watch, first).made(incident)
        return replace(made, first_seconds=first_seconds)
    except BaseException:
        if first:
            deny_first.stays(console, subject, first)
        raise


@dataclass(frozen=True)
class _Change:
    """With the lock: nobody else of this folder writes until it is verified."""

    console: Console
    path: Path
    subject: Subject
    level: Level
    yes: bool
    watch: Stopwatch
    first: Emergency | None

    def made(self, incident: Mapping[str, Any]) -> Outcome:
        known = [] if self.first else deny_first.seen(self.path, self.subject)
        record = asked("stack outputs", engine_state.cut_record, self.path.parent, self.subject.stack)
        lets_in = not self.level.is_cut
        text = self._written(incident, record, cut=lets_in and (bool(known) or self._is_cut_on(record)))
        updated = time.monotonic()
        stack, aside = self.subject.stack, self.console.stderr
        try:
            code = engine("up", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs", aside=aside)
            update_seconds = time.monotonic() - updated
            found, left = self._judged(text, code, known or [])
        except KeyboardInterrupt:
            self.console.print(
                f"[red]stopped[/red]: {self.path.name} says {self.level}, and of the update is done what the engine "
                "printed"
            )
            raise
        return Outcome(
            level=self.level,
            path=self.path,
            verdict=found,
            left=left,
            update_seconds=update_seconds,
            seconds=self.watch.seconds,
            first=self.first,
        )

    def _is_cut_on(self, record: Record | Unreachable) -> bool:
        """Whether the stack has them cut, whatever this copy of the file knows: who brings them to `active` says that
        it is over. Who brings them to a level between may not know that it would give access back."""
        subject = self.subject
        if self.level is not Level.ACTIVE or isinstance(record, Unreachable) or subject.cohort not in record.cohorts:
            return False
        cohort = record.cohorts[subject.cohort]
        known = cohort if subject.email is None else cohort.people.get(subject.email)
        if known is None or not known.is_cut:
            return False
        said = f" by {known.incident}" if known.incident else ""
        self.console.print(f"the stack has {subject.words} at {known.level}{said}; this ends it", markup=False)
        return True

    def _written(self, incident: Mapping[str, Any], record: Record | Unreachable, *, cut: bool) -> str:
        """The stack file's new text. `cut`: IAM has an emergency Deny of the subject, whatever the file said so far."""
        subject, name = self.subject, self.path.name
        require_writable(self.path)
        before = text_of(self.path)
        shown, text, rollout = change_stack_file(
            self.path,
            lambda document: edits.set_level(document, subject.cohort, subject.email, self.level, incident, cut=cut),
        )
        self.console.print(shown or f"{name} says so already", end="\n" if not shown else "", markup=False)
        if unasked := require_known(record, rollout):
            self.console.print(unasked, markup=False)
        if not self.yes:
            if self._preview(text):
                self.console.print(
                    "[red]the preview failed[/red]: see above; an update does what it can, and says what it cannot"
                )
            question = (
                f"Write {name} and update?"
                if self.level.is_cut
                else f"Bring {subject.name} of stack {subject.stack} to {self.level}?"
            )
            with self.watch.stopped():
                confirmed(question, self.yes)
        write_if_unchanged(self.path, before, text)
        return text

    def _preview(self, text: str) -> int:
        """Of a copy, so that whatever ends this before the answer leaves the stack file as it was. The engine's exit
        code: that it cannot preview, while Okta is away say, must not keep anybody from a suspension."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / self.path.name
            copy.write_text(text, encoding="utf-8", newline="")
            of_copy = ("--stack", self.subject.stack, "--config-file", str(copy), "--suppress-outputs")
            return engine("preview", *of_copy, aside=self.console.stderr)

    def _judged(self, text: str, code: int, known: list[Emergency]) -> tuple[Verdict, Plan | None]:
        """The verdict, and what the engine still finds to do. The emergency Deny goes where the file's own is in IAM,
        or where all is as a resume has it; `known`: of the subject, as of before the update."""
        with Progress(self.console, "asking IAM, Okta and all else whether it is so") as progress:
            left = remaining(self.subject.stack, progress.told)
            state = self._state()
        in_okta = self._in_okta() if code or left is None or left.is_refused else None
        subject = self.subject
        found = verdict(self.path, text, subject, self.level, code, state, left, in_okta=in_okta, since=self.first)
        if self.first and found.iam_holds and found.file_says_so:
            # The names of the emergency Deny are within the file's own: `Verdict.iam_holds`.
            held = [] if isinstance(state, str) else deny_first.own(state.emergencies, subject, self.first.names)
            if not deny_first.lifted(self.console, self.path, subject, held, "IAM holds the stack file's own"):
                found = found.with_missing("IAM: the emergency Deny could not be lifted")
        if not self.level.is_cut and isinstance(state, RoleState):
            found = self._resumed(found, state, known)
        return found, left

    def _resumed(self, found: Verdict, state: RoleState, known: list[Emergency]) -> Verdict:
        """What was there before the update goes once that is verified; what is new, or has grown since, is somebody
        else's, who was told that it is in force."""
        subject, now = self.subject, deny_first.own(state.emergencies, self.subject)
        there = [*state.emergencies, *self._on_other_roles(known)]
        now += [each for each in known if each in there and each not in now]
        if any(each not in known for each in now):
            return found.with_missing(f"IAM: everything is still denied to {subject.words}, by a cut since this began")
        if now and not found.is_done:
            return found.with_missing(f"IAM: everything is still denied to {subject.words}, until all else is verified")
        if now and not deny_first.lifted(self.console, self.path, subject, now, f"{self.level} is verified"):
            return found.with_missing("IAM: the emergency Deny could not be lifted")
        if not now:
            return found
        words = f"IAM: {subject.words} may invoke what {self.level} leaves"
        return found if words in found.in_force else replace(found, in_force=(words, *found.in_force))

    def _on_other_roles(self, known: list[Emergency]) -> list[Emergency]:
        """A person's that were on roles of other cohorts before, and are there still; where IAM does not tell, all."""
        others = [each for each in known if each.cohort != self.subject.cohort]
        held = deny_first.seen(self.path, self.subject) if others else []
        return others if held is None else [each for each in others if each in held]

    def _state(self) -> RoleState | str:
        """Looked at again while IAM may not show yet what the engine has changed."""
        found = deny_first.state_of(self.path, self.subject.cohort)
        for _ in range(LOOKS):
            if isinstance(found, str) or self._is_as_asked(found):
                break
            time.sleep(PAUSE_SECONDS)
            found = deny_first.state_of(self.path, self.subject.cohort)
        return found

    def _is_as_asked(self, found: RoleState) -> bool:
        if self.level.is_cut:
            return deny_first.holds(found, self.subject, self.level, [self.first] if self.first else [])
        return self.level is Level.PLANNED or found.allows

    def _in_okta(self) -> int | None:
        """People in the cohort's group, where Okta tells."""

        def ask() -> int | None:
            rollout, _ = with_config(self.path)
            account = str(deny_first.iam_of(self.path)("sts").get_caller_identity()["Account"])
            cohort = self.subject.cohort
            if cohort not in rollout.of_people:
                return None
            return people_in_groups(rollout.okta.domain, os.environ, account, [cohort])[cohort]

        found = asked("Okta", ask)
        return None if isinstance(found, Unreachable) else found
