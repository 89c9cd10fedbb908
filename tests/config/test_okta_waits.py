"""How long an update waits for an Okta that is silent, by the provider's settings in a stack file."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rollout.people.okta_waits import longest_wait_seconds, wait_advice
from tests.stacks import COMMITTED, content


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        ({}, 750),  # 751 s were measured, with the calls themselves
        ({"okta:maxRetries": 5, "okta:minWaitSeconds": 2, "okta:maxWaitSeconds": 60}, 62),
        ({"okta:maxRetries": "1", "okta:minWaitSeconds": "1", "okta:maxWaitSeconds": "2"}, 1),
        ({"okta:maxRetries": 0}, 0),
        ({"okta:maxRetries": "many"}, 750),
        ({"okta:maxRetries": 10**9, "okta:maxWaitSeconds": 1}, 10**9),
    ],
)
def test_the_waits_double_up_to_the_longest(config: Mapping[str, object], seconds: int) -> None:
    assert longest_wait_seconds(config) == seconds


def test_a_stack_file_without_the_settings_is_told_how_long_it_waits_and_what_to_set() -> None:
    assert list(wait_advice({})) == [
        (
            "okta:maxRetries, okta:minWaitSeconds, okta:maxWaitSeconds: missing; while Okta does not answer, its provider "
            "tries each call for 750 s (751 s measured); set okta:maxRetries: 5, okta:minWaitSeconds: 2, "
            "okta:maxWaitSeconds: 60: 62 s"
        )
    ]
    [line] = wait_advice({"okta:maxRetries": 5, "okta:minWaitSeconds": 20, "okta:maxWaitSeconds": 300})
    assert line.startswith("while Okta does not answer, its provider tries each call for 600 s; set ")


@pytest.mark.parametrize("stack", COMMITTED)
def test_the_committed_stack_files_wait_a_minute_and_not_twelve(stack: str) -> None:
    config = content(stack)
    assert longest_wait_seconds(config) == 62
    assert not list(wait_advice(config))
