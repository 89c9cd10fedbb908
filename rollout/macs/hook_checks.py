"""Hooks that the client takes without a word, and that do nothing or let through what they are there to stop."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from rollout.macs.hooks import CLOSED, waited
from rollout.macs.untyped import Document, Found, list_of, map_of
from rollout.model.errors import shown

# Of both clients' programs (2.1.197 and 2.1.332), read on 2026-11-28.
EVENTS = (
    *("PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest", "PermissionDenied", "UserPromptSubmit"),
    *("UserPromptExpansion", "SessionStart", "SessionEnd", "Setup", "Stop", "StopFailure", "PreCompact", "PostCompact"),
    *("Notification", "SubagentStart", "SubagentStop", "Elicitation", "ElicitationResult", "ConfigChange"),
    *("InstructionsLoaded", "TeammateIdle", "TaskCreated", "TaskCompleted"),
)
# Of the newer one alone.
NEWER_EVENTS = ("PreModelSwitch", "PostModelSwitch", "DirectoryAdded", "PreSkillShellCommand")


def unknown_event(document: Document) -> Found:
    known = (*EVENTS, *NEWER_EVENTS)
    for event in map_of(document, "hooks"):
        if event not in known:
            similar = get_close_matches(event, known, n=1, cutoff=0.7)
            hint = f"; did you mean {similar[0]}?" if similar else ""
            yield f"hooks.{event}", f"no event of the client's, so that its hooks never run{hint}"


def flat_hook(document: Document) -> Found:
    """The form of the first clients: a command where a matcher and its commands belong."""
    for event in map_of(document, "hooks"):
        for number, entry in enumerate(list_of(map_of(document, "hooks"), event)):
            path = f"hooks.{event}.{number}"
            matched = map_of({"": entry}, "")
            if not isinstance(matched.get("hooks"), list):
                yield path, f"no map with a list `hooks`, so that the client drops all hooks: {shown(entry)}"
            for place, command in enumerate(list_of(matched, "hooks")):
                if not isinstance(map_of({"": command}, "").get("type"), str):
                    text = f"no map with a `type`, so that the client drops all hooks: {shown(command)}"
                    yield f"{path}.hooks.{place}", text


def hook_never_matches(document: Document) -> Found:
    for event, hook in _hooks(document):
        matcher = hook.get("matcher")
        if isinstance(matcher, str) and matcher.lower() == "bash" and matcher != "Bash":
            yield f"hooks.{event}", f"matcher {shown(matcher)} never matches; its case counts: Bash"


def open_stop(document: Document) -> Found:
    """The stop at suspended has nothing else to say than no."""
    for event, hook in _hooks(document):
        for command in list_of(hook, "hooks") if event == "UserPromptSubmit" else []:
            text = _command(command)
            if waited(text) is None and ('"continue": false' not in text or not text.endswith(CLOSED)):
                yield f"hooks.{event}", f"lets prompts through where it fails; end it with `{CLOSED.strip()}`"


def short_wait(document: Document) -> Found:
    for event, hook in _hooks(document):
        for command in list_of(hook, "hooks"):
            seconds, timeout = waited(_command(command)), map_of({"": command}, "").get("timeout")
            if seconds and isinstance(timeout, int) and timeout <= seconds:
                yield f"hooks.{event}", f"waits {seconds} seconds and is cut short after {timeout}"


def open_timeout(document: Document) -> Found:
    """Of a hook that is there to refuse."""
    for event, hook in _hooks(document):
        for command in list_of(hook, "hooks"):
            if _command(command).endswith(CLOSED) and map_of({"": command}, "").get("onFailure") != "block":
                yield f"hooks.{event}", 'lets through what takes longer than its timeout; add "onFailure": "block"'


def _command(entry: object) -> str:
    return str(map_of({"": entry}, "").get("command"))


def open_guard(document: Document) -> Found:
    commands = [
        _command(command)
        for event, hook in _hooks(document)
        if event == "PreToolUse"
        for command in list_of(hook, "hooks")
        if waited(_command(command)) is None
    ]
    if not commands:
        yield "hooks.PreToolUse", "no commit guard, though mac.commit_guard says closed"
    for command in commands:
        if not command.endswith(CLOSED):
            yield (
                "hooks.PreToolUse",
                f"lets the command run where the guard is missing or broken; end it with `{CLOSED.strip()}`",
            )


def _hooks(document: Document) -> Iterator[tuple[str, Document]]:
    hooks = map_of(document, "hooks")
    for event in hooks:
        for hook in list_of(hooks, event):
            yield event, map_of({"": hook}, "")


RULES = (flat_hook, hook_never_matches, open_stop, open_timeout, short_wait, unknown_event)
