"""Whoever types something wrong is told in a line, and nothing is half written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli import change, run
from cli.commands import check
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
        (("remove-member", "-s", "dev", "trial", "x@acme.example"), "no such member"),
        (("add-cohort", "-s", "dev", "trial", "-m", "haiku"), "there already"),
        (("set-level", "-s", "dev", "trial", "suspendd"), "no such level: suspendd; did you mean suspended?"),
        (("set-level", "-s", "dev", "trial", "suspended"), "suspended needs --incident and --reason"),
        (
            ("set-level", "-s", "dev", "trial", "suspended", "--member", "grace.lui@acme.example", *WHY),
            "no such member; did you mean grace.liu@acme.example?",
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
    assert "Exit codes:" in out
    assert "70" in out
    assert json.dumps(out)
