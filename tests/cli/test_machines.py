"""Machines as they are typed: what a terminal says of a cohort that has nobody in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ruamel.yaml import YAML

from cli.commands import cut, onboarding_page
from cli.commands.check import run as check
from cli.cutting.next_step import lines
from cli.cutting.whereabouts import cohorts_of, home_of
from cli.stack_file import edits
from cli.terminal.errors import CommandError
from rollout.levels import Level
from tests import stacks
from tests.config.test_machines import REVIEW

NAME = "nightly-review"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = stacks.small()
    made["cohorts"]["ci"] = {"level": "active", "models": ["haiku"], "machines": {NAME: REVIEW}}
    config = {"aws:region": "us-east-1", **{f"claude-code-rollout:{key}": value for key, value in made.items()}}
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    (tmp_path / "Pulumi.yaml").write_text("name: claude-code-rollout\nruntime: python\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


def test_a_machine_is_found_in_its_cohort(file: Path) -> None:
    assert cohorts_of(file, NAME) == ["ci"]
    assert home_of(file, NAME) == "ci"
    with pytest.raises(CommandError, match="in no cohort"):
        home_of(file, "weekly-audit")


@pytest.mark.usefixtures("file")
def test_a_name_with_a_hyphen_is_cut_as_a_machine_without_naming_its_cohort() -> None:
    subject = cut._subject(Path.cwd(), NAME, None, [])  # pyright: ignore[reportPrivateUsage]
    assert (subject.person, subject.spellings) == (NAME, (NAME,))
    assert {place.cohort for place in subject.where} == {"ci", "pilot"}
    [line] = lines(NAME, ["dev"], ["ci"], "INC-1")
    assert f"rollout set-level -s dev {NAME} suspended --incident INC-1" in line


def test_a_level_of_a_machine_is_written_where_the_machine_is(file: Path) -> None:
    document = YAML().load(file.read_text(encoding="utf-8"))
    incident = {"id": "INC-1", "reason": "changed"}
    edits.set_level(document, "ci", NAME, Level.SUSPENDED, incident)
    cohort = document["config"]["claude-code-rollout:cohorts"]["ci"]
    assert cohort["machines"][NAME]["level"] == "suspended"
    assert cohort["machines"][NAME]["owner"] == REVIEW["owner"]
    edits.set_level(document, "ci", NAME, Level.ACTIVE, {})
    assert "level" not in cohort["machines"][NAME]
    assert "sessions_valid_from" in cohort["machines"][NAME]
    assert "members" not in cohort


@pytest.mark.usefixtures("file")
def test_check_counts_machines_and_no_page_is_made_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    check("dev", strict=False, as_json=False)
    assert "Cohort ci: active, 1 machine" in capsys.readouterr().out
    with pytest.raises(CommandError, match="is of machines"):
        onboarding_page.run("dev", "ci", None, as_json=False)
