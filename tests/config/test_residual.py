"""How long access may outlive a level, against the plan's minutes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.access.residual import Residual, missed, residual_access
from rollout.levels import Level
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks


def rollout(**changes: Any) -> Rollout:
    return load(stacks.config({**stacks.small(), **changes}), stacks.COMPANY, datetime(2026, 11, 23, tzinfo=UTC))


def test_each_service_level_is_told_with_what_aws_and_okta_need_for_it() -> None:
    assert residual_access(rollout()) == {
        Level.RESTRICTED: Residual(service_level=15, aws=None, okta=None),
        Level.THROTTLED: Residual(service_level=30, aws=5, okta=None),
        Level.SUSPENDED: Residual(service_level=120, aws=5, okta=65),
        Level.ROLLED_BACK: Residual(service_level=240, aws=5, okta=65),
    }


def test_an_oidc_token_that_buys_an_hour_at_its_end_leaves_no_margin() -> None:
    [mistake] = missed(rollout(federation="oidc"))
    assert mistake.line({}) == (
        "session_minutes: 60: after suspended a session may last 120 minutes where AWS's Deny is refused, "
        "and 120 are allowed; set at most 59"
    )
    assert missed(rollout(federation="oidc", session_minutes=59)) == []


def test_missing_a_service_level_is_a_mistake_where_the_stack_enforces_them() -> None:
    with pytest.raises(StackFileError) as caught:
        rollout(federation="oidc", service_levels="enforce")
    assert len(caught.value.lines) == 1
    assert rollout(federation="oidc", service_levels="enforce", session_minutes=30)
    assert rollout(service_levels="enforce")


# With a Jamf Pro in the stack file.
PUSHED: dict[str, Any] = {
    "jamf": {"url": "https://acme.jamfcloud.com", "client_id": "3f2c9a54-8d11"},
    "jamf_client_secret": "s" * 64,
}


def test_without_jamf_nothing_is_pushed_and_macs_do_not_count() -> None:
    slow = rollout(mac={"channel": "profile"}, service_levels="enforce")
    assert {found.mac for found in residual_access(slow).values()} == {None}
    assert missed(slow) == []


@pytest.mark.parametrize(
    ("mac", "minutes", "met"),
    [
        ({}, 6, True),
        ({"check_in_minutes": 15}, 16, False),
        ({"check_in_minutes": 60}, 61, False),
        ({"channel": "profile"}, 31, False),
        ({"channel": "helper"}, 6, True),
        ({"channel": "helper", "helper_minutes": 1}, 2, True),
        ({"channel": "helper", "helper_minutes": 14}, 15, False),
    ],
)
def test_each_channel_has_its_minutes_for_each_level(mac: dict[str, Any], minutes: int, met: bool) -> None:
    found = residual_access(rollout(**PUSHED, mac=mac))
    assert {level: one.mac for level, one in found.items()} == dict.fromkeys(found, minutes)
    assert found[Level.RESTRICTED].met is met


@pytest.mark.parametrize(
    ("mac", "lines"),
    [
        (
            {"channel": "profile"},
            [
                "mac.channel: profile: Claude Code reads it every 30 minutes; set mac.channel: file with "
                f"mac.check_in_minutes: 5, or helper; as it is, Macs may take 31 minutes to be {level}, and {most} are allowed"
                for level, most in (("restricted", 15), ("throttled", 30))
            ],
        ),
        (
            {"check_in_minutes": 15},
            [
                "mac.check_in_minutes: 15: set it to 5, here and in Jamf Pro; as it is, Macs may take 16 minutes to be restricted, and 15 are allowed"
            ],
        ),
        (
            {"channel": "helper", "helper_minutes": 20},
            [
                "mac.helper_minutes: 20: set at most 13; as it is, Macs may take 21 minutes to be restricted, and 15 are allowed"
            ],
        ),
        ({}, []),
    ],
)
def test_a_channel_that_is_too_slow_is_named_with_what_to_set(mac: dict[str, Any], lines: list[str]) -> None:
    assert [mistake.line({}) for mistake in missed(rollout(**PUSHED, mac=mac))] == lines
    if lines:
        with pytest.raises(StackFileError) as caught:
            rollout(**PUSHED, mac=mac, service_levels="enforce")
        assert caught.value.lines == sorted(lines)
