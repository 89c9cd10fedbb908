"""The hook: what it was told, what it looked at, and its answer. Exit 0 lets the command run, 2 stops it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from commit_guard import GuardError

if TYPE_CHECKING:
    from commit_guard.work import Work

LET, STOP = 0, 2
# Claude Code lets the command run where a hook takes longer than its timeout, which is 10 seconds.
SECONDS = 8
MAX_INPUT = 4 * 1024 * 1024
SHOWN = 10
DOUBTS_SHOWN = 3
MAX_TEXT = 160
# What the command itself says, such as a commit's message, or a file that it writes before it commits.
COMMAND = "the command itself"
CONFIGURATION = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "commit-guard.json")
Finding = tuple[str, int, str]
Stopped = tuple[str, str, list[Finding]]


def main() -> int:
    settings = configuration()
    try:
        signal.signal(signal.SIGALRM, _too_late)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        return _answer(settings, sys.stdin.buffer.read(MAX_INPUT + 1))
    except GuardError as failure:
        reason, in_parts = str(failure), failure.in_parts
    except Exception as error:
        reason, in_parts = f"an error of its own, {type(error).__name__}", False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return _without_looking(settings, reason, in_parts=in_parts)


def configuration(path: str = CONFIGURATION) -> dict[str, Any]:
    """As it was delivered; empty, and so closed, where it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return _object(json.load(file)) or {}
    except (OSError, ValueError, RecursionError):
        return {}


def _object(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _answer(settings: dict[str, Any], given: bytes) -> int:
    event = _event(given)
    if event.get("tool_name") != "Bash":
        return LET
    command, directory = (_object(event.get("tool_input")) or {}).get("command"), event.get("cwd")
    if not isinstance(command, str) or not isinstance(directory, str):
        raise GuardError("the hook's input has no command and cwd")

    from commit_guard.commands import Reader
    from commit_guard.kinds import found, hidden

    works = Reader(directory).read(command)
    findings: list[Finding] = []
    seen: set[str] = set()
    if works:
        said = list(enumerate(command.split("\n"), start=1))
        findings = [(COMMAND, number, kind) for number, kind in found(said, seen)]
    stopped: list[Stopped] = []
    for work in works:
        name, hits = _looked_at(work, findings, seen)
        if hits:
            stopped.append((name, "commit" if work.commits else "push", hits))
    stopped = [
        (hidden(name, seen), what, [(hidden(file, seen), number, kind) for file, number, kind in hits])
        for name, what, hits in stopped
    ]
    if not stopped:
        return _nothing_found(works, lambda reason: _plain(hidden(reason, seen)))
    _tell(stopped)
    if settings.get("queue"):
        from commit_guard.spool import report

        report(stopped)
    return STOP


def _looked_at(work: Work, findings: list[Finding], seen: set[str]) -> tuple[str, list[Finding]]:
    """The repository's name, and what is found there beside what the command itself says."""
    from commit_guard.changes import Repository

    if not work.known:
        return "a folder that only the shell knows", findings
    repository = Repository(work)
    hits = [*findings, *_look(repository.added(), repository.root, seen)]
    return repository.name() if hits else "", hits


def _nothing_found(works: list[Work], shown: Callable[[str], str]) -> int:
    doubts = list(dict.fromkeys(shown(doubt) for work in works for doubt in work.doubts))
    if not doubts:
        return LET
    raise GuardError("; ".join(doubts[:DOUBTS_SHOWN]), in_parts=any(work.known for work in works))


def _event(given: bytes) -> dict[str, Any]:
    if len(given) > MAX_INPUT:
        raise GuardError("the hook's input is too large")
    try:
        event = _object(json.loads(given))
    except (ValueError, RecursionError):
        event = None
    if event is None:
        raise GuardError("the hook's input is no JSON object")
    return event


def _look(lines: dict[str, list[tuple[int, str]]], root: str | None, seen: set[str]) -> list[Finding]:
    """The short list first: what it finds needs no scanner."""
    from commit_guard import kinds

    findings = [(name, number, kind) for name, added in lines.items() for number, kind in kinds.found(added, seen)]
    if findings or not any(lines.values()):
        return findings
    from commit_guard import scanners

    scanner = scanners.installed()
    return scanners.found(scanner, lines, root) if scanner else []


def _tell(stopped: list[tuple[str, str, list[Finding]]]) -> None:
    said = ["The commit guard stopped this command: it would put a credential into git."]
    for repository, what, findings in stopped:
        said.append(f"{what} in {_plain(repository)}:")
        said += [f"  {_plain(name)}, line {number}: {_plain(kind)}" for name, number, kind in findings[:SHOWN]]
        if len(findings) > SHOWN:
            said.append(f"  and {len(findings) - SHOWN} more")
    said += [
        "What to do:",
        "  - take it out of the file, `git restore --staged <file>` if it is staged, and read it from the environment",
        "    or a secret store; where it is in a commit already, amend or rebase that before it is pushed.",
        "  - tell the person you work for: a credential that was typed or shared is to be revoked and issued anew.",
        "  - where it is none, such as an example, a person may end that line with `pragma: allowlist secret`.",
    ]
    sys.stderr.write("\n".join(said) + "\n")


def _plain(text: str) -> str:
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "..."


def _without_looking(settings: dict[str, Any], reason: str, *, in_parts: bool) -> int:
    what = "all of this command" if in_parts else "this command"
    if settings.get("on_failure") == "open":
        sys.stdout.write(json.dumps({"systemMessage": f"The commit guard did not look at {what}: {reason}."}))
        return LET
    advice = "Commit or push in a terminal of your own, and tell whoever manages this machine."
    if in_parts:
        advice = (
            "Run what comes before it by itself, and then the commit or push: each is looked at as things are then."
        )
    sys.stderr.write(
        f"The commit guard could not look at {what}, and is set to stop what it has not looked at: {reason}.\n"
        f"{advice}\n"
    )
    return STOP


def _too_late(*_: object) -> None:
    raise GuardError(f"it was not done in {SECONDS} seconds")
