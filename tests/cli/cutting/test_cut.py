"""`rollout cut` in this process, on moto's AWS: whatever is wrong elsewhere, the Deny is put and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.cutting.lenient import Known
from cli.cutting.next_step import lines, stacks_of
from rollout import names
from rollout.access import emergency
from tests.cli.conftest import Command
from tests.cli.cutting.conftest import ALICE, LONG_AGO, denied, policies, put


def test_a_cohort_is_cut_from_an_empty_folder(rollout: Command, iam: Any, tmp_path: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    ended = rollout("cut", "pilot", "--incident", "INC-7", folder=empty)
    assert ended.code == 0, ended.err
    first, second, third = ended.out.splitlines()
    assert first.startswith("in force in IAM since ")
    assert first.endswith(" UTC: role claude-code-pilot denies everybody everything")
    assert second.startswith("by arn:aws:sts::123456789012:")
    assert 'set-level -s STACK pilot suspended --incident INC-7 --reason "..."' in third
    assert policies(iam, "pilot") == ["cut"]
    assert policies(iam, "early") == []


def test_the_next_step_names_the_person_and_the_stack(rollout: Command, iam: Any) -> None:
    assert (
        f'set-level -s sandbox {ALICE} suspended --incident ID --reason "..."'
        in rollout("cut", ALICE, "-s", "sandbox").out
    )
    by_login = rollout("cut", "achen", "--cohort", "pilot", "-s", "sandbox").out
    assert "set-level -s sandbox pilot suspended --member achen --incident ID" in by_login
    assert policies(iam, "pilot")


def test_of_stacks_that_have_the_cohort_those_of_the_account_are_named() -> None:
    files = [
        Known(stack="dev", cohorts=("pilot",), config={"aws:allowedAccountIds": '["111111111111"]'}),
        Known(stack="prod", cohorts=("pilot", "early"), config={"aws:allowedAccountIds": ["222222222222"]}),
        Known(stack="odd", cohorts=("pilot",), config={"aws:allowedAccountIds": "{"}),
        Known(stack="other", cohorts=("beta",)),
    ]
    assert stacks_of(files, {"pilot"}, {"222222222222"}) == ["prod"]
    assert stacks_of(files, {"pilot"}, {"333333333333"}) == ["dev", "prod", "odd"]
    *_, last = lines(ALICE, ["dev", "prod"], ["pilot"], "INC-7")
    assert last == "STACK is the one that is in this account: dev or prod"


def test_a_repeated_cut_keeps_the_first_time(rollout: Command, iam: Any) -> None:
    put(iam, "pilot", "cut", emergency.document(None, LONG_AGO))
    ended = rollout("cut", "pilot", "--json")
    [found] = ended.document["in_force"]
    assert found["since"] == LONG_AGO.replace(microsecond=0).isoformat()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda text: text.replace("level: active", "level: aktive"),
        lambda text: text + "\n  claude-code-rollout:cohorts: [\n<<<<<<< HEAD\n",
        lambda text: text.replace("claude-code-rollout:models:", "claude-code-rollout:modles:"),
        lambda text: f'{text}\n  aws:allowedAccountIds: "{{"\n  claude-code-rollout:colour: blue\n',
    ],
)
def test_a_stack_file_with_mistakes_still_says_where_a_person_may_be(
    rollout: Command, iam: Any, project: Path, wrong: Any
) -> None:
    for file in project.glob("Pulumi.*.yaml"):
        file.write_text(wrong(file.read_text("utf-8")), "utf-8")
    assert rollout("check", "-s", "sandbox").code == 1
    ended = rollout("cut", ALICE, "-s", "sandbox")
    assert ended.code == 0, ended.err
    assert policies(iam, "pilot") == [names.cut_policy(ALICE)]


def test_without_any_file_the_cohort_must_be_named(rollout: Command, iam: Any, tmp_path: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    ended = rollout("cut", ALICE, folder=empty)
    assert (ended.code, "say which by --cohort" in ended.err) == (1, True)
    ended = rollout("cut", "achen", "--cohort", "pilot", "--cohort", "early", folder=empty)
    assert ended.code == 0, ended.err
    assert denied(iam, "early", "cut-achen") == denied(iam, "pilot", "cut-achen") == ["*:achen"]


def test_a_mistyped_cohort_denies_nothing_and_suggests_a_cohort(rollout: Command, iam: Any) -> None:
    ended = rollout("cut", "pilto")
    assert ended.code == 1
    assert "nothing was denied\nnot there, in account 123456789012: claude-code-pilto" in ended.err
    assert "did you mean pilot?" in ended.err
    assert policies(iam, "pilot") == []


def test_credentials_of_another_account_are_said_and_are_not_done(rollout: Command, iam: Any, project: Path) -> None:
    file = project / "Pulumi.sandbox.yaml"
    text = file.read_text("utf-8")
    assert 'aws:allowedAccountIds: ["123456789012"]' in text
    file.write_text(
        text.replace('aws:allowedAccountIds: ["123456789012"]', "aws:allowedAccountIds: ['999999999999']"), "utf-8"
    )
    ended = rollout("cut", "pilot", "-s", "sandbox")
    assert ended.code == 3
    assert "NOT SURE: these credentials are of account 123456789012, and the stack is in 999999999999" in ended.out
    assert policies(iam, "pilot") == ["cut"]


def test_what_one_role_refuses_keeps_no_other_from_being_cut(
    rollout: Command, iam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cli.cutting import cutting
    from cli.terminal.errors import CommandError

    real = cutting.deny

    def refusing(clients: Any, cohort: str, *rest: Any) -> Any:
        if cohort == "early":
            raise CommandError("claude-code-early: AWS refuses")
        return real(clients, cohort, *rest)

    monkeypatch.setattr(cutting, "deny", refusing)
    ended = rollout("cut", ALICE, "--cohort", "pilot", "--cohort", "early")
    assert ended.code == 3
    assert "NOT denied: claude-code-early: AWS refuses" in ended.out
    assert policies(iam, "pilot") == [names.cut_policy(ALICE)]


def test_a_cohorts_name_is_never_taken_for_a_persons(rollout: Command, iam: Any) -> None:
    assert rollout("cut", "pilot", "--cohort", "pilot").code == 0
    assert policies(iam, "pilot") == ["cut"]
    ended = rollout("cut", "pilot", "--cohort", "early")
    assert ended.code == 1
    assert "pilot: a cohort's name, and --cohort is for a person; `rollout cut pilot` cuts it" in ended.err
    assert policies(iam, "early") == []


def test_nothing_slow_is_loaded_before_the_deny(project: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, cli.app, cli.run, cli.commands.cut\n"
        "heavy = {'pydantic', 'pulumi', 'ruamel.yaml', 'httpx', 'rich', 'yaml', 'rollout.model.rollout'}\n"
        "sys.exit(', '.join(sorted(heavy & sys.modules.keys())) or None)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert project.exists()
