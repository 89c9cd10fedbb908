"""What is said of a person's use: one line, or all of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

MAX_LINE = 160
# From so many days before the end on, the status line says it.
NEAR_DAYS = 14


def line(said: Mapping[str, Any], today: str) -> str:
    """For the status line. `today`: in UTC, as budgets and stops count."""
    parts = [f"today USD {_usd(said, today)} of {_money(said['budget_usd'])}"] if said else ["today USD 0.00"]
    if said and said.get("level") != "active":
        parts.append(_level(said))
    if _days_left(said, today) <= NEAR_DAYS:
        parts.append(f"access ends {_end(said)}")
    parts += [f"{_left(stop, said, today)} left{_of(stop)}" for stop in said.get("stops", ())]
    text = "Claude Code: " + ", ".join(parts)
    return "".join(one if one.isprintable() else "?" for one in text)[:MAX_LINE]


def everything(said: Mapping[str, Any], today: str) -> str:
    """For a terminal, a line each."""
    if not said:
        return "Nothing of yours was counted yet."
    fresh = said["day"] == today
    tokens: Mapping[str, int] = said["tokens"] if fresh else {}
    kinds = ", ".join(f"{tokens[kind]:,} {kind.replace('_', ' ')}" for kind in tokens if tokens[kind])
    lines = [
        f"Today (UTC):  USD {_usd(said, today)} in {said['requests'] if fresh else 0:,} requests",
        *([f"Tokens:       {kinds}"] if kinds else []),
        f"Budget:       USD {_money(said['budget_usd'])} a day; you are told near it, it stops nothing",
        *(
            f"Left:         {_left(stop, said, today)} of {_amount(stop['most'], stop)}{_of(stop)}; then nothing until "
            f"{'the month ends' if _is_monthly(stop) else '24:00 UTC'}"
            for stop in said["stops"]
        ),
        f"Level:        {_level(said)}, cohort {said['cohort']}",
        *([f"Ends:         {_end(said)}; whoever gave you access can let it last longer"] if said.get("until") else []),
        f"As of:        {said['at']}, when your last request was counted",
    ]
    return "\n".join("".join(one if one.isprintable() else "?" for one in each) for each in lines)


def _level(said: Mapping[str, Any]) -> str:
    return f"{said['level']} ({said['why']})" if said.get("why") else str(said["level"])


def _days_left(said: Mapping[str, Any], today: str) -> int:
    until = said.get("until")
    return (date.fromisoformat(until[:10]) - date.fromisoformat(today)).days if until else NEAR_DAYS + 1


def _end(said: Mapping[str, Any]) -> str:
    return f"{said['until'][:16].replace('T', ' ')} UTC"


def _usd(said: Mapping[str, Any], today: str) -> str:
    return _money(said["usd"] if said.get("day") == today else "0")


def _money(usd: str) -> str:
    return f"{Decimal(usd):,.2f}"


def _is_monthly(stop: Mapping[str, str]) -> bool:
    return stop.get("period") == "month"


def _of(stop: Mapping[str, str]) -> str:
    return " of the month's" if _is_monthly(stop) else ""


def _left(stop: Mapping[str, str], said: Mapping[str, Any], today: str) -> str:
    of = len("2026-11") if _is_monthly(stop) else len("2026-11-28")
    still = str(said.get("day"))[:of] == today[:of]
    return _amount(stop["left"] if still else stop["most"], stop)


def _amount(number: str, stop: Mapping[str, str]) -> str:
    return f"USD {_money(number)}" if stop["unit"] == "usd" else f"{int(Decimal(number)):,} {stop['unit']}"
