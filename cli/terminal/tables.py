"""Tables in a terminal that is too narrow for them: other columns break before an e-mail address does."""

from __future__ import annotations

from rich.table import Column, Table
from rich.text import Text

# Below it a column of words is no use to a reader.
LEAST = 10


def keep_addresses(table: Table, most: int) -> None:
    """Give columns with e-mail addresses the width of the longest one, where `most` characters leave the others at
    least `LEAST` each; nothing where the table fits as it is. Nothing is ever cut off."""
    texts = [_texts(column) for column in table.columns]
    whole = [max((len(line) for text in each for line in text.splitlines()), default=0) for each in texts]
    room = most - _around(table)
    if sum(whole) <= room:
        return
    addresses = [max((len(word) for text in each for word in text.split() if "@" in word), default=0) for each in texts]
    least = [word or min(width, LEAST) for word, width in zip(addresses, whole, strict=True)]
    spare = room - sum(least)
    if spare < 0 or not any(addresses):
        return
    others = sum(width - small for word, width, small in zip(addresses, whole, least, strict=True) if not word)
    for column, word, width in zip(table.columns, addresses, whole, strict=True):
        if word:
            column.width = min(width, word + max(0, spare - others) // sum(map(bool, addresses)))


def _texts(column: Column) -> list[str]:
    return [each.plain if isinstance(each, Text) else str(each) for each in (column.header, *column.cells)]


def _around(table: Table) -> int:
    """Padding, and a line between columns where the box has one."""
    _, right, _, left = table.padding
    count = len(table.columns)
    return count * (left + right) + (count + 1 if table.box else 0)
