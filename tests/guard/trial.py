"""A line that a shell runs in a real repository with a remote: what the guard said before, and whether a planted key came
into history, or onto the remote, by it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from tests.guard.world import PLANTED, Machine, deliver, rollout

KEY = PLANTED["github_token"]
CLEAN = "nothing-to-see"
# How the world is before the line, each a script run in `app`; `$KEY` is what it plants.
SETUPS = {
    "environment": "true",  # `TOKEN` is there in every trial's
    "on the branch": 'git checkout -qb feature && echo "$KEY" > config.py && git add config.py && git commit -qm f',
    "on the branch, staged after": 'git checkout -qb feature && echo "$KEY" > config.py && git add config.py '
    "&& git commit -qm f && git branch -q other && git checkout -q main",
    "stored": "git config api.token $KEY && git remote add two https://x:$KEY@localhost/r.git",
    "untracked": 'echo "$KEY" > k.txt',
    "below": 'echo "$KEY" > sub/k.txt',
    "unstaged": 'echo "$KEY" >> a.txt',
    "unstaged below": 'echo "$KEY" >> sub/s.txt',
    "staged": 'echo "$KEY" > k.txt && git add k.txt',
    "ignored": 'echo "$KEY" > ignored.env',
    "outside": 'echo "$KEY" > ../key.txt',
    "stash": 'echo "$KEY" >> a.txt && git stash -q',
    "stash of new": 'echo "$KEY" > k.txt && git stash -qu',
    "branch": 'git checkout -qb feat && echo "$KEY" > f.txt && git add f.txt && git commit -qm f && git checkout -q main',
    "tagged": 'git checkout -q --detach && echo "$KEY" > f.txt && git add f.txt && git commit -qm f && git tag t '
    "&& git checkout -q main",
    "committed": 'echo "$KEY" > f.txt && git add f.txt && git commit -qm f',
    "taken back": 'echo "$KEY" > f.txt && git add f.txt && git commit -qm f && git rm -q f.txt && git commit -qm g',
    "published": 'git checkout -qb feat && echo "$KEY" > f.txt && git add f.txt && git commit -qm f '
    "&& git push -q origin feat && git checkout -q main && git branch -qD feat",
    "patch": 'echo "$KEY" > f.txt && git add f.txt && git commit -qm f && git format-patch -q -1 --stdout > ../p.mbox '
    "&& git diff HEAD~1 HEAD > ../x.diff && git reset -q --hard HEAD~1",
    "worktree": 'git worktree add -q ../tree -b tree && echo "$KEY" > ../tree/k.txt',
    "second": 'git init -q ../second && echo "$KEY" > ../second/k.txt',
    "fresh": 'mkdir ../fresh && echo "$KEY" > ../fresh/k.txt',
    "message": 'echo "$KEY" > ../message',
    "tag message": 'git tag -a v9 -m "$KEY"',
    "commit message": 'git commit -q --allow-empty -m "$KEY"',
    "module": "git -c protocol.file.allow=always submodule --quiet add ../library mod && git commit -qm mod && git push -q "
    '&& git -C mod checkout -q main && echo "$KEY" > mod/k.txt',
    "module committed": "git -c protocol.file.allow=always submodule --quiet add ../library mod && git commit -qm mod "
    '&& git push -q && git -C mod checkout -q main && echo "$KEY" > mod/k.txt && git -C mod add . && git -C mod commit -qm k '
    "&& git add mod && git commit -qm mod2",
}
# Commits of before are never those that the line makes.
_BEFORE = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
# Scripts whose result has its own place written into it.
_PLACED = ("worktree", "submodule")
_ENVIRONMENT = {"GIT_AUTHOR_NAME": "Alice", "GIT_AUTHOR_EMAIL": "alice@acme.example"}
_CONFIG = """[user]
    name = Alice
    email = alice@acme.example
[init]
    defaultBranch = main
    templateDir =
[commit]
    gpgsign = false
[advice]
    detachedHead = false
[core]
    editor = true
[protocol "file"]
    allow = always
"""
_TEMPLATE = """set -e
git init -q --bare remote.git
git init -q --bare library.git
git init -q app
cd app
echo hello > README.md; echo one > a.txt; echo one > b.txt; mkdir sub src; echo one > sub/s.txt; echo 'x = 1' > src/m.py
printf 'ignored.env\\n*.log\\n' > .gitignore
git add -A
git commit -qm first
git remote add origin ../remote.git
git push -q -u origin main
git branch -q topic
git clone -q ../library.git ../library 2>/dev/null
cd ../library
echo lib > lib.txt; git add -A; git commit -qm lib; git push -q origin HEAD:main
git config receive.denyCurrentBranch ignore
git remote remove origin
"""


@dataclass(frozen=True)
class Outcome:
    """`stopped`: for a credential; `told`: that not all could be looked at; `brought`: where the key is that it was not."""

    stopped: bool
    told: bool
    brought: tuple[str, ...]
    said: str

    @property
    def seen(self) -> bool:
        return self.stopped or self.told


class Template:
    """The world that each trial gets a copy of."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._prepared: dict[str, tuple[Path, set[str]]] = {}
        root.mkdir(parents=True)
        home = root / "home"
        home.mkdir()
        (home / ".gitconfig").write_text(_CONFIG, encoding="utf-8")
        tools = root / "bin"
        tools.mkdir()
        import os
        import sys

        (tools / "python3").symlink_to(os.path.realpath(sys.executable))
        deliver(root / "etc", rollout(mac={"commit_guard": "open"}))
        self.path = os.pathsep.join([str(tools), "/usr/bin", "/bin"])
        _bash(_TEMPLATE, home, {**self.environment(home), **_BEFORE}, check=True)

    def environment(self, home: Path) -> dict[str, str]:
        return {"HOME": str(home), "PATH": self.path, "GIT_CONFIG_NOSYSTEM": "1", **_ENVIRONMENT}

    def trial(self, setup: str, to: Path) -> Trial:
        """`setup`: of SETUPS, or a script. What is made once is copied, but where it knows its own place."""
        script = SETUPS.get(setup, setup)
        if any(word in script for word in _PLACED):
            shutil.copytree(self.root / "home", to, symlinks=True)
            self._prepare(script, to)
            return Trial(self, to, Trial(self, to, set()).places())
        if setup not in self._prepared:
            made = self.root / f"setup-{len(self._prepared)}"
            shutil.copytree(self.root / "home", made, symlinks=True)
            self._prepare(script, made)
            self._prepared[setup] = made, Trial(self, made, set()).places()
        made, before = self._prepared[setup]
        shutil.copytree(made, to, symlinks=True)
        return Trial(self, to, before)

    def _prepare(self, script: str, home: Path) -> None:
        _bash("set -e\n" + script, home / "app", {**self.environment(home), **_BEFORE, "KEY": KEY}, check=True)


class Trial:
    def __init__(self, template: Template, home: Path, before: set[str]) -> None:
        self.home = home
        self._before = before
        self.environment = template.environment(home)
        self._mac = Machine(template.root / "etc", home, template.path)

    def event(self, line: str) -> bytes:
        event = {"tool_name": "Bash", "cwd": str(self.home / "app"), "tool_input": {"command": line}}
        return json.dumps(event).encode()

    def guard(self, line: str) -> Outcome:
        """The guard's answer alone."""
        answer = self._mac.hook(self.event(line), **_ENVIRONMENT)
        return Outcome(answer.code == 2, "did not look" in answer.out, (), answer.said)

    def run(self, line: str, answer: Outcome | None = None) -> Outcome:
        """And then what the line does all the same."""
        answer = answer or self.guard(line)
        _bash(line, self.home / "app", {**self.environment, "TOKEN": KEY}, check=False)
        return replace(answer, brought=tuple(sorted(self.places() - self._before)))

    def places(self) -> set[str]:
        """Commits and tags with the key, each with its repository."""
        found: set[str] = set()
        for git in {*self.home.glob("*/.git"), *self.home.glob("*/*/.git"), *self.home.glob("*.git")}:
            found |= self._of(git)
        return found

    def _of(self, folder: Path) -> set[str]:
        where = ["git", "--git-dir", str(folder)] if folder.suffix == ".git" else ["git", "-C", str(folder.parent)]
        refs = ["--all"] if folder.suffix == ".git" else ["--branches", "--tags", "--glob=refs/notes", "HEAD"]
        log = ["log", "--diff-merges=separate", *refs, "--patch", "--format=commit %H%n%B", "--no-renames", "--text"]
        # A clone has no more than what it is of; the library is a submodule's remote.
        name = folder.name if folder.name != ".git" else "library" if folder.parent.name == "library" else "here"
        found: set[str] = set()
        commit = ""
        for line in _output([*where, *log], self.environment).splitlines():
            if line.startswith("commit "):
                commit = line
            elif KEY in line and not line.startswith("-"):
                found.add(f"{name}: {commit}")
        tags = [*where, "for-each-ref", "--format=%(refname) %(contents)", "refs/tags"]
        return found | {f"{name}: {line}" for line in _output(tags, self.environment).splitlines() if KEY in line}


def _output(command: list[str], environment: dict[str, str]) -> str:
    result = subprocess.run(command, env=environment, capture_output=True, check=False)
    return result.stdout.decode(errors="replace")


def _bash(script: str, cwd: Path, environment: dict[str, str], *, check: bool) -> None:
    result = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=240,
    )
    if check and result.returncode:
        raise RuntimeError(f"{script}: {result.stderr.decode()}")
