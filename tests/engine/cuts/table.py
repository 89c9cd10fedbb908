"""docs/cuts.md as data: a row for each way in which a cut could fail to hold, and what was seen of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.stacks import PROJECT

PAGE = PROJECT / "docs" / "cuts.md"
HOLDS, LIMIT = "holds", "known limit"
HEAD = """# Cuts that hold

Each row is a way in which somebody who is said to be cut could still invoke Bedrock. Most were found by outsiders who tried hard; they are mended, and this page is what is seen of each now. It is made by a test: each row was typed, with the real engine, in a sandbox of its own, and the test fails where this page says anything else (`make cuts-page` writes it anew).

- **Before, during, after**: sessions that were issued before the incident, while it was open, and after access was given back. At once / after an hour.
- **denied**: a call to the sandbox's Bedrock with that session is refused, and an IAM evaluator that others wrote denies it too, given the documents that IAM held at that moment; the two must agree. Where a row has several steps, this was asked after each of them.
- **ended**: no session of a role lives longer than 60 minutes (`MaxSessionDuration`). Of a session that is denied the evaluator also said that it would still be denied in an hour, if it lived.
- **no sign-in**: Okta or AWS refuses to begin a session. **may**: it may invoke, as it should. **-**: there is none in this row.
"""
COLUMNS = ("What happened", "What was typed", "Who was cut", "Before", "During", "After", "Verdict")
FOOT = """
## Tried elsewhere

| Way | Test |
| --- | --- |
| A change of level killed at twenty moments, each finished by the next update | [`test_interrupted.py`](../tests/engine/access/test_interrupted.py) |
| Clouds that refuse one call in ten, with 429 or 500 | [`test_interrupted.py`](../tests/engine/access/test_interrupted.py) |
| Whatever is away (Okta, its token, the state, its lock, the engine, Jamf Pro): `rollout cut` and break-glass | [`test_cut.py`](../tests/engine/access/test_cut.py), [`test_break_glass.py`](../tests/engine/access/test_break_glass.py) |
| Okta's own address silent, as in production, with a provider that would wait for hours | [`test_no_plane_waits.py`](../tests/engine/access/test_no_plane_waits.py) |
| Ten thousand steps of edits, updates, cuts, removals, resumes, kills and old copies in any order | [`test_sequences.py`](../tests/cuts_hold/test_sequences.py) |
| More names than a role's policies hold | [`test_sizes.py`](../tests/documents/test_sizes.py) |
"""


@dataclass(frozen=True)
class Row:
    """`before`, `during`, `after`: a cell each, `at once / after an hour`."""

    way: str
    typed: tuple[str, ...]
    who: str
    before: str
    during: str
    after: str
    verdict: str

    @property
    def line(self) -> str:
        typed = "<br>".join(_escaped(each) for each in self.typed)
        cells = (_escaped(self.way), typed, _escaped(self.who), self.before, self.during, self.after, self.verdict)
        return f"| {' | '.join(cells)} |"

    @property
    def is_no_surprise(self) -> bool:
        return self.verdict.startswith((HOLDS, LIMIT))


@dataclass(frozen=True)
class Part:
    """Rows of one sandbox. `text`: what they share."""

    title: str
    text: str
    rows: Sequence[Row]

    def __str__(self) -> str:
        head = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}"
        return "\n".join([f"## {self.title}\n", f"{self.text}\n", head, *(row.line for row in self.rows)])


def page(parts: Iterable[str]) -> str:
    """`parts`: each as `Part` has it in text."""
    return "\n".join([HEAD, *(f"{part}\n" for part in parts)]).rstrip() + "\n" + FOOT


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
