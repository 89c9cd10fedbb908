"""What a change of a stack file does, for whoever reviews it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cli.stack_file.files import encrypted, rollout_of
from cli.terminal.errors import CommandError
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.review.comment import comment
from rollout.review.diff import Diff, diff
from rollout.review.engine_plan import Plan


def review(
    base: Path,
    head: Path,
    preview: Path | None = None,
    engine_diff: Path | None = None,
    changed: Path | None = None,
) -> str:
    """The comment. `base`, `head`: `Pulumi.<stack>.yaml`, either of which may be missing; `preview`, `engine_diff`: of
    the head, as events in JSON and as text. `changed`: a file that names the files of the whole request, one a line."""
    stack = head.name.removeprefix("Pulumi.").removesuffix(".yaml")
    _require_one_of(base, head)
    # The base was right once: that an exception in it has expired since is no reason to know nothing of it.
    before, unread = _read(base, by_clock=False)
    after, mistakes = _read(head)
    paths = _text(changed).splitlines() if changed else ()
    if mistakes:
        return comment(stack, diff(before, before), None, mistakes, unread=unread, changed=paths)
    plan = _plan(preview) if preview else None
    details = _text(engine_diff) if engine_diff else ""
    found = diff(after, after) if unread else _with_secrets(diff(before, after), base, head)
    return comment(stack, found, plan, engine_diff=details, unread=unread, changed=paths)


def _require_one_of(base: Path, head: Path) -> None:
    """A stack is made or taken away under its own name: another name is mistyped, and all would seem to lose access."""
    missing = [path for path in (base, head) if not path.exists()]
    if len(missing) == 2 or (missing and base.name != head.name):
        raise CommandError("\n".join(f"{path}: no such stack file" for path in missing))


def _read(path: Path, by_clock: bool = True) -> tuple[Rollout | None, Sequence[str]]:
    if not path.exists():
        return None, ()
    try:
        return rollout_of(path, by_clock), ()
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
