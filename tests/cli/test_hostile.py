"""Whoever types something wrong is told in a line, and nothing is half written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cli import run
from cli.commands import check
from cli.stack_file import change
from cli.terminal.errors import CommandError
from tests.cli.conftest import Command
from tests.stacks import PROJECT

YUKI = ("yuki.mori@acme.example", "--name", "Yuki", "--team", "data")
WHY = ("--incident", "INC-7", "--reason", "A key was committed")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add-member", "-s", "prd", "pilot", *YUKI), "there is no Pulumi.prd.yaml here; stacks: dev, prod, sandbox"),
        (("add-member", "-s", "../dev", "trial", *YUKI[:1], "--name", "Y", "--team", "nowhere"), "no such team"),
        (("remove-member", "-s", "dev", "trail", "x@acme.example"), "no such cohort; did you mean trial?"),
        (("remove-member", "-s", "dev", "trial", "x@acme.example"), "x@acme.example: in no cohort of Pulumi.dev.yaml"),
        (("add-cohort", "-s", "dev", "trial", "-m", "haiku"), "there already"),
        (("set-level", "-s", "dev", "trial", "suspendd"), "no such level: suspendd; did you mean suspended?"),
        (("set-level", "-s", "dev", "trial", "suspended"), "suspended needs --incident and --reason"),
        (
            ("set-level", "-s", "dev", "trial", "suspended", "--member", "grace.lui@acme.example", *WHY),
            "grace.lui@acme.example: in no cohort of Pulumi.dev.yaml; look at the address again",
        ),
        (("drill", "-s", "dev", "trail"), "no such cohort; did you mean trial?"),
        (("drill", "-s", "prod", "wave2"), "only a cohort that is active takes part in a drill"),
        (("import-roster", "-s", "dev", "trial", "latin.csv"), "not UTF-8 text"),
        (("import-roster", "-s", "dev", "trial", "huge.csv"), "larger than 1,048,576 bytes; split it"),
        (("select", "-s", "dev", "--directory", "latin.csv"), "not UTF-8 text"),
        (("select", "-s", "dev", "--directory", "rosters"), "a folder, not a file"),
        (("add-member", "-s", "dev", "trial", *YUKI), "nobody is here to ask; add --yes"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_and_touches_nothing(
    rollout: Command, project: Path, arguments: tuple[str, ...], words: str
) -> None:
    (project / "latin.csv").write_bytes("name,email,team\nRené,r@acme.example,data\n".encode("latin-1"))
    (project / "huge.csv").write_bytes(b"x" * (2 << 20))
    before = everything(project)
    for_people, for_programs = rollout(*arguments), rollout(*arguments, "--json")
    assert (for_people.code, for_programs.code) == (1, 1)
    assert words in for_people.err
    assert words in "\n".join(for_programs.document["errors"])
    assert everything(project) == before


def test_a_read_only_file_stays_as_it_is(rollout: Command, project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.chmod(0o444)
    before = everything(project)
    ended = rollout("add-member", "-s", "dev", "trial", *YUKI, "--yes")
    assert (ended.code, ended.err) == (1, "rollout: Pulumi.dev.yaml: read-only; nothing was written\n")
    assert everything(project) == before


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_what_is_no_file_of_its_own_is_not_replaced(rollout: Command, project: Path, kind: str) -> None:
    """`--out /dev/null`, by root, would take the device away from everybody."""
    stack, place = project / "Pulumi.dev.yaml", project / "place"
    if kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to(stack)
    before = stack.read_bytes()
    with pytest.raises(CommandError, match="place: not a file of its own; nothing was written"):
        change.write(place, "text")
    assert (place.is_fifo(), place.is_symlink()) == (kind == "pipe", kind == "link")
    assert stack.read_bytes() == before
    assert rollout("check", "-s", "dev").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("add-member", "-s", "dev", "trial", *YUKI),
        ("add-member", "-s", "prod", "wave2", *YUKI),
        ("remove-member", "-s", "prod", "pilot", "alice.chen@acme.example", "--shared"),
        ("add-cohort", "-s", "dev", "wave9", "-m", "haiku"),
    ],
)
def test_a_file_keeps_the_line_ends_that_its_editor_gave_it(
    rollout: Command, project: Path, arguments: tuple[str, ...]
) -> None:
    changed = [*project.glob("Pulumi.*.yaml"), *project.glob("rosters/*.csv")]
    for file in changed:
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    before = everything(project)
    assert rollout(*arguments, "--yes").code == 0
    [name] = [name for name, content in everything(project).items() if content != before[name]]
    old, new = Counter(before[name].split(b"\r\n")), Counter((project / name).read_bytes().split(b"\r\n"))
    assert b"\n" not in b"".join(new)
    assert ((old - new) + (new - old)).total() == (3 if arguments[0] == "add-cohort" else 1)


@pytest.mark.parametrize("text", ["config: {a: [b\n", "config:\n  a: 1\n  a: 2\n", "\tconfig: 1\n"])
@pytest.mark.parametrize(
    "arguments",
    [("add-cohort", "wave9", "-m", "haiku"), ("set-level", "trial", "active"), ("add-member", "trial", *YUKI)],
)
def test_a_stack_file_that_is_no_yaml_is_a_mistake_of_its_own(
    rollout: Command, project: Path, arguments: tuple[str, ...], text: str
) -> None:
    (project / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    ended = rollout(*arguments, "-s", "dev", "--yes", "--json")
    assert ended.code == 1
    assert ended.document["errors"][0].startswith("Pulumi.dev.yaml: no YAML: ")


def test_what_a_roster_has_no_column_for_is_said_and_not_lost(rollout: Command, project: Path) -> None:
    (project / "new.csv").write_text("name,email,team\nA,a.b@acme.example,data\n", encoding="utf-8")
    assert rollout("import-roster", "-s", "dev", "trial", "new.csv", "--yes").code == 0
    before = everything(project)
    ended = rollout("add-member", "-s", "dev", "trial", *YUKI, "--champion", "--role", "Engineer", "--yes")
    assert (ended.code, ended.err) == (
        1,
        "rollout: the roster has no column role, champion; add it to its first line\n",
    )
    assert everything(project) == before


@pytest.mark.parametrize("name", ["=1+1", "A\x9b31m", "A\u202eB", "A\u2028B"])
def test_a_name_that_would_run_or_mislead_where_it_is_shown_is_refused(
    rollout: Command, project: Path, name: str
) -> None:
    before = everything(project)
    ended = rollout("add-member", "-s", "dev", "trial", YUKI[0], "--name", name, "--team", "data", "--yes")
    assert ended.code == 1
    assert "not a text of 1 to 500 characters on one line" in ended.err
    assert everything(project) == before


def test_the_sandboxs_drill_prints_text_and_says_so_to_programs(rollout: Command) -> None:
    ended = rollout("drill", "--json")
    assert ended.code == 2
    assert "the sandbox's drill prints text" in ended.document["errors"][0]


def test_where_the_second_of_two_files_cannot_be_written_the_first_is_as_before(
    rollout: Command, project: Path
) -> None:
    (project / "new.csv").write_text("name,email,team\nYuki,yuki.mori@acme.example,data\n", encoding="utf-8")
    (project / "rosters" / "trial.csv").write_text("name,email,team\n", encoding="utf-8")
    (project / "rosters" / "trial.csv").chmod(0o444)
    before = everything(project)
    assert rollout("import-roster", "-s", "dev", "trial", "new.csv", "--yes").code == 1
    assert everything(project) == before


def test_what_was_written_is_an_object(rollout: Command, project: Path) -> None:
    ended = rollout("add-member", "-s", "dev", "trial", *YUKI, "--yes", "--json")
    assert ended.code == 0
    assert "+" in ended.document["written"]["Pulumi.dev.yaml"]
    assert YUKI[0] in (project / "Pulumi.dev.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("answer", [KeyboardInterrupt, EOFError])
def test_a_question_that_is_broken_off_changes_nothing(
    rollout: Command, project: Path, monkeypatch: pytest.MonkeyPatch, answer: type[BaseException]
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            if answer is EOFError:
                return ""
            raise answer

    monkeypatch.setattr("sys.stdin", Terminal())
    before = everything(project)
    ended = rollout("add-member", "-s", "dev", "trial", *YUKI)
    assert ended.code == (1 if answer is EOFError else 130)
    assert "Traceback" not in ended.err
    assert everything(project) == before


def test_a_write_that_breaks_off_leaves_the_old_file_and_nothing_beside_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", broken)
    before = everything(project)
    with pytest.raises(OSError, match="No space left"):
        change.write(project / "Pulumi.dev.yaml", "half")
    assert everything(project) == before


def test_a_fault_of_ours_is_called_one_without_a_traceback(rollout: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(run.TRACEBACK, raising=False)
    monkeypatch.setattr(check, "judged", lambda *_: {}["nothing"])
    ended = rollout("check", "--json")
    assert ended.code == run.OUR_FAULT
    assert "a fault of rollout itself: KeyError" in ended.document["errors"][0]


def test_what_is_not_understood_is_said_in_the_same_form(rollout: Command) -> None:
    ended = rollout("select", "--json")
    assert (ended.code, len(ended.document["errors"])) == (2, 1)
    assert rollout("nonsense").code == 2


def test_whoever_stops_reading_is_left_alone(project: Path) -> None:
    command = f"{sys.executable} -m cli check | head -1"
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        env={"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""


def test_the_help_says_the_exit_codes(rollout: Command) -> None:
    out = rollout("--help").out
    assert "Exit: 0 done" in out
    assert "70" in out
    assert json.dumps(out)
