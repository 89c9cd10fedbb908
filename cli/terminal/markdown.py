"""Markdown of ours on a terminal: nothing in a table is cut, for what is cut is an address or an ARN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from rich.console import Console, ConsoleOptions
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.table import Table

from cli.terminal.tables import keep_addresses


class _Whole(TableElement):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        for each in super().__rich_console__(console, options):
            if isinstance(each, Table):
                for column in each.columns:
                    column.overflow = "fold"
                keep_addresses(each, options.max_width)
            yield each


class Page(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": _Whole}


def shown(text: str) -> Page:
    """Code without colours: most of it is names."""
    return Page(text, code_theme="bw")
