"""The pages people read, and what is in them: fenced blocks, code in sentences, headings, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.stacks import PROJECT

FENCE = re.compile(r"^( *)```([a-z]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
PAGES = sorted(
    path
    for path in (
        *PROJECT.glob("*.md"),
        *(PROJECT / "docs").rglob("*.md"),
        *(PROJECT / "bootstrap").rglob("*.md"),
        *(PROJECT / "sandbox").glob("*.md"),
    )
    if "node_modules" not in path.parts
)


@dataclass(frozen=True)
class Block:
    """`line`: where its first line is in the page, from 1."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(PROJECT)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """Of all pages, in order."""
    return [block for page in PAGES for block in _blocks(page) if block.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        yield Block(page, text.count("\n", 0, found.start(3)) + 1, found[2], found[3])


def prose(page: Path) -> str:
    """Without fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def code_in_sentences(page: Path) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(page))


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?<!`)`[^`\n]+`(?!`)", "", prose(page)))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings: lower case, no punctuation but hyphens and underscores, repeats numbered."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", prose(page), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        numbered = (f"{anchor}-{number}" if number else anchor for number in range(1000))
        found.add(next(name for name in numbered if name not in found))
    return found
