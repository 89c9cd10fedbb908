"""The pages as a site: in an order by reader, with nothing from another address and no link into nowhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.stacks import PROJECT
from tools.site_links import on_page_markdown

# What a browser fetches by itself; a link that a person follows is none.
FETCHED = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)""")


def made(project: Path, site: Path) -> tuple[int, str]:
    said = subprocess.run(
        ["sh", str(PROJECT / "tools" / "site.sh"), str(site)],
        cwd=project,
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    return said.returncode, said.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert made(PROJECT, folder) == (0, "")
    return folder


@pytest.mark.slow
def test_a_reader_of_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    assert {found for page in pages for found in FETCHED.findall(page.read_text(encoding="utf-8"))} == set()


@pytest.mark.slow
def test_a_link_into_nowhere_and_a_page_outside_the_order_fail(tmp_path: Path) -> None:
    for name in ("docs", "tools"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    shutil.copy(PROJECT / "mkdocs.yml", tmp_path)
    (tmp_path / "docs" / "glossary.md").write_text("[x](nowhere.md)")
    (tmp_path / "docs" / "new.md").write_text("new")
    code, said = made(tmp_path, tmp_path / "site")
    assert code == 1
    assert "nowhere.md" in said
    assert "new.md" in said


@pytest.mark.slow
def test_a_mermaid_diagram_stays_text(site: Path) -> None:
    """The theme would fetch what draws it."""
    assert 'class="mermaid"' not in (site / "architecture" / "index.html").read_text(encoding="utf-8")


def test_a_link_out_of_the_pages_becomes_words() -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="decisions/0001.md"))
    text = "[the code](../../rollout/names.py), [a page](../macs.md#x), [another](0002.md), ![drawn](../a.svg)"
    said = on_page_markdown(text, page=page)
    assert said == "the code, [a page](../macs.md#x), [another](0002.md), ![drawn](../a.svg)"
