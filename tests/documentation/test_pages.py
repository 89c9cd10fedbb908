"""Links lead somewhere, down to the heading; every page is in the index; CONTRIBUTING names every room, and the README is read in a minute."""

from __future__ import annotations

import re
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


def test_contributing_names_every_room() -> None:
    [layout] = [
        block.text for block in blocks("text") if "composition root" in block.text and "CONTRIBUTING" in str(block)
    ]
    named = {line.split()[0].rstrip("/") for line in layout.splitlines() if line.strip()}
    rooms = {path.name for path in PROJECT.iterdir() if (path / "__init__.py").exists()}
    assert rooms <= named


def test_the_readme_is_no_longer_than_what_is_read_at_first() -> None:
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130


def test_whoever_reads_contributing_finds_each_command() -> None:
    said = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", said)) - targets == set()
