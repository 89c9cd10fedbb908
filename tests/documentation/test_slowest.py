"""`make slowest` reads what `make test` leaves."""

from __future__ import annotations

from pathlib import Path

from tests.slowest import slowest


def test_the_longest_test_is_first(tmp_path: Path) -> None:
    file = tmp_path / "times.xml"
    cases = '<testcase classname="tests.a" name="one" time="0.5"/><testcase classname="tests.b" name="two" time="7.1"/>'
    file.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>", encoding="utf-8")
    assert slowest(file) == [(7.1, "tests.b::two"), (0.5, "tests.a::one")]
