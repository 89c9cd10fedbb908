"""Times, as the stack file and records have them. Standard library only: functions in AWS Lambda read it too."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def latest(*times: datetime | None) -> datetime | None:
    """Of those that are there."""
    return max((time for time in times if time is not None), default=None)


def earliest(*times: datetime | None) -> datetime | None:
    """Of those that are there."""
    return min((time for time in times if time is not None), default=None)


def moment(at: datetime) -> str:
    """For people, to the second, as IAM compares it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
