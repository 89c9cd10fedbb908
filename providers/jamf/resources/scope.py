"""Scopes: what a write sends, which replaces the whole, and what a read finds beside what we set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from providers.jamf.markup import element, ids, text

OURS = {("", "computer_groups"), ("exclusions", "computer_groups"), ("", "computers")}


def scope(
    computer_groups: Iterable[str] = (), excluded_groups: Iterable[str] = (), computers: Iterable[str] = ()
) -> str:
    """What is not named here is wiped, so everything is."""
    return element(
        "scope",
        text("all_computers", value=False),
        ids("computers", "computer", computers),
        ids("computer_groups", "computer_group", computer_groups),
        element("limitations"),
        element("exclusions", ids("computer_groups", "computer_group", excluded_groups)),
    )


def group_ids(found: Mapping[str, Any], part: str = "") -> list[str]:
    return ids_of(found, part, "computer_groups")


def ids_of(found: Mapping[str, Any], part: str, container: str) -> list[str]:
    within: Any = found.get(part, {}) if part else found
    return sorted(str(each["id"]) for each in within.get(container) or [])


def beside(found: Mapping[str, Any], ours: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Targets, limitations and exclusions that somebody added, in words."""
    known = set(ours)
    for flag in ("all_computers", "all_jss_users"):
        if found.get(flag):
            yield f"scope: {flag}"
    for part in ("", "limitations", "exclusions"):
        within: Any = found.get(part, {}) if part else found
        for container, members in sorted(within.items()):
            if isinstance(members, list) and members and (part, container) not in known:
                names = ", ".join(sorted(str(each.get("name") or each.get("id")) for each in members))  # pyright: ignore
                yield f"scope: {f'{part} ' if part else ''}{container}: {names}"
