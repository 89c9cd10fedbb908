"""What went wrong, as one line for the person at the terminal."""

from __future__ import annotations

from dataclasses import dataclass


class PluginError(Exception):
    """A refusal or failure that is explained already."""


class InputsRefusedError(PluginError):
    """Raised by a rule that finds a mistake only when the resource is created or updated."""


@dataclass(frozen=True)
class Failure:
    """One mistake in the inputs: the property path and the reason."""

    path: str
    reason: str


def one_line(text: str) -> str:
    return " ".join(text.split())
