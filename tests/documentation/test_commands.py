"""Each command that a page shows exists, with its options; a page that names another is wrong."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.documentation.commands import commands, wrong
from tests.documentation.markdown import PAGES, Block, blocks, code_in_sentences

PROGRAMS = ("aws ", "make ", "pulumi ", "rollout ", "sandbox ", "python ", "python3 ", ".venv/bin/python ", "ci/")


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_each_command_of_a_block_exists(block: Block) -> None:
    found = list(commands(block.text))
    assert found
    assert [said for command in found if (said := wrong(command))] == []


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_python_within_a_block_can_be_read(block: Block) -> None:
    for _, body in re.findall(r"python - <<'?(\w+)'?\n(.*?)^\1$", block.text, re.MULTILINE | re.DOTALL):
        ast.parse(body)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_in_a_sentence_exists(page: Path) -> None:
    shown = [code for code in code_in_sentences(page) if code.startswith(PROGRAMS) and "://" not in code[:12]]
    found = [command for code in shown for command in commands(code.replace("...", "").replace("…", ""))]
    assert [said for command in found if (said := wrong(command, whole=False))] == []


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("make nothing-of-the-kind", "no such target: nothing-of-the-kind"),
        ("make drill SPEED=1", "the Makefile does not read SPEED"),
        ("rollout set-levels pilot active", "no such command: set-levels"),
        ("rollout set-level pilot active --why me", "set-level: No such option: --why"),
        ("rollout set-level -s prod pilot", "set-level: missing level"),
        (".venv/bin/python -m cli summary --stock prod", "summary: No such option: --stock"),
        ("sandbox fly", "argument command: invalid choice: 'fly'"),
        (".venv/bin/python -m sandbox sign-in someone", "one of the arguments --role-arn --permission-set is required"),
        (".venv/bin/python -m tests.nothing", "no such module: tests.nothing"),
        ("python -m sandbox notices", "python knows no module of the environment"),
        ("python3 -m cli status", "python3 knows no module of the environment"),
        ("pulumi up --stack prod --no-such-thing", "pulumi up: no such option: --no-such-thing"),
        ("pulumi stack unselekt", "pulumi stack: no such command: unselekt"),
        ("aws iam list-role-policy --role-name x", "aws iam: no such operation: list-role-policy"),
        ("aws iam list-role-policies --role x", "aws iam list-role-policies: no such options: --role"),
        ("aws iam list-role-policies", "aws iam list-role-policies: missing --role-name"),
        ("ci/nothing prod", "no such script: ci/nothing"),
        ("terrafarm apply", "no such program here: terrafarm"),
    ],
)
def test_a_command_that_does_not_exist_is_found(shown: str, said: str) -> None:
    [command] = commands(shown)
    assert (wrong(command) or "").startswith(said)


def test_a_line_of_several_commands_is_read_as_several() -> None:
    text = 'A=1 make up && cd x; echo "$(make -s env)" | git log # and no more\npulumi up \\\n  --yes'
    assert [command[:2] for command in commands(text)] == [
        ["make", "-s"],
        ["make", "up"],
        ["cd", "x"],
        ["echo", "$(make -s env)"],
        ["git", "log"],
        ["pulumi", "up"],
    ]
