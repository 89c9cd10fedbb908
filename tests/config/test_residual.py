"""How long access may outlive a level, against the plan's minutes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.config import Rollout
from rollout.levels import Level
from rollout.load import load
from rollout.residual import Residual, missed, residual_access
from rollout.words import StackFileError
from tests import stacks


def rollout(**changes: Any) -> Rollout:
    return load(stacks.config({**stacks.small(), **changes}), stacks.PROJECT, datetime(2026, 11, 23, tzinfo=UTC))


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
