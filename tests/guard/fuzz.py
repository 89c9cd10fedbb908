"""Compositions of git commands and of what moves files, from a seed, each on real git before the real hook.

`python -m tests.guard.fuzz [how many] [first seed]` prints what came of them: none may bring the planted key into history,
or onto the remote, unseen. Of every tenth a twin is run that has the key only where it is none of the line's business.
"""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TextIO

from commit_guard import changes, commands, hook, kinds, scanners

from tests.guard.compositions import composition
from tests.guard.trial import CLEAN, SETUPS, Outcome, Template, Trial

READ = (changes, commands, kinds, scanners)  # before a fork, not in each
TWINS = 10
SHOWN_EVERY = 250


@dataclass(frozen=True)
class Result:
    seed: int
    setup: str
    line: str
    verdict: str  # stopped, told, silent
    brought: tuple[str, ...]
    twin: str  # the same, and `false` for a stop where nothing came of it; empty where there is none


@cache
def _template() -> Template:
    """One for each process."""
    return Template(Path(mkdtemp(prefix="fuzz-", dir=_ROOT[0]), "world"))


_ROOT: list[str] = []


def _began(root: str) -> None:
    _ROOT.append(root)


def tried(seed: int) -> Result:
    setup, line = composition(seed)
    with TemporaryDirectory(prefix="trial-", dir=_ROOT[0]) as folder:
        trial = _template().trial(setup, Path(folder, "home"))
        answer = _answer(trial, line)
        # What is seen need not be run; of some it is, to know how many compositions do anything.
        brought = trial.run(line, answer).brought if not answer.seen or not seed % TWINS else ()
    twin = ""
    if not seed % TWINS:
        with TemporaryDirectory(prefix="twin-", dir=_ROOT[0]) as folder:
            trial = _template().trial(_harmless(setup, line), Path(folder, "home"))
            outcome = trial.run(line, _answer(trial, line))
            twin = "told" if outcome.told else "silent"
            if outcome.stopped:
                twin = "stopped" if outcome.brought else "false"
    return Result(
        seed, setup, line, "stopped" if answer.stopped else "told" if answer.told else "silent", brought, twin
    )


def _answer(trial: Trial, line: str) -> Outcome:
    """As the hook gives it, in a fork of a process that has read the guard's modules already."""
    said, ours = os.pipe()
    child = os.fork()
    if child == 0:
        code = 3
        try:
            os.environ.clear()
            os.environ.update({name: value for name, value in trial.environment.items() if name != "KEY"})
            os.chdir(trial.home)
            os.dup2(ours, 1)
            os.dup2(ours, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            sys.stdin = io.TextIOWrapper(io.BytesIO(trial.event(line)))
            hook.configuration = lambda: {"on_failure": "open"}
            code = hook.main()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(ours)
    with os.fdopen(said, "rb") as pipe:
        text = pipe.read().decode(errors="replace")
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in {0, 2}:
        raise RuntimeError(f"{line}: {code}: {text}")
    return Outcome(code == 2, "did not look" in text, (), text)


def _harmless(setup: str, line: str) -> str:
    """The same world with a text that is no key; the key is in what is published already, and in an ignored file where the
    line adds none of those by force."""
    decoys = f"{SETUPS['committed']} && git rm -q f.txt && git commit -qm g && git commit -q --allow-empty -m h "
    decoys += "&& git commit -q --allow-empty -m i && git push -q && git branch -f topic"
    ignored = "true" if " -f " in line or ".gitignore" in line else 'echo "$KEY" > own.log'
    return f"{decoys} && {ignored} && KEY={CLEAN} && {SETUPS[setup]}"


def run(seeds: Iterable[int], processes: int = 2, *, shown: TextIO | None = None) -> list[Result]:
    """`shown`: gets a report of what is done so far, each time that `SHOWN_EVERY` more are."""
    with (
        TemporaryDirectory(prefix="fuzz-") as root,
        ProcessPoolExecutor(processes, initializer=_began, initargs=(root,)) as pool,
    ):
        results: list[Result] = []
        for result in pool.map(tried, seeds, chunksize=10):
            results.append(result)
            if shown and not len(results) % SHOWN_EVERY:
                shown.write(report(results) + "\n\n")
                shown.flush()
        return results


def unseen(results: list[Result]) -> list[Result]:
    return [one for one in results if one.verdict == "silent" and one.brought]


def report(results: list[Result]) -> str:
    verdicts, twins = Counter(one.verdict for one in results), Counter(one.twin for one in results if one.twin)
    sampled = [one for one in results if not one.seed % TWINS]
    lines = [
        f"{len(results)} compositions: {dict(verdicts)}; {len(unseen(results))} brought the key unseen",
        f"of {len(sampled)} that were all run, {sum(bool(one.brought) for one in sampled)} bring the key",
        f"{twins.total()} harmless twins: {dict(twins)}",
    ]
    lines += [f"UNSEEN {one.seed} ({one.setup}): {one.line!r} {one.brought}" for one in unseen(results)]
    lines += [f"FALSE {one.seed} ({one.setup}): {one.line!r}" for one in results if one.twin == "false"]
    return "\n".join(lines)


if __name__ == "__main__":
    count, first = [*map(int, sys.argv[1:]), *(5_000, 1)[len(sys.argv) - 1 :]][:2]
    done = run(range(first, first + count), shown=sys.stdout)
    sys.stdout.write(report(done) + "\n")
    sys.exit(bool(unseen(done)))
