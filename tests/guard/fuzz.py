"""Compositions of git commands and of what moves files, from a seed, each on real git before the real hook.

`python -m tests.guard.fuzz [how many] [first seed]` prints what came of them: none may bring the planted key into history,
or onto the remote, unseen. Of every tenth a twin is run that has the key only where it is none of the line's business.
"""

from __future__ import annotations

import io
import os
import random
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

from tests.guard.trial import CLEAN, SETUPS, Outcome, Template, Trial

READ = (changes, commands, kinds, scanners)  # before a fork, not in each

TWINS = 10
SHOWN_EVERY = 250
_SETUPS = [
    *(
        "untracked",
        "below",
        "unstaged",
        "unstaged below",
        "staged",
        "outside",
        "stash",
        "stash of new",
        "branch",
        "tagged",
    ),
    *("committed", "taken back", "patch", "message", "tag message", "commit message", "second", "fresh", "ignored"),
]
_FILES = ("k.txt", "sub/k.txt", "a.txt", "b.txt", "sub/s.txt", "f.txt", "../key.txt", "../message", "README.md")
_INSIDE = ("a.txt", "b.txt", "n.txt", "sub/s.txt", "sub/n.txt", "k.txt", "other/x.txt")
_COMMITS = ("topic", "feat", "main", "t", "stash", "HEAD~1", "origin/main", "ORIG_HEAD", "v9")
_MOVES = (
    "cp {file} {inside}",
    "mv {file} {inside}",
    "cat {file} >> {inside}",
    "cat {file} > {inside}",
    "head -5 {file} | tee {inside} > /dev/null",
    "cp -r sub other",
    "mkdir -p other",
    "echo more >> {inside}",
    'echo "$(cat {file})" > {inside}',
    "sed -i 's/one/two/' {inside}",
    "sed '' {file} > {inside}",
    "python3 -c \"import shutil; shutil.copy('{file}', '{inside}')\"",
    "rm -f {inside}",
    "touch {inside}",
    "git mv a.txt {inside}",
    "git rm -q --cached {inside}",
    "patch -p1 < ../x.diff",
    "F={file}; cp $F {inside}",
)
_STEPS = (
    *(
        "cd sub",
        "cd ..",
        "cd src",
        "cd ../app",
        "cd ../second",
        "cd ../fresh",
        "cd -",
        "pushd sub",
        "popd",
        "cd nowhere",
    ),
    *(
        "git init -q",
        "git status",
        "git log -1",
        "ls",
        "true",
        "false",
        "pwd",
        "export X=1",
        "git fetch -q",
        "git diff",
    ),
    *(
        "git checkout -q {commit}",
        "git checkout -q -b new",
        "git switch -q {commit}",
        "git checkout -q -B new {commit}",
    ),
    *("git stash -q", "git stash -qu", "git stash pop -q", "git stash apply -q", "git checkout {commit} -- {file}"),
    *("git merge -q {commit}", "git merge -q --squash {commit}", "git merge --no-commit --no-ff {commit}"),
    *(
        "git rebase -q {commit}",
        "git cherry-pick {commit}",
        "git cherry-pick -n {commit}",
        "git revert --no-edit {commit}",
    ),
    *(
        "git revert -n {commit}",
        "git reset -q --hard {commit}",
        "git reset -q --soft {commit}",
        "git reset -q {commit}",
    ),
    *("git reset -q", "git pull -q . {commit}", "git pull -q", "git am -q ../p.mbox", "git apply ../x.diff"),
    *(
        "git apply --index ../x.diff",
        "git apply --cached ../x.diff",
        "git branch -f other {commit}",
        "git tag x {commit}",
    ),
    *("git restore --source={commit} {file}", "git restore --staged {file}", "git show {commit}:{file} > {inside}"),
    *("git checkout -q --orphan o", "git config push.default matching", "git worktree add -q ../w {commit}", "cd ../w"),
    *(
        "git fetch -q . {commit}:got",
        "git read-tree {commit}",
        "git update-ref refs/heads/up {commit}",
        "export GIT_DIR=$PWD/.git",
    ),
    *(
        "git tag -a -m x y {commit}",
        "git tag -a -F {file} z",
        "git notes add -F {file}",
        "git clone -q . ../c",
        "cd ../c",
    ),
    *(
        "rm .gitignore",
        "git config diff.relative true",
        "git add -N .",
        "git commit -q --allow-empty -m e",
        "git gc -q",
    ),
)
_ADDS = (
    *(
        "git add -A",
        "git add .",
        "git add --all",
        "git add -u",
        "git add {file}",
        "git add {inside}",
        "git -C sub add -A",
    ),
    *("git -C .. add .", "git add -f {file}", "git add -f .", "git add '*.txt'", "git add *.txt", "ls | xargs git add"),
    *("git add :/", "git stage .", "git add sub", "git add ../sub", "git add -A sub"),
)
_ENDS = (
    *("git commit -qm x", "git commit -qam x", "git commit -qm x {inside}", "git commit -q --amend --no-edit"),
    *("git -C sub commit -qm x", "git commit -q --allow-empty -F {file}", 'git commit -qm "$(cat {file})"'),
    *("git commit -q --allow-empty -C {commit}", "git commit -qm x -i {inside}", "git -C .. commit -qam x"),
    *(
        "git push -q",
        "git push -q origin HEAD",
        "git push -q origin {commit}",
        "git push -q origin {commit}:refs/heads/z",
    ),
    *(
        "git push -q --all",
        "git push -q --tags",
        "git push -q -u origin HEAD",
        "git push -q --follow-tags",
        "git push -qf",
    ),
    *(
        "git push -q ../remote.git HEAD:refs/heads/q",
        "git push -q origin main topic",
        "git commit -qm x && git push -q",
    ),
    *("git -C ../second commit -qm x", "git cherry-pick {commit}", "git am -q ../p.mbox", "git push -q --mirror"),
)
_JOINTS = ("; ", " && ", "\n", " || ", " & wait; ")
_JOINT_WEIGHTS = (8, 10, 4, 1, 0.3)
_WRAPS = (
    *("({})", "{{ {}; }}", "sh -c '{}'", "if true; then {}; fi", "for i in 1; do {}; done", "eval '{}'", "X=$({})"),
    *(
        "f() {{ {}; }}; f",
        "! {}",
        "time {}",
        "env X=1 {}",
        "{} > /dev/null 2>&1",
        "{} | cat",
        "bash <<'EOF'\n{}\nEOF\n",
    ),
)


@dataclass(frozen=True)
class Result:
    seed: int
    setup: str
    line: str
    verdict: str  # stopped, told, silent
    brought: tuple[str, ...]
    twin: str  # the same, and `false` for a stop where nothing came of it; empty where there is none


def composition(seed: int) -> tuple[str, str]:
    """(setup, line)"""
    dice = random.Random(seed)  # noqa: S311
    setup = dice.choice(_SETUPS)
    steps = [_step(dice) for _ in range(dice.choice((0, 1, 1, 2, 2, 3, 4)))]
    steps.append(_filled(dice, dice.choice(_ADDS)))
    if dice.random() < 0.3:
        steps.append(_step(dice))
    steps.append(_filled(dice, dice.choice(_ENDS)))
    if dice.random() < 0.4:
        steps.append(_filled(dice, dice.choice(_ENDS)))
    if dice.random() < 0.15:
        dice.shuffle(steps)
    line = ""
    for step in steps:
        joint = dice.choices(_JOINTS, _JOINT_WEIGHTS)[0] if line and not line.endswith("\n") else ""
        line += joint + step
    return setup, line


def _step(dice: random.Random) -> str:
    return _filled(dice, dice.choice(_MOVES if dice.random() < 0.45 else _STEPS))


def _filled(dice: random.Random, text: str) -> str:
    for name, values in (("{file}", _FILES), ("{inside}", _INSIDE), ("{commit}", _COMMITS)):
        text = text.replace(name, dice.choice(values))
    if dice.random() < 0.12:
        wrap = dice.choice(_WRAPS)
        if ("'" not in text and '"' not in text) or "'{}'" not in wrap:
            text = wrap.format(text)
    return text


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
