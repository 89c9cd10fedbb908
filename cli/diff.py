"""What a change of a stack file does, for whoever reviews it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cli.errors import CommandError
from cli.files import encrypted, rollout_of
from rollout.config import Rollout
from rollout.diff import Diff, diff
from rollout.review import Plan, comment
from rollout.words import StackFileError


def review(base: Path, head: Path, preview: Path | None = None, engine_diff: Path | None = None) -> str:
    """The comment. `base`, `head`: `Pulumi.<stack>.yaml`, either of which may be missing; `preview`, `engine_diff`: of
    the head, as events in JSON and as text."""
    stack = head.name.removeprefix("Pulumi.").removesuffix(".yaml")
    before, before_mistakes = _read(base)
    after, mistakes = _read(head)
    if before_mistakes and not mistakes:
        before = None  # the change mends it: all of it is new
    if mistakes:
        return comment(stack, diff(before, before), None, mistakes)
    plan = _plan(preview) if preview else None
    details = _text(engine_diff) if engine_diff else ""
    return comment(stack, _with_secrets(diff(before, after), base, head), plan, engine_diff=details)


def _read(path: Path) -> tuple[Rollout | None, Sequence[str]]:
    if not path.exists():
        return None, ()
    try:
        return rollout_of(path), ()
    except StackFileError as error:
        return None, error.lines


def _with_secrets(found: Diff, base: Path, head: Path) -> Diff:
    before, after = (encrypted(path) if path.exists() else {} for path in (base, head))
    changed = {
        key: ("a secret" if key in before else None, "another secret" if key in after and key in before else "a secret")
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    }
    return replace(found, settings={**found.settings, **changed})


def _plan(path: Path) -> Plan:
    try:
        return Plan.read(_text(path))
    except ValueError as error:
        raise CommandError(f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
