"""What a check finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import httpx

from cli.doctor.steps import Step
from cli.live.asking import Answer, Asking, Unreachable, asking
from cli.terminal.errors import CommandError

# Of one call.
TIMEOUT = httpx.Timeout(10, connect=3)


class Health(StrEnum):
    """In order of importance."""

    BROKEN = "broken"
    UNKNOWN = "not asked"
    FINE = "fine"

    @property
    def rank(self) -> int:
        return list(Health).index(self)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`check`: what was looked at. `what`: how it is, without a secret. `fix`: what to do; none where it is fine.
    `step`: of docs/real-account.md, as `looked` knows it."""

    check: str
    health: Health
    what: str
    fix: str = ""
    step: Step | None = None


@dataclass(frozen=True, kw_only=True)
class Check:
    """`look` raises where it gets no answer, which is a finding too. `fix`: what to do then."""

    name: str
    look: Callable[[], Iterable[Finding]]
    fix: str
    step: Step | None = None


def fine(check: str, what: str) -> Finding:
    return Finding(check=check, health=Health.FINE, what=what)


def broken(check: str, what: str, fix: str) -> Finding:
    return Finding(check=check, health=Health.BROKEN, what=what, fix=fix)


def unknown(check: str, what: str, fix: str) -> Finding:
    return Finding(check=check, health=Health.UNKNOWN, what=what, fix=fix)


def document(answer: httpx.Response) -> Any:
    """What an answer holds; CommandError where it is none."""
    if not answer.is_success:
        raise CommandError(f"{answer.url.host} answers {answer.status_code}")
    return answer.json()


def looked(checks: Iterable[Check]) -> list[Finding]:
    """All of them side by side: what is broken first, then by the order of the checks."""
    found: list[Finding] = []
    with asking() as ask:
        for check, kept, answer in [(check, *_begun(ask, check)) for check in checks]:
            if isinstance(gone := answer.get(), Unreachable):
                kept.append(unknown(check.name, gone.why, check.fix))
            found += [replace(finding, step=check.step) for finding in kept]
    return sorted(found, key=lambda finding: finding.health.rank)


def _begun(ask: Asking, check: Check) -> tuple[list[Finding], Answer[None]]:
    """Where the check will have put what it found, before it raised too."""
    kept: list[Finding] = []
    return kept, ask.of(check.name, lambda: kept.extend(check.look()))
