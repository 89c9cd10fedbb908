"""What breaks in one place holds up nothing in another, and what was not done is done by whoever comes back to it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions import budget_actions, meter
from functions.quota_policy import IamPolicy
from rollout.access.quota_document import quota_document
from tests.meter.people import BOB, Throttled, alerts, of
from tests.meter.world import ALICE, LOG, World, deliver, delivery


@pytest.mark.slow
def test_a_usage_log_that_takes_no_line_does_not_hold_up_a_stop(world: World, throttled: Throttled) -> None:
    world.logs.delete_log_group(logGroupName=LOG)
    with pytest.raises(ClientError, match="log group does not exist"):
        deliver(of(ALICE, 1, 60_000))
    assert not throttled.may_invoke(ALICE)


@pytest.mark.slow
def test_a_policy_that_refuses_spares_no_other_user_and_what_is_unknown_is_put_aside(
    world: World, throttled: Throttled, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = json.dumps(quota_document([]))
    refusing = throttled.iam.create_policy(PolicyName="refusing", PolicyDocument=empty)["Policy"]["Arn"]
    changed = copy.deepcopy(meter.settings())
    changed["limits"]["quota_policies"] = {throttled.policy: [BOB], refusing: [ALICE]}
    monkeypatch.setattr(meter, "settings", lambda: changed)
    put = IamPolicy.put

    def refuse(self: IamPolicy, document: Mapping[str, Any], before: str) -> str:
        if self.arn == refusing:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "CreatePolicyVersion")
        return put(self, document, before)

    monkeypatch.setattr(IamPolicy, "put", refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        deliver("no json", of(ALICE, 1, 60_000), of(BOB, 1, 60_000))
    assert not throttled.may_invoke(BOB)
    assert len(world.dead()) == 1
    assert len(world.lines()) == 2


@pytest.mark.slow
def test_what_failed_in_several_places_is_raised_together(
    world: World, throttled: Throttled, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert throttled.may_invoke(ALICE)
    monkeypatch.setattr(IamPolicy, "put", lambda *_: 1 / 0)
    world.logs.delete_log_group(logGroupName=LOG)
    with pytest.raises(ExceptionGroup) as raised:
        deliver(of(ALICE, 1, 60_000))
    assert [type(error) for error in raised.value.exceptions] == [
        ZeroDivisionError,
        world.logs.exceptions.ResourceNotFoundException,
    ]


@pytest.mark.slow
def test_a_delivery_that_failed_three_times_is_logged_and_told_of_when_it_is_handed_in_again(world: World) -> None:
    world.logs.delete_log_group(logGroupName=LOG)
    for _ in range(3):
        with pytest.raises(ClientError):
            deliver(of(ALICE, 1, 1_000_000), by="failed")
    world.logs.create_log_group(logGroupName=LOG)
    failure = {"requestContext": {"requestId": "failed"}, "requestPayload": delivery(of(ALICE, 1, 1_000_000))}
    again = {"requestContext": {"requestId": "by hand"}, "requestPayload": failure}
    assert meter.handler(again, SimpleNamespace(aws_request_id="by hand, again"))["Counted"] == 1
    assert len(world.lines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("step", ["read", "_tell"])
def test_an_alert_that_failed_three_times_is_told_when_it_is_handed_in_again(
    step: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = delivery(of(ALICE, 1, 3_000_000))
    with monkeypatch.context() as broken:
        broken.setattr(budget_actions, step, lambda *_: 1 / 0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                meter.handler(said, SimpleNamespace(aws_request_id="failed"))
    assert alerts(world) == []
    failure = {"requestContext": {"requestId": "failed"}, "requestPayload": said}
    meter.handler(failure, SimpleNamespace(aws_request_id="by hand"))
    assert len(alerts(world)) == 1
