"""One way of the table: what is typed on it, and what sessions may do after each step."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox import workspace
from tests.engine.cuts.judging import Session, Watch
from tests.engine.cuts.table import HOLDS, LIMIT, Row
from tests.engine.world import STACK, World
from tests.stacks import PROJECT

# Nothing listens there.
DEAD = "http://127.0.0.1:9"
OKTA_DEAD, OKTA_REFUSES = {"OKTA_HTTP_PROXY": DEAD}, {"OKTA_API_TOKEN": "expired"}
AWAY = ((OKTA_DEAD, "Okta away"), (OKTA_REFUSES, "Okta's token refused"))
# Said once in the sandbox's way, and of no use to a reader.
UNSHOWN = re.compile(r" (--yes|-s sandbox|--stack sandbox|--skip-preview|--reason \S+)")
Sessions = Sequence[Session | None]


@dataclass
class Way:
    """`who`: whose access was to be gone. `limit`: why a session may invoke all the same, where that is known."""

    watch: Watch
    title: str
    who: str
    typed: list[str] = field(default_factory=list[str])
    surprises: list[str] = field(default_factory=list[str])
    limit: str = ""
    before: Sessions = ()
    during: Sessions = ()

    def did(self, text: str) -> None:
        self.typed.append(text)

    def cut(self) -> None:
        """Nobody of this way may invoke now: asked again after each step."""
        for when, sessions in (("before", self.before), ("during", self.during)):
            for session in self.watch.alive(sessions):
                self.surprises.append(f"after {self.typed[-1]}: {session.name}, issued {when}, may invoke")

    def row(self, after: Sessions = (), *, may: bool = True, known: bool = False) -> Row:
        """`after`: sessions that began once access was given back, and whether they may invoke. `known`: that those of
        who is cut may, is the limit."""
        if not known:
            self.cut()
        living = self.watch.alive(after)
        wrong = [each for each in after if each and (each in living) != may]
        self.surprises += [f"{each.name}, issued after, {'may not' if may else 'may'} invoke" for each in wrong]
        if may and None in after:
            self.surprises.append("nobody can sign in after access was given back")
        verdict = f"**SURPRISE**: {'; '.join(self.surprises)}" if self.surprises else HOLDS
        return Row(
            self.title,
            tuple(self.typed),
            self.who,
            self._cell(self.before, dead=True),
            self._cell(self.during, dead=True),
            self._cell(after, dead=not may),
            f"{LIMIT}: {self.limit}" if self.limit and not self.surprises else verdict,
        )

    def _cell(self, sessions: Sessions, *, dead: bool) -> str:
        begun = [each for each in sessions if each]
        if not begun:
            return "no sign-in" if sessions else "-"
        said = "**ALLOWED**" if dead and self.watch.alive(begun) else "denied" if dead else "may"
        return f"{said} / ended"


def types(
    world: World,
    ways: Iterable[Way],
    line: str,
    *,
    ends: Iterable[int] | None = (0,),
    away: Mapping[str, str] | None = None,
    said: str = "",
) -> str:
    """One line, as people type it, for each of these ways; what it printed. `ends`: exit codes that are right; None for
    any but 0. `said`: what it must say, by one word of it at least."""
    ended = subprocess.run(
        argv(world, line),
        cwd=world.folder,
        env={**workspace.full_environment(world.settings), "PYTHONPATH": str(PROJECT), **(away or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        stdin=subprocess.DEVNULL,
    )
    printed = ended.stdout + ended.stderr
    assert "Traceback" not in printed, printed
    assert ended.returncode in ends if ends is not None else ended.returncode, f"{line}: {ended.returncode}\n{printed}"
    assert said in printed, f"{line}: not said: {said}\n{printed}"
    notes = [text for variables, text in AWAY if away == variables]
    notes += ["refused, nothing touched"] if "nothing was touched" in printed else []
    notes += ["ends with what is left to do"] if ended.returncode and "nothing was touched" not in printed else []
    note = f" ({', '.join(notes)})" if notes else ""
    for way in ways:
        way.did(f"`{UNSHOWN.sub('', line)}`{note}")
    return printed


def argv(world: World, line: str) -> list[str]:
    program, *words = line.split()
    if program == "rollout":
        return [sys.executable, "-m", "cli", *words]
    assert program == "pulumi"
    return [str(workspace.bin_folder(world.settings) / program), *words, "--non-interactive", "--color", "never"]


UP = f"pulumi up --stack {STACK} --yes --skip-preview"
