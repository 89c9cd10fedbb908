"""A second company: its own folder, the program installed, and nothing of the product changed for it."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from sandbox.settings import OKTA_TOKEN
from tests.engine.company.installed import Company, founded, wheels
from tests.stacks import PROJECT

HOMER, CAROL, LOU = "homer@globex.example", "carol@globex.example", "lou@globex.example"
# A file of the program, a text in it, and another in its place: what a newer version might have.
ANOTHER_WORD = ("components/observability/denials.py", "Bedrock denied a call of one", "Bedrock refused a call of one")
ANOTHER_NAME = ("rollout/names.py", "-{source_digest(source)}", "-x{source_digest(source)}")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels(tmp_path_factory.mktemp("product"), tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="module")
def globex(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Company]:
    company = founded(tmp_path_factory.mktemp("second"), source)
    company.git("init", "--quiet", "--initial-branch", "main")
    company.git("add", "--all")
    company.git("commit", "--quiet", "--message", "as init made it")
    try:
        said = company.run("make", "up")
        assert "Claude Code at Globex, stack sandbox" in said
        company.enter()
        yield company
    finally:
        company.run("make", "down")


def members(company: Company, cohort: str = "pilot") -> list[str]:
    return company.document("summary", "-s", "sandbox")[cohort]["members"]


def in_okta(company: Company) -> dict[str, list[str]]:
    """The groups of each person."""
    headers = {"Authorization": f"SSWS {OKTA_TOKEN}"}
    address = f"{company.variables['OKTA_HTTP_PROXY']}/sandbox/directory"
    with httpx.Client(trust_env=False, headers=headers) as client:
        return {person["email"]: person["groups"] for person in client.get(address).json()}


def answered(company: Company, email: str, cohort: str = "pilot") -> bool:
    """Whether a model answers them, in a session of this moment."""
    role = company.document("summary", "-s", "sandbox")[cohort]["role_arn"]
    signed = subprocess.run(
        [".venv/bin/python", "-m", "sandbox", "sign-in", email, "--role-arn", role],
        cwd=company.folder,
        env=company.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return signed.returncode == 0


def test_what_make_up_deploys_is_the_companys_own_and_its_files_stay_as_they_are(globex: Company) -> None:
    assert members(globex) == [CAROL, HOMER]
    assert sorted(in_okta(globex)) == [CAROL, "hank.scorpio@globex.example", HOMER]
    assert globex.git("status", "--porcelain") == ""
    globex.run("pulumi", "preview", "-s", "sandbox", "--expect-no-changes", "--policy-pack", "policies")


@pytest.mark.long
def test_a_day_of_a_company(globex: Company) -> None:
    """Somebody joins, moves, is stopped alone, leaves; a cohort is suspended and comes back."""
    roster = globex.folder / "rosters" / "sandbox-pilot.csv"
    roster.write_text(roster.read_text() + f"Lou L,{LOU},web,Engineer,mid,no,hank.scorpio@globex.example,\n")
    assert f"new in Okta: {LOU}" in globex.run("make", "up")
    assert LOU in members(globex)
    assert answered(globex, LOU)

    globex.rollout("add-cohort", "-s", "sandbox", "web", "--model", "haiku", "--level", "active", "--yes")
    globex.rollout("move-member", "-s", "sandbox", LOU, "web", "--yes")
    globex.rollout("up", "-s", "sandbox", "--yes")
    assert members(globex, "web") == [LOU]
    assert LOU not in members(globex)
    assert answered(globex, LOU, "web")

    incident = ("--incident", "INC-1", "--reason", "A key was committed", "--yes")
    globex.rollout("set-level", "-s", "sandbox", "web", "suspended", *incident)
    assert not answered(globex, LOU, "web")
    assert answered(globex, HOMER)
    globex.rollout("set-level", "-s", "sandbox", "web", "active", "--yes")
    assert answered(globex, LOU, "web")

    globex.rollout("remove-member", "-s", "sandbox", "pilot", CAROL, "--yes")
    globex.rollout("up", "-s", "sandbox", "--yes")
    assert members(globex) == [HOMER]
    assert in_okta(globex)[CAROL] == []


def test_what_ci_calls_runs_from_the_companys_folder(globex: Company) -> None:
    globex.git("add", "--all")
    globex.git("commit", "--quiet", "--allow-empty", "--message", "what a day left")
    globex.rollout("ci", "policies", "sandbox")
    globex.rollout("ci", "drift", "sandbox")
    globex.rollout("ci", "preview", "sandbox", "HEAD~1", "review")
    comment = (globex.folder / "review" / "comment.md").read_text(encoding="utf-8")
    assert comment.startswith("<!-- claude-code-rollout review: sandbox -->")
    assert "did you mean policies?" in globex.rollout("ci", "policy", code=1)
    assert "policies takes STACK" in globex.rollout("ci", "policies", code=1)


def test_the_same_version_again_would_change_nothing(globex: Company, source: Path) -> None:
    globex.run("make", "up")
    said = globex.rollout("upgrade", str(source), "-s", "sandbox")
    assert "both would do the same" in said


@pytest.mark.parametrize(
    ("change", "code", "name", "word"),
    [(ANOTHER_WORD, 3, "meter-denials", "update"), (ANOTHER_NAME, 1, "pilot-haiku", "replace")],
)
def test_what_a_newer_version_would_do_is_said_before_it_is_taken(
    globex: Company, tmp_path: Path, change: tuple[str, str, str], code: int, name: str, word: str
) -> None:
    newer = wheels(tmp_path / "product", tmp_path / "newer", "99.1.0", change)
    found = globex.document("upgrade", str(newer), "-s", "sandbox", code=code)
    assert found["then"] == "99.1.0"
    assert [one for one in found["changes"] if one["name"].startswith(name) and one["then"] == word]
    assert [each["version"] for each in found["changelog"]] == ["Unreleased"]
    assert globex.rollout("--version").strip() != "rollout 99.1.0"


def test_a_source_that_is_none_is_said_in_words_and_nothing_changes(globex: Company, tmp_path: Path) -> None:
    said = globex.rollout("upgrade", str(tmp_path / "nowhere"), "-s", "sandbox", code=1)
    assert "cannot be installed; nothing was changed" in said


def test_nothing_of_the_product_was_changed_for_the_second_company(globex: Company) -> None:
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", *("examples", "rollout", "components", "cli", "sandbox", "policies")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert globex.folder.exists()
    assert "globex" not in changed.lower()
