"""A company's own repository, made by `rollout init` of what it says of itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.company.answers import Answers
from cli.company.files import STACKS, files
from cli.company.placing import place
from cli.stack_file.files import rollout_of
from cli.terminal.errors import CommandError
from rollout.stack_file.budget_consistency import doubts
from rollout.stack_file.model_catalogue import MODELS, model_doubts
from tests.cli.conftest import Command, no_aws, project, rollout
from tests.company.world import ANSWERS, PEOPLE, TODAY
from tests.stacks import PROJECT

__all__ = ["no_aws", "project", "rollout"]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the answers of an invented company, and its people."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "answers.yaml").write_text(yaml.safe_dump(ANSWERS), encoding="utf-8")
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return folder


def answered(desk: Path, **changes: Any) -> Path:
    file = desk / "answers.yaml"
    file.write_text(yaml.safe_dump({**ANSWERS, **changes}), encoding="utf-8")
    return file


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_answers_become_a_repository_whose_stack_files_nobody_has_to_mend(
    rollout: Command, desk: Path, tmp_path: Path
) -> None:
    ended = rollout("init", str(tmp_path / "globex"), "--answers", str(desk / "answers.yaml"))
    assert (ended.code, ended.err) == (0, "")
    made = contents(tmp_path / "globex")
    assert {"Pulumi.yaml", "__main__.py", "README.md", "Makefile", ".gitignore", "requirements.txt"} <= made.keys()
    assert {f"Pulumi.{stack}.yaml" for stack in STACKS} <= made.keys()
    assert {".github/workflows/deploy.yml", ".github/workflows/pull-request.yml"} <= made.keys()
    assert not [path for path in made if path.startswith("providers/")], "no Jamf Pro, no provider"
    for stack in STACKS:
        found = rollout_of(tmp_path / "globex" / f"Pulumi.{stack}.yaml")
        assert found.organization.name == "Globex"
        people = [] if stack == "dev" else ["carol@globex.example", "homer@globex.example"]
        [cohort] = found.cohorts.values()
        assert sorted(cohort.members) == people
        assert cohort.level == ("active" if stack == "sandbox" else "planned")
        assert [*doubts(found), *model_doubts(found, TODAY)] == []
    judged = rollout("check", folder=tmp_path / "globex")
    assert judged.code == 0


def test_the_main_program_of_a_company_is_three_lines(rollout: Command, desk: Path, tmp_path: Path) -> None:
    rollout("init", str(tmp_path / "globex"), "--answers", str(desk / "answers.yaml"))
    lines = (tmp_path / "globex" / "__main__.py").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line] == [
        (
            '"""What the stack files beside this file say, made true by the engine. '
            'The program is installed: requirements.txt."""'
        ),
        "from program import declare",
        "declare()",
    ]


def test_an_account_that_is_named_is_the_only_one_that_is_updated(rollout: Command, desk: Path, tmp_path: Path) -> None:
    rollout("init", str(tmp_path / "globex"), "--answers", str(answered(desk, account="210987654321")))
    configs = {
        stack: yaml.safe_load((tmp_path / "globex" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
        for stack in STACKS
    }
    assert [configs[stack].get("aws:allowedAccountIds") for stack in ("dev", "prod")] == [["210987654321"]] * 2
    assert configs["sandbox"]["aws:allowedAccountIds"] == ["123456789012"], "the sandbox has an account of its own"
    judged = rollout("check", "--json", folder=tmp_path / "globex").document
    assert judged["errors"] == []
    [line] = [line for line in judged["advice"] if "adopt" in line]
    assert line.startswith("Pulumi.dev.yaml: adopt: missing saml_provider_arn, okta_app_id, ")
    assert "`rollout init --beside prod --stack dev` writes it" in line


@pytest.mark.parametrize("name", ["Yes", "42 Ltd", "null", "1e3", "No.1"])
def test_a_name_that_yaml_would_read_as_something_else_stays_a_name(
    rollout: Command, desk: Path, tmp_path: Path, name: str
) -> None:
    ended = rollout("init", str(tmp_path / "made"), "--answers", str(answered(desk, organization=name)))
    assert ended.code == 0, ended.err
    assert rollout_of(tmp_path / "made" / "Pulumi.prod.yaml").organization.name == name


def test_all_mistakes_of_the_answers_are_said_at_once_and_nothing_is_written(
    rollout: Command, desk: Path, tmp_path: Path
) -> None:
    file = answered(desk, region="moon", okta_domain="https://x", models=["sonet"], teams={"core": 0}, colour="red")
    ended = rollout("init", str(tmp_path / "globex"), "--answers", str(file))
    assert ended.code == 1
    assert ended.err.splitlines() == [
        (
            "rollout: answers.yaml: colour: unknown key; allowed: account, email, email_from, federation, gateway, "
            "geography, identity_center, jamf, models, okta_domain, organization, people, region, slack, source, teams"
        ),
        "answers.yaml: models.0: not offered: sonet; did you mean sonnet? allowed: haiku, opus, sonnet",
        "answers.yaml: okta_domain: not a domain such as acme.okta.com (no https://, no path): https://x",
        "answers.yaml: region: not an AWS region such as us-east-1: moon",
        "answers.yaml: teams.core.headcount: must be at least 1, not 0",
        f"{desk / 'people.csv'}:3: team: no such team: web; allowed: core",
        "nothing was written",
    ]
    assert not (tmp_path / "globex").exists()


def test_mistakes_in_the_peoples_file_name_that_file(rollout: Command, desk: Path, tmp_path: Path) -> None:
    (desk / "people.csv").write_text("name,email,team\nHomer,homer@globex.example,kore\n", encoding="utf-8")
    ended = rollout("init", str(tmp_path / "globex"), "--answers", str(desk / "answers.yaml"))
    assert ended.code == 1
    assert f"{desk / 'people.csv'}:2: team: no such team: kore; did you mean core?" in ended.err
    assert not (tmp_path / "globex").exists()


def test_a_file_that_is_somebodys_is_neither_overwritten_nor_joined_by_others(
    rollout: Command, desk: Path, tmp_path: Path
) -> None:
    (tmp_path / "globex").mkdir()
    (tmp_path / "globex" / "Makefile").write_text("mine:\n", encoding="utf-8")
    ended = rollout("init", str(tmp_path / "globex"), "--answers", str(desk / "answers.yaml"))
    assert ended.code == 1
    assert ended.err.startswith("rollout: Makefile: is there already, and is another one\n")
    assert contents(tmp_path / "globex") == {"Makefile": "mine:\n"}


def test_again_it_adds_what_is_missing_and_touches_nothing_else(rollout: Command, desk: Path, tmp_path: Path) -> None:
    arguments = ("init", str(tmp_path / "globex"), "--answers", str(desk / "answers.yaml"), "--json")
    first = rollout(*arguments).document["written"]
    before = contents(tmp_path / "globex")
    (tmp_path / "globex" / "Pulumi.dev.yaml").unlink()
    assert rollout(*arguments).document["written"] == ["Pulumi.dev.yaml"]
    assert contents(tmp_path / "globex") == before
    assert set(first) == before.keys()


def test_what_pulumi_new_has_made_is_kept(rollout: Command, desk: Path, tmp_path: Path) -> None:
    """It writes into Pulumi.yaml where the folder came from."""
    arguments = ("init", str(tmp_path / "globex"), "--answers", str(desk / "answers.yaml"), "--json")
    (tmp_path / "globex").mkdir()
    text = "name: claude-code-rollout\nruntime: python\nconfig: {pulumi:tags: {value: {pulumi:template: here}}}\n"
    (tmp_path / "globex" / "Pulumi.yaml").write_text(text, encoding="utf-8")
    assert "Pulumi.prod.yaml" in rollout(*arguments).document["written"]
    assert (tmp_path / "globex" / "Pulumi.yaml").read_text(encoding="utf-8") == text
    (tmp_path / "globex" / "Pulumi.yaml").write_text("name: somebody-elses\n", encoding="utf-8")
    assert rollout(*arguments).code == 1


def test_where_one_file_cannot_be_written_none_is(tmp_path: Path) -> None:
    (tmp_path / "rosters").write_text("a file, where a folder must be", encoding="utf-8")
    with pytest.raises(CommandError, match="nothing was written"):
        place({"a.txt": "a", "b/c/d.txt": "d", "rosters/pilot.csv": "b"}, tmp_path)
    assert contents(tmp_path) == {"rosters": "a file, where a folder must be"}
    assert [path.name for path in tmp_path.iterdir()] == ["rosters"]


@pytest.mark.parametrize("link", [".github", "Makefile"])
def test_nothing_is_written_through_a_link(rollout: Command, desk: Path, tmp_path: Path, link: str) -> None:
    (tmp_path / "globex").mkdir()
    (tmp_path / "else").mkdir()
    (tmp_path / "globex" / link).symlink_to(tmp_path / "else" / ("" if link == ".github" else "nowhere"))
    ended = rollout("init", str(tmp_path / "globex"), "--answers", str(desk / "answers.yaml"))
    assert ended.code == 1
    assert f"a link leads out of {tmp_path / 'globex'}" in ended.err
    assert list((tmp_path / "else").iterdir()) == []
    assert [path.name for path in (tmp_path / "globex").iterdir()] == [link]


@pytest.mark.parametrize(
    "source",
    [
        *("--index-url", "git+", "git+https://x/y", 'git+https://x/y@v1;python_version<"3"', "${HOME}/x"),
        *("git+https://user:secret@x/y@v1", "a\nb", "wheels", "http://x/y"),
    ],
)
def test_a_source_that_is_none_or_carries_a_password_is_refused(
    rollout: Command, desk: Path, tmp_path: Path, source: str
) -> None:
    ended = rollout("init", str(tmp_path / "globex"), "--answers", str(answered(desk, source=source)))
    assert ended.code == 1
    assert "answers.yaml: source: not a git address with its tag" in ended.err


def test_an_account_that_yaml_reads_as_a_number_is_said_to_need_quotes(
    rollout: Command, desk: Path, tmp_path: Path
) -> None:
    file = answered(desk)
    file.write_text(file.read_text(encoding="utf-8") + "account: 012345670123\n", encoding="utf-8")
    ended = rollout("init", str(tmp_path / "globex"), "--answers", str(file))
    assert 'account: not an AWS account\'s id, 12 digits in quotes ("123456789012"): 1402433619' in ended.err


@pytest.mark.parametrize("people", ["/etc/passwd", "/dev/zero", "link.csv"])
def test_of_a_file_that_is_no_list_of_people_nothing_is_shown(
    rollout: Command, desk: Path, tmp_path: Path, people: str
) -> None:
    (desk / "link.csv").symlink_to("/etc/passwd")
    ended = rollout("init", str(tmp_path / "globex"), "--answers", str(answered(desk, people=people)))
    assert ended.code == 1
    assert "root:" not in ended.err
    assert "people: " in ended.err


def test_an_address_with_a_comma_stays_one_address(rollout: Command, desk: Path, tmp_path: Path) -> None:
    teams = {"core": {"headcount": 9, "lead": "x,y@globex.example"}, "web": 6}
    file = answered(desk, teams=teams, email={"finance": ["a,b@globex.example"]})
    assert rollout("init", str(tmp_path / "globex"), "--answers", str(file)).code == 0
    made = rollout_of(tmp_path / "globex" / "Pulumi.prod.yaml")
    assert made.organization.teams["core"].lead == "x,y@globex.example"
    assert made.notify.email["finance"] == ("a,b@globex.example",)


def test_nobody_is_asked_where_nobody_is(rollout: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nobody:
        def isatty(self) -> bool:
            return False

    monkeypatch.setattr("sys.stdin", Nobody())
    ended = rollout("init", str(tmp_path / "globex"))
    assert ended.code == 1
    assert "--answers" in ended.err
    assert not (tmp_path / "globex").exists()


def test_the_offered_prices_are_the_published_ones() -> None:
    from cli.company import offered

    for source, prices in offered.MODELS.values():
        assert (float(str(prices["input"])), float(str(prices["output"]))) == tuple(map(float, MODELS[source].usd))


def test_a_companys_workflows_do_what_those_of_this_repository_do() -> None:
    """But for the tests of the program, which are not a company's."""
    for name in ("deploy.yml", "nightly.yml", "pull-request.yml"):
        ours = (PROJECT / ".github" / "workflows" / name).read_text(encoding="utf-8")
        theirs = (PROJECT / "cli" / "company" / "template" / ".github" / "workflows" / name).read_text(encoding="utf-8")
        ours, theirs = (re.sub(r"  check:\n.*?(?=  preview:\n)", "", text, flags=re.DOTALL) for text in (ours, theirs))
        theirs = theirs.replace("      - run: make setup\n      - run: .venv", "      - run: .venv")
        assert theirs.replace(".venv/bin/rollout ci ", "ci/") == ours


def test_without_people_the_first_cohort_waits() -> None:
    made = files(Answers.model_validate({key: value for key, value in ANSWERS.items() if key != "people"}), None)
    assert "level: planned" in made["Pulumi.sandbox.yaml"]
    assert made["rosters/prod-pilot.csv"] == "name,email,team,role,seniority,champion,manager,rationale\n"
