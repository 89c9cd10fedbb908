"""Which commands would commit or push, in the spellings that Claude Code and people use."""

from __future__ import annotations

import pytest
from commit_guard.commands import Reader, Work
from hypothesis import given
from hypothesis import strategies as st

ALIASES = {"ci": "commit -v", "p": "push origin", "save": "!git add -A && git commit -m wip", "loop": "loop"}


def works(command: str) -> list[Work]:
    return Reader("/code", lambda _, verb: ALIASES.get(verb)).read(command)


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
        "make test; git commit -am done",
        "make test\ngit commit",
        "if true; then git commit; fi",
        "(git commit)",
        "{ git commit; }",
        "sh -c 'git commit -m x'",
        "bash -lc \"git commit -m 'x'\"",
        "eval 'git commit'",
        "echo $(git commit)",
        "sudo env A=b nice -n 5 git commit",
        "timeout 5 git commit",
        "/usr/bin/git commit",
        "\\git commit",
        "git 'commit'",
        'git com"mit"',
        "git ci",
        "git -c alias.z=commit z",
        "git save",
        "find . -name x -exec git commit \\;",
        "python3 -c \"import os; os.system('git commit')\"",
        'git commit -m "$(cat <<\'EOF\'\nit doesn\'t matter\n\nsaid "so"\nEOF\n)"',
        "git commit -m 'not closed",
        "git rebase --continue",
        "git add . > /dev/null 2>&1 && git commit -m x 2>&1 | tail -3",
    ],
)
def test_a_commit_is_seen_in_its_usual_spellings(command: str) -> None:
    [work] = works(command)
    assert work.commits
    assert not work.pushes
    assert work.directory == "/code"


@pytest.mark.parametrize(
    "command",
    [
        *("git push", "git push -u origin main", "git p", "git send-pack x", "git -C . push", "gh pr create --fill"),
        *(
            "git subtree push --prefix x origin y",
            "git -c alias.z=push z",
            "nohup git push &",
            "git push --force-with-lease",
        ),
    ],
)
def test_a_push_is_seen_in_its_usual_spellings(command: str) -> None:
    [work] = works(command)
    assert work.pushes
    assert not work.commits


@pytest.mark.parametrize(
    "command",
    [
        "git status",
        "git log --grep push",
        "git stash push",
        "ls",
        "git add .",
        "echo commit",
        "git diff | grep commit",
        "git loop",
    ],
)
def test_what_neither_commits_nor_pushes_is_left_alone(command: str) -> None:
    assert works(command) == []


@pytest.mark.parametrize(
    ("command", "tracked", "untracked"),
    [
        ("git commit -m x", None, None),
        ("git commit -am x", [], None),
        ("git commit -m all", None, None),
        ("git commit -qam x", [], None),
        ("git commit --all --message x", [], None),
        ("git commit -m x a.py", ["a.py"], None),
        ("git commit -m x -- a.py b.py", ["a.py", "b.py"], None),
        ("git add -A && git commit -m x", [], []),
        ("git add a.py b.py && git commit -m x", ["a.py", "b.py"], ["a.py", "b.py"]),
        ("git add -u && git commit -m x", [], None),
        ("git add $FILES && git commit -m x", [], []),
        ("git add . > log && git commit -m x", ["."], ["."]),
    ],
)
def test_what_goes_along_with_a_commit_is_read_off_its_words(
    command: str, tracked: list[str] | None, untracked: list[str] | None
) -> None:
    [work] = works(command)
    assert (work.tracked, work.untracked) == (tracked, untracked)


@pytest.mark.parametrize(
    ("command", "directories"),
    [
        ("cd sub && git commit", ["/code/sub"]),
        ("(cd sub && git commit); git push", ["/code/sub", "/code"]),
        ("git -C sub commit; git -C /other push", ["/code/sub", "/other"]),
        ("cd /other # go\ngit commit", ["/other"]),
        ("cd -- sub && git commit", ["/code/sub"]),
        ("cd /other >/dev/null 2>&1 && git commit", ["/other"]),
        ('cd "$(git rev-parse --show-toplevel)" && git commit', ["/code"]),
        ("cd $(git rev-parse --show-toplevel) && git commit", ["/code"]),
        ("cd $SOMEWHERE; cd /other && git commit", ["/other"]),
        ("(cd $SOMEWHERE && make); git commit", ["/code"]),
    ],
)
def test_the_repository_is_the_one_that_the_command_goes_to(command: str, directories: list[str]) -> None:
    assert [work.directory for work in works(command)] == directories


@pytest.mark.parametrize(
    "command",
    [
        "cd $R && git commit",
        "cd $R; cd sub; git push",
        'git -C "$R" commit',
        'git --git-dir="$R" commit',
        "GIT_DIR=$R git commit",
        "cd - && git commit",
    ],
)
def test_a_repository_that_only_the_shell_knows_is_told_apart(command: str) -> None:
    assert [work.known for work in works(command)] == [False]


def test_what_is_pushed_by_name_is_looked_at_by_name() -> None:
    assert [work.refs for work in works("git push origin topic +a:b v1")] == [["topic", "a", "v1"]]
    assert [work.refs for work in works("git push --all")] == [["--branches"]]


@given(st.text(alphabet="git comusha-C.&|;()'\"\\$`{}<>=!\n", max_size=60))
def test_no_command_is_too_odd_to_be_read(command: str) -> None:
    works(command)
    assert any(work.commits for work in works(f"true {chr(10)} git commit\n{command}"))
