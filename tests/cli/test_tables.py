"""In a narrow terminal an e-mail address stays whole, and nothing is cut off."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from cli.terminal.markdown import shown
from cli.terminal.tables import keep_addresses

ADDRESS = "alexandra.montgomery@acme.example"
WORDS = "invokes the models of its level and none besides"


def printed(what: object, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(what)
    return out.getvalue()


def test_a_plans_table_breaks_other_columns_before_an_address() -> None:
    rows = f"| + | {ADDRESS} | {WORDS} | pilot, active: sonnet, haiku, opus | {WORDS} |"
    text = printed(shown(f"| | who | before | after | what |\n| --- | --- | --- | --- | --- |\n{rows}"), 80)
    assert ADDRESS in text
    assert max(map(len, text.splitlines())) <= 80
    assert set("".join(text.split())) >= set("".join(WORDS.split()))


@pytest.mark.parametrize("width", [30, 50, 60, 80, 200])
def test_nothing_is_cut_off_however_narrow_it_is(width: int) -> None:
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in ("cohort", "in IAM", "in Okta", "on Macs"):
        table.add_column(name, overflow="fold")
    table.add_row("pilot", f"allowed; denied alone: {ADDRESS}", "24 of 25 in its group", "3 of 3 at the last update")
    keep_addresses(table, width)
    text = printed(table, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert text.count("@") == 1
    letters = "".join(sorted("".join(text.split())))
    wanted = (
        "cohort in IAM in Okta on Macs pilot allowed; denied alone: 24 of 25 in its group 3 of 3 at the last update"
    )
    assert letters == "".join(sorted("".join(f"{wanted}{ADDRESS}".split())))
    assert width < 80 or ADDRESS in text
