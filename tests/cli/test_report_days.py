"""`rollout report --since`: a day that makes sense, or a line, before anybody is asked anything."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("yesterday", "no day such as 2026-09-07: yesterday"),
        ("2999-01-01", "2999-01-01 is not before today"),
        ("1900-01-01", "1900-01-01 is over 455 days ago, and CloudWatch keeps no more"),
    ],
)
def test_a_day_that_cannot_be_shown_is_refused(rollout: Command, day: str, said: str) -> None:
    ended = rollout("report", "-s", "dev", "--since", day)
    assert ended.code == 1
    assert said in ended.err
