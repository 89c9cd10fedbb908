"""docs/cuts.md says what is seen: whoever is cut stays cut, whatever is typed, away, old, killed or renamed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cuts_hold.world import Judge
from tests.engine import world as worlds
from tests.engine.cuts.parts import PARTS, Tried, sandbox
from tests.engine.cuts.table import PAGE, Part, Row, page
from tests.engine.world import World

# Where `make cuts-page` has each part written.
WRITE = "CUTS_PAGE_WRITE"
MORE_OF_OUR_OWN, FOUND = 10, 20


@pytest.mark.sampled("tried")
@pytest.mark.parametrize("tried", PARTS, ids=lambda tried: tried.title)
def test_nobody_who_is_cut_may_invoke_and_the_page_says_so(
    tried: Tried, fresh: World, onboarded: World, tmp_path: Path
) -> None:
    judge = Judge()
    try:
        with worlds.running(sandbox(tried.begins, tmp_path, fresh, onboarded)) as world:
            found = tried.part(world, judge)
    finally:
        judge.close()
    if folder := os.environ.get(WRITE):
        (Path(folder) / f"{PARTS.index(tried)}.md").write_text(str(found), encoding="utf-8")
    assert [row.verdict for row in found.rows if not row.is_no_surprise] == []
    if not folder:
        said = PAGE.read_text(encoding="utf-8")
        assert str(found) in said, f"docs/cuts.md is stale: `make cuts-page`\n\n{found}"


def test_the_page_has_each_part_once_and_nothing_besides() -> None:
    said = PAGE.read_text(encoding="utf-8")
    tables = said.split("\n## ")[1:-1]
    assert [table.partition("\n")[0] for table in tables] == [tried.title for tried in PARTS]
    assert said == page(f"## {table}".rstrip() for table in tables), "docs/cuts.md is stale: `make cuts-page`"
    rows = [line for table in tables for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) - len(tables) * 2 >= FOUND + MORE_OF_OUR_OWN


def test_a_row_with_somebody_who_may_invoke_is_a_surprise() -> None:
    row = Row("way", ("`pulumi up`",), "alice", "ALLOWED / ended", "-", "-", "**SURPRISE**: alice may invoke")
    assert not row.is_no_surprise
    assert "ALLOWED" in str(Part("part", "text", [row]))
