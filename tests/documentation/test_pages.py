"""Links lead somewhere, down to the heading; every page is in the index; the README names every room."""

from __future__ import annotations

import urllib.parse
from pathlib import Path

import pytest

from tests.documentation.markdown import PAGES, anchors, blocks, links
from tests.stacks import PROJECT

DOCS = PROJECT / "docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_leads_somewhere(page: Path) -> None:
    lost: list[str] = []
    for link in links(page):
        parts = urllib.parse.urlsplit(link)
        if parts.scheme:
            continue
        target = page.parent / urllib.parse.unquote(parts.path) if parts.path else page
        if not target.exists() or (parts.fragment and parts.fragment not in anchors(target)):
            lost.append(link)
    assert lost == []


def test_the_index_has_each_page() -> None:
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.glob("*.md")} - {"README.md"}
    assert {link.partition("#")[0] for link in links(DOCS / "README.md")} >= pages


def test_each_picture_is_shown_somewhere() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    pictures = {path.resolve() for kind in ("*.svg", "*.png") for path in DOCS.rglob(kind)}
    assert pictures <= shown


def test_the_readme_names_every_room() -> None:
    [layout] = [block.text for block in blocks("text") if "composition root" in block.text and "README" in str(block)]
    named = {line.split()[0].rstrip("/") for line in layout.splitlines() if line.strip()}
    rooms = {path.name for path in PROJECT.iterdir() if (path / "__init__.py").exists()}
    assert rooms <= named
