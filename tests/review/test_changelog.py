"""What is between an installed version and a newer one, by the newer one's CHANGELOG.md."""

from __future__ import annotations

from rollout.review.changelog import Entry, entries_since
from tests.stacks import PROJECT

TEXT = """# Changes

By what a stack sees.

## Unreleased

### Added

- What [nobody](docs/x.md) has.

## 0.3.0 (2026-12-01)

- Third.

## 0.2.0

- Second.

## 0.1.0

The first.
"""


def test_all_above_the_installed_version_is_told_the_newest_first() -> None:
    assert entries_since(TEXT, "0.2.0") == [
        Entry("Unreleased", "### Added\n\n- What nobody has."),
        Entry("0.3.0 (2026-12-01)", "- Third."),
    ]


def test_of_the_newest_version_only_what_is_not_released_is_told() -> None:
    assert [each.version for each in entries_since(TEXT, "0.3.0")] == ["Unreleased"]


def test_of_a_version_that_the_file_does_not_know_all_is_told() -> None:
    assert len(entries_since(TEXT, "0.0.9")) == 4


def test_our_own_names_the_version_that_is_installed() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [each.version for each in entries_since(text, "0.1.0")] == ["Unreleased"]
