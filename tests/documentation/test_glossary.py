"""The glossary is short, sorted, and of words that the pages use."""

from __future__ import annotations

import re

from tests.documentation.markdown import PAGES, prose
from tests.stacks import PROJECT

GLOSSARY = PROJECT / "docs" / "glossary.md"
WORDS = re.findall(r"^\| ([a-z ]+) \| \S", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_glossary_has_at_most_twenty_words_in_order() -> None:
    assert 10 <= len(WORDS) <= 20
    assert sorted(set(WORDS)) == WORDS


def test_each_word_is_used_elsewhere() -> None:
    others = "\n".join(prose(page).lower() for page in PAGES if page != GLOSSARY)
    assert [word for word in WORDS if not re.search(rf"\b{word}s?\b", others)] == []
