"""Whose people the sandbox's Okta knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import company

STACK = """config:
  okta:orgName: initech
  claude-code-rollout:organization: {teams: {tps: {headcount: 7, lead: bill@initech.example}}}
  claude-code-rollout:cohorts:
    pilot: {roster: rosters/pilot.csv}
    early: {members: {samir@initech.example: {name: Samir N, team: tps}}}
"""
ROWS = "Name;Email;Team;Manager\nPeter G;Peter@initech.example;tps;bill@initech.example\nTBD;TBD;;\n"


@pytest.fixture
def initech(tmp_path: Path) -> Path:
    (tmp_path / "rosters").mkdir()
    (tmp_path / "Pulumi.sandbox.yaml").write_text(STACK, encoding="utf-8")
    (tmp_path / "rosters" / "pilot.csv").write_bytes(b"\xef\xbb\xbf" + ROWS.replace("\n", "\r\n").encode())
    return tmp_path


def test_everybody_whom_a_companys_files_name_is_known_however_a_spreadsheet_wrote_them(initech: Path) -> None:
    found = {person["email"]: (person["name"], person["team"]) for person in company.people(initech)}
    assert found == {
        "peter@initech.example": ("Peter G", "tps"),
        "samir@initech.example": ("Samir N", "tps"),
        "bill@initech.example": ("Bill", "tps"),
    }
    assert company.okta_org(initech) == "initech"


def test_a_companys_directory_is_the_word_where_there_is_one(initech: Path) -> None:
    (initech / "directory.csv").write_text("name,email,team\nMilton W,milton@initech.example,tps\n", encoding="utf-8")
    assert [person["email"] for person in company.people(initech)] == ["milton@initech.example"]


def test_somebody_is_shown_how_to_sign_in_by_the_way_that_the_stack_has(initech: Path) -> None:
    assert company.signs_in_with(initech, "1") == "--role-arn arn:aws:iam::1:role/claude-code-pilot"
    file = initech / "Pulumi.sandbox.yaml"
    file.write_text(f"{STACK}  claude-code-rollout:federation: identity_center\n", encoding="utf-8")
    assert company.signs_in_with(initech, "1") == "--permission-set claude-code-pilot"


def test_the_folder_one_stands_in_is_deployed_if_it_has_a_stack_for_the_sandbox(initech: Path, tmp_path: Path) -> None:
    assert company.folder({}, here=initech) == initech
    assert company.folder({}, here=tmp_path / "elsewhere") == company.EXAMPLE
    assert company.folder({company.VARIABLE: str(tmp_path)}, here=initech) == tmp_path
