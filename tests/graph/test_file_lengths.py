"""No Python file has more than 300 lines, but tables of cases: one file has one reason to change."""

from __future__ import annotations

import subprocess

import pytest

from tests.stacks import PROJECT

MOST_LINES = 300
# Rows and nothing else: a row is added, none is understood by those beside it.
TABLES = {
    "tests/client/attacks.py",
    "tests/guard/forms.py",
    "tests/policies/cases.py",
    "tests/policies/mutations.py",
}


@pytest.fixture(scope="module")
def over() -> set[str]:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    names = subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.splitlines()
    files = {name: PROJECT / name for name in names if (PROJECT / name).is_file()}
    return {name for name, file in files.items() if file.read_text(encoding="utf-8").count("\n") > MOST_LINES}


def test_only_tables_have_more_lines(over: set[str]) -> None:
    assert over - TABLES == set()


def test_the_product_has_no_exception() -> None:
    assert all(name.startswith(("sandbox/", "tests/")) for name in TABLES)


def test_a_file_that_was_cut_is_no_exception_any_more(over: set[str]) -> None:
    assert over >= TABLES
