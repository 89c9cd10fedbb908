"""Which commands would commit or push, in the spellings that Claude Code and people use; no git is asked."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from commit_guard.commands import Reader
from commit_guard.work import UNKNOWN, Found, Work
from hypothesis import given
from hypothesis import strategies as st

CONFIG = [
    *(("alias.ci", "commit -v"), ("alias.p", "push origin"), ("alias.loop", "loop"), ("remote.origin.url", "x")),
    ("alias.save", "!git add -A && git commit -m wip"),
]


class Everywhere(Found):
    """A repository at /code, one at /other, and as many as are asked for beneath /many."""

    def __init__(self, directory: str, where: tuple[str, ...], variables: Mapping[str, str]) -> None:  # noqa: ARG002
        self.directory = self.there = directory
        parts = directory.split("/")
        self.root = None if directory == UNKNOWN else "/".join(parts[: 3 if parts[1] == "many" else 2])
        self.git_dir = None if self.root is None else self.root + "/.git"
        self._config = CONFIG

    def commits(self, words: list[str]) -> list[str]:
        return words

    def submodules(self) -> list[str]:
        return ["/many/one", "/many/two"] if self.root == "/code" else []


def works(command: str) -> list[Work]:
    return Reader("/code", Everywhere).read(command)


@pytest.mark.parametrize(
    "command",
    [
        "git commit -m x",
        "git -C . commit",
        "git --no-pager -c user.name=x commit",
        "FOO=1 git commit",
        "GIT commit",
        "/usr/bin/Git commit",
        "cd /code && git commit -m 'a; b'",
        "npm test; git commit -am done",
        "if true; then git commit; fi",
        "(git commit)",
        "{ git commit; }",
        "sh -c 'git commit -m x'",
        "bash -lc \"git commit -m 'x'\"",
        "eval 'git commit'",
        "echo $(git commit)",
        "sudo env A=b nice -n 5 git commit",
        "timeout 5 git commit",
        "\\git commit",
        "git 'commit'",
        'git com"mit"',
        "git ci",
        "git -c alias.z=commit z",
        "git save",
        "g=git; $g commit",
        'git commit -m "$(cat <<\'EOF\'\nit doesn\'t matter\n\nsaid "so"\nEOF\n)"',
        "git commit -m 'not closed",
        "git rebase --continue",
        "git cherry-pick topic",
        "git am --continue",
        "arch -arm64 git commit -am x",
        'arch -x86_64 zsh -c "git commit -am x"',
        "arch -arch arm64 -e X=1 git commit",
        "git add . > /dev/null 2>&1 && git commit -m x 2>&1 | tail -3",
    ],
)
def test_a_commit_is_seen_in_its_usual_spellings(command: str) -> None:
    [work] = works(command)
    assert work.commits
    assert not work.pushes
    assert work.doubts == []


@pytest.mark.parametrize(
    "command",
    [
        *("git push", "git push -u origin main", "git p", "git send-pack x", "git -C . push", "gh pr create --fill"),
        *("git subtree push --prefix x origin y", "git -c alias.z=push z", "nohup git push &", "cd .\ngh pr create"),
        *("git push --force-with-lease", "true;gh repo create x --source=. --push", "false || gh pr create --fill"),
        *("arch -arm64 git push", "gh pr -R acme/x create --fill"),
    ],
)
def test_a_push_is_seen_in_its_usual_spellings(command: str) -> None:
    [work] = works(command)
    assert work.pushes
    assert not work.commits


@pytest.mark.parametrize(
    "command",
    [
        *("git status", "git log --grep push", "git stash push", "ls", "git add .", "echo commit", "git tag v1"),
        *("git diff | grep commit", "git loop", "git commit --dry-run", "git push -n", "echo 'git commit'", "cp a b"),
        *("git checkout feat", "git reset --hard feat", "git submodule update", "make", "gh pr view"),
        *("env", "arch", "gh", "gh -R a/b pr list", "gh status", "git credential fill", "git", "git --version"),
    ],
)
def test_what_neither_commits_nor_pushes_is_left_alone(command: str) -> None:
    assert works(command) == []


@pytest.mark.parametrize(
    ("command", "takes"),
    [
        ("git commit -m x", []),
        ("git commit -am x", [([], False)]),
        ("git commit -m all", []),
        ("git commit --patc -m x", [([], False)]),
        ("git commit -m x a.py", [(["a.py"], False)]),
        ("git commit -m x -- a.py b.py", [(["a.py", "b.py"], False)]),
        ("git add -A && git commit -m x", [([], True)]),
        ("git add a.py b.py && git commit -m x", [(["a.py", "b.py"], True)]),
        ("git add -u && git commit -m x", [([], False)]),
        ("git add $FILES && git commit -m x", [([], True)]),
        ("F=a.py; git add $F && git commit -m x", [(["a.py"], True)]),
        ("git add . > log && git commit -m x", [(["."], True)]),
        ("git ls-files | xargs git add && git commit -m x", [([], True)]),
    ],
)
def test_what_goes_along_with_a_commit_is_read_off_its_words(command: str, takes: list[tuple[list[str], bool]]) -> None:
    [work] = works(command)
    assert [(take.paths, take.untracked) for take in work.takes] == takes


@pytest.mark.parametrize(
    ("command", "directories"),
    [
        ("cd sub && git commit", ["/code"]),
        ("(cd sub && git add .); git commit", ["/code"]),
        ("git -C sub commit; git -C /other push", ["/code", "/other"]),
        ("cd /other # go\ngit commit", ["/code", "/other"]),
        ("cd -- /other && git commit", ["/code", "/other"]),
        ('cd "$(git rev-parse --show-toplevel)" && git commit', ["/code"]),
        ("(cd $SOMEWHERE && npm test); git commit", ["/code"]),
        ("git submodule foreach 'git commit'", ["/many/one", "/many/two"]),
        ("git push --recurse-submodules=on-demand", ["/code", "/many/one", "/many/two"]),
        ("export GIT_DIR=/code/.git; cd /other; git commit", ["/code", "/other"]),
    ],
)
def test_the_repository_is_the_one_that_the_command_goes_to(command: str, directories: list[str]) -> None:
    assert sorted(str(work.found.root) for work in works(command)) == directories


@pytest.mark.parametrize(
    "command",
    [
        *("cd $R && git commit", "cd $R; cd sub; git push", 'git -C "$R" commit', 'git --git-dir="$R" commit'),
        *("GIT_DIR=$R git commit", "export GIT_DIR=$R; git commit", "cd - && git commit"),
        *("cd /code && git -C $R add . && git commit", "git $VERB"),
    ],
)
def test_a_repository_or_a_command_that_only_the_shell_knows_is_said(command: str) -> None:
    assert any("only the shell knows" in doubt for work in works(command) for doubt in work.doubts)


@pytest.mark.parametrize(
    ("command", "doubt"),
    [
        ("make && git commit", "what `make` does before it is not known"),
        ("./release.sh; git push", "what `release.sh` does before it is not known"),
        ("python3 -c 'x' && git add -A && git commit -m x", "what `python3` does before it is not known"),
        ("base64 -d key > a && git commit -am x", "what `base64` prints is not known"),
        ("git show feat:a > a && git commit -am x", "what `git show` prints is not looked at"),
        ("echo $TOKEN > a && git commit -am x", "what a variable holds is not known"),
        ('git commit -m "$TOKEN"', "what a variable holds is not known"),
        ("git read-tree feat; git commit", "what `git read-tree` changes is not followed"),
        ("git fast-import < x", "what `git fast-import` puts into history is not looked at"),
        ("GIT_EDITOR=./edit git commit", "the line names an editor"),
        ("cp a .git/index; git commit", "it changes what is in `.git`"),
        ("git pull ../elsewhere main && git push", "what is fetched from elsewhere is not looked at"),
        ("git flow feature publish x", "what `git flow` does is not known"),
        ("git town sync", "what `git town` does is not known"),
        ("git absorb --and-rebase", "what `git absorb` does is not known"),
        ("git cz", "what `git cz` does is not known"),
        ("git-cz", "what `git cz` does is not known"),
        ('git acp "m"', "what `git acp` does is not known"),
        ("git comit -am x", "what `git comit` does is not known"),
        ("git cherry-pick :/fix", "which commits `git cherry-pick` takes is not known"),
        ("git cherry-pick topic ^main", "which commits `git cherry-pick` takes is not known"),
        ("gh stack submit", "what `gh stack submit` does is not known"),
        ("gh extension exec stack submit", "what `gh extension exec` does is not known"),
        ("gh $X", "what `gh ` does is not known"),
        ("xclip -o > a; git commit -am x", "what `xclip` prints is not known"),
        ("sudo env > a; git commit -am x", "what `env` prints is not looked at"),
        ("git clone x y; git -C y commit", "its repository is only made by the same line"),
    ],
)
def test_what_cannot_be_looked_at_is_said_with_its_reason(command: str, doubt: str) -> None:
    assert doubt in [each for work in works(command) for each in work.doubts]


@pytest.mark.parametrize(
    "command",
    [
        "git commit -m x; make",
        "echo $TOKEN > a; git commit -m x",
        "make > log 2>&1; git status",
        "git log > /tmp/log; git commit -am x",
        "git log > docs/log.md; git add src && git commit -m x",
        "git commit -m x && git push && ./deploy.sh",
    ],
)
def test_what_comes_later_or_goes_elsewhere_is_no_doubt(command: str) -> None:
    assert [work.doubts for work in works(command)] in ([], [[]])


def test_in_a_loop_what_comes_later_counts_too() -> None:
    [work] = works("for i in 1 2; do git commit -m $i; make; done")
    assert "what `make` does before it is not known" in work.doubts


def test_files_are_followed_from_one_copy_to_the_next() -> None:
    [work] = works("cp /a/key one; mv one two; cat two >> three; git add three && git commit -m x")
    assert "/a/key" in work.files


def test_what_is_pushed_by_name_is_looked_at_by_name() -> None:
    [work] = works("git push origin topic +a:b v1")
    assert (work.refs, work.every) == (["topic", "a", "v1"], False)
    [work] = works("git checkout other && git push origin topic")
    assert (work.refs, work.every) == (["topic"], False)


@pytest.mark.parametrize(
    "command",
    [
        *(
            "git push --all",
            "git merge x && git push",
            "git checkout x && git push",
            "git config push.default x; git push",
        ),
        *(
            "git push origin 'refs/heads/*'",
            "git push origin $(git branch --show-current)",
            "git pull; git push origin x",
        ),
        "git -c push.default=matching push",
    ],
)
def test_where_a_branch_may_be_another_all_are_looked_at(command: str) -> None:
    [work] = works(command)
    assert work.every


@given(st.text(alphabet="git comusha-C.&|;()'\"\\$`{}<>=!\n", max_size=60))
def test_no_command_is_too_odd_to_be_read(command: str) -> None:
    works(command)
    assert any(work.commits for work in works(f"true {chr(10)} git commit\n{command}"))
