"""`make attacks-page`: the section of docs/macs.md that says what was tried against the settings, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

from rollout.levels import Level
from sandbox.settings import PROJECT
from tests.client.attacks import ATTACKS, OWN, Attack
from tests.client.installed import VERSIONS, Client

PAGE = PROJECT / "docs" / "macs.md"
BEGIN, END = "<!-- attacks: written by `make attacks-page` -->", "<!-- end of attacks -->"
# Whether an attack, by its name, was stopped in a client at a level.
Seen = MutableMapping[tuple[str, Client, Level], bool]


def expected() -> dict[tuple[str, Client, Level], bool]:
    """What the tests hold the clients to."""
    return {
        (attack.name, client, level): attack.is_stopped(client, level)
        for attack in ATTACKS
        for client in Client
        for level in attack.levels
    }


def section(seen: Mapping[tuple[str, Client, Level], bool]) -> str:
    return "\n".join([BEGIN, "", *_rows(seen), "", END])


def _rows(seen: Mapping[tuple[str, Client, Level], bool]) -> Iterator[str]:
    yield f"| What a person does | At | {' | '.join(VERSIONS[client] for client in Client)} |"
    yield f"| --- | --- |{' --- |' * len(Client)}"
    for attack in ATTACKS:
        levels = ", ".join(f"`{level}`" for level in attack.levels)
        own = " *" if attack in OWN else ""
        cells = " | ".join(_cell(attack, client, seen) for client in Client)
        yield f"| {attack.does}{own} | {levels} | {cells} |"


def _cell(attack: Attack, client: Client, seen: Mapping[tuple[str, Client, Level], bool]) -> str:
    through = [level for level in attack.levels if not seen[attack.name, client, level]]
    if not through:
        return "stopped"
    return "**works**" if len(through) == len(attack.levels) else f"**works** at {', '.join(map(str, through))}"


def on_page(page: Path = PAGE) -> str:
    text = page.read_text(encoding="utf-8")
    return text[text.index(BEGIN) : text.index(END) + len(END)]


def write(seen: Mapping[tuple[str, Client, Level], bool], page: Path = PAGE) -> None:
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace(on_page(page), section(seen)), encoding="utf-8")
