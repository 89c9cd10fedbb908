"""The reference of the commands."""

from __future__ import annotations

from cli.pages.commands import page
from tests.stacks import PROJECT


def test_the_page_is_what_the_commands_say() -> None:
    assert (PROJECT / "docs" / "rollout.md").read_text(encoding="utf-8") == page(), "run `make commands-page`"
