"""The managed settings of a stack's cohorts, as files; and what is on the machine that this runs on."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from cli.live import registry
from cli.live.engine import outputs
from cli.live.signing_in import command_of
from cli.live.stack import CommandError, stack_file
from cli.pages.settings_schema import check_schema, client_keys
from cli.terminal.json_out import print_json
from rollout.macs.bundle import Piece, bundle, templates
from rollout.macs.checks import text_findings
from rollout.macs.model import SettingsError
from rollout.macs.places import PLACES, POLICY_KEY, Platform
from rollout.macs.sources import drop_in_findings, managed_paths, source_findings
from rollout.model.errors import nearest
from rollout.model.macs import Channel
from rollout.model.rollout import Rollout

INDEX = "where.txt"
DOCUMENTS = ("managed-settings.json", "registry-value.json")


def write(stack: str, folder: Path, schema: str | None, as_json: bool = False) -> None:
    """Into `folder/<stack>`, which is ours and written anew. Raises CommandError where a document is not in order."""
    rollout = stack_file(Path.cwd(), stack)
    pieces = [*_pieces(rollout, outputs(Path.cwd(), stack)), *templates()]
    if schema and (lines := _against(schema, pieces)):
        raise CommandError("\n".join(["the schema refuses what was rendered; nothing was written:", *lines]))
    target = folder / stack
    if target.exists():
        if not (target / INDEX).is_file():
            raise CommandError(f"{target}: not written by this command; name another folder, or remove it")
        shutil.rmtree(target)
    for piece in pieces:
        file = target / piece.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(piece.content)
        file.chmod(piece.mode)
    target.mkdir(parents=True, exist_ok=True)
    lines = [f"{piece.name} -> {piece.goes_to}" for piece in pieces]
    (target / INDEX).write_text("\n".join([*lines, ""]), encoding="utf-8")
    if as_json:
        places = {piece.name: str(piece.goes_to) for piece in pieces}
        print_json({"folder": str(target), "files": places})
        return
    print(f"{len(pieces)} files in {target}; {INDEX} says where each goes" + (", the schema agrees" if schema else ""))


def _pieces(rollout: Rollout, known: Mapping[str, Any]) -> Iterator[Piece]:
    for name in (name for name, cohort in rollout.declared.items() if not cohort.machines):
        arns: dict[str, str] = known.get("cohorts", {}).get(name, {}).get("profile_arns", {})
        if rollout.cohorts[name].level.effects.role and not set(rollout.cohorts[name].models) <= set(arns):
            raise CommandError(f"cohort {name} has not all of its profiles yet; run `pulumi up` first")
        try:
            yield from bundle(rollout, name, arns, command_of(rollout, name, known))
        except SettingsError as error:
            raise CommandError(str(error)) from None


def _against(schema: str, pieces: list[Piece]) -> list[str]:
    documents = [piece for piece in pieces if piece.name.endswith(DOCUMENTS)]
    return [f"{piece.name}: {line}" for piece in documents for line in check_schema(json.loads(piece.content), schema)]


def channel(text: str) -> Channel:
    if text not in set(Channel):
        raise CommandError(f"--machine: no such mac.channel: {text}; {nearest(text, list(Channel))}")
    return Channel(text)


def look(channel: Channel, root: Path = Path("/"), schema: str | None = None) -> list[str]:
    """What is wrong with the managed settings on this machine, one line each. `root`: where its files are. `schema`:
    Claude Code's published one, a file or an https:// address, by which keys that are none of ours are known."""
    client = client_keys(schema) if schema else None
    platform = {"darwin": Platform.MACOS, "win32": Platform.WINDOWS}.get(sys.platform, Platform.LINUX)
    places = PLACES[platform]
    there = {path: root / path.lstrip("/") for path in managed_paths(platform)}
    value = registry.policy() if places.profile == POLICY_KEY else None
    present = {path for path, file in there.items() if file.exists()}
    if value is not None:
        present.add(POLICY_KEY)
    lines = [f"{finding.path}: {finding.text}" for finding in source_findings(channel, platform, present)]
    base: dict[str, Any] = {}
    if value is not None:
        lines += [f"{POLICY_KEY}: {finding.line}" for finding in text_findings(value, client)]
    if there[places.settings].is_file():
        text = there[places.settings].read_text(encoding="utf-8", errors="replace")
        lines += [f"{places.settings}: {finding.line}" for finding in text_findings(text, client)]
        base = _document(text)
    for file in sorted(there[places.drop_ins].glob("[!.]*.json")) if there[places.drop_ins].is_dir() else []:
        found = drop_in_findings(base, _document(file.read_text(encoding="utf-8", errors="replace")))
        lines += [f"{places.drop_ins}/{file.name}: {finding.line}" for finding in found]
    return lines


def _document(text: str) -> dict[str, Any]:
    try:
        found: object = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
