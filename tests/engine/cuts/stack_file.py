"""What somebody writes into a stack file or a roster by hand."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.engine.world import World

COHORTS = "claude-code-rollout:cohorts"
ROSTER = "rosters/pilot.csv"


def at(minutes_ago: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def incident(number: int, minutes_ago: float = 0) -> dict[str, str]:
    return {"id": f"INC-{number}", "since": at(minutes_ago), "reason": "key"}


@contextmanager
def cohorts(world: World) -> Generator[dict[str, Any]]:
    with world.stack_file() as config:
        yield config[COHORTS]


def cut_cohort(world: World, name: str, level: str, number: int) -> None:
    with cohorts(world) as found:
        found[name] |= {"level": level, "incident": incident(number)}


def resume_cohort(world: World, name: str) -> None:
    """As `rollout set-level NAME active` writes it."""
    with cohorts(world) as found:
        found[name].pop("incident", None)
        found[name] |= {"level": "active", "sessions_valid_from": at(-1 / 60)}


def suspend(world: World, number: int, *emails: str, cohort: str = "pilot") -> None:
    """These people alone."""
    with cohorts(world) as found:
        members = found[cohort].setdefault("members", {})
        for email in emails:
            members[email] = {**members.get(email, {}), "level": "suspended", "incident": incident(number)}


def resume(world: World, *emails: str, cohort: str = "pilot") -> None:
    with cohorts(world) as found:
        for email in emails:
            entry = found[cohort]["members"][email]
            kept = {key: value for key, value in entry.items() if key not in {"level", "incident"}}
            found[cohort]["members"][email] = {**kept, "sessions_valid_from": at(-1 / 60)}


def forget(world: World, *emails: str, cohort: str = "pilot") -> None:
    """Out of the roster, and of the stack file."""
    file = world.folder / ROSTER
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not any(f",{email}," in line for email in emails)), "utf-8")
    with cohorts(world) as found:
        members = found[cohort].get("members", {})
        found[cohort]["members"] = {email: entry for email, entry in members.items() if email not in emails}


def add(world: World, cohort: str, *emails: str) -> None:
    with cohorts(world) as found:
        for email in emails:
            found[cohort].setdefault("members", {})[email] = {"name": email.partition("@")[0], "team": "backend"}
