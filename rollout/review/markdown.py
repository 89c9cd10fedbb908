"""Markdown as GitHub shows it, made of other people's words: nothing in them ends a fence, a cell or a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MOST_ROWS = 60
MOST_NAMED = 20
MAX_CELL = 160
# The longest text that a stack file takes has 500 characters (rollout.model.fields, Words).
MAX_CODE = 500
MAX_LINE = 2_000
# Characters of one block or table, so that no part takes the whole comment.
MAX_PART = 9_000


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], room: int = MAX_PART) -> str:
    """Without the columns that no row has anything in; empty where there is no row. As many rows as there is room
    for, which is counted in characters."""
    known = list(rows)
    if not known:
        return ""
    kept = [column for column in range(len(heads)) if any(row[column] for row in known)]
    lines = [_row([heads[column] for column in kept]), _row(["---"] * len(kept))]
    fitting = _fitting([_row([row[column] for column in kept]) for row in known[:MOST_ROWS]], min(room, MAX_PART))
    parts = [f"### {title}", *(["\n".join([*lines, *fitting])] if fitting else [])]
    if left := len(known) - len(fitting):
        parts.append(f"… and {left} more." if fitting else f"… {left}, for which there is no room here.")
    return "\n\n".join(parts)


def block(title: str, language: str, lines: Sequence[str]) -> str:
    """Fenced. Of very many lines the first, and how many more."""
    fitting = _fitting([fenced(line)[:MAX_LINE] for line in lines], MAX_PART)
    more = [f"… and {len(lines) - len(fitting)} more"] if len(lines) > len(fitting) else []
    return f"### {title}\n\n```{language}\n" + "\n".join([*fitting, *more]) + "\n```"


def fenced(text: str) -> str:
    return text.replace("```", "'''")


def listed(texts: Sequence[str]) -> str:
    """The first ones in a row, and how many more."""
    more = [f"and {len(texts) - MOST_NAMED} more"] if len(texts) > MOST_NAMED else []
    return ", ".join([*texts[:MOST_NAMED], *more])


def cell(text: str) -> str:
    """Somebody's words in a table: no mark-up, no mention, no new column."""
    return re.sub(r"[\\`*_<>\[\]|#@&]", lambda found: f"&#{ord(found[0])};", _flat(text, MAX_CELL))


def code(text: str) -> str:
    """Somebody's words as they are, in a table: a span of code has no entities, and only a backtick ends it."""
    flat = _flat(text, MAX_CODE).replace("`", "'").replace("|", "\\|")
    return f"`{flat}`" if flat else ""


def _flat(text: str, most: int) -> str:
    """On one line. What is not to be seen, such as a mark that turns the rest around, is written out."""
    flat = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in " ".join(text.split()))
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    fitting: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        fitting.append(line)
    return fitting
