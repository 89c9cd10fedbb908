"""People who sign in by IAM Identity Center, by the real engine: let in, cut in the same update, and let in again."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.errors import SandboxError
from tests.drill.traffic import answers, bedrock
from tests.engine import by_identity_center as idc
from tests.engine.world import World
from tests.stacks import resumed_now

ALICE, BOB = "alice.chen@acme.example", "bob.kim@acme.example"
INCIDENT = {"id": "INC-9", "since": "2026-11-22T14:05:00Z", "reason": "a key in a commit"}


def set_cohort(world: World, **changes: Any) -> None:
    with world.stack_file() as config:
        cohort = config["claude-code-rollout:cohorts"]["pilot"]
        for key, value in changes.items():
            if value is None:
                cohort.pop(key, None)
            else:
                cohort[key] = value


@pytest.fixture
def center(empty: World) -> World:
    idc.up(empty)
    return empty


def test_a_cut_acts_on_sessions_that_exist_and_asks_identity_center_for_nothing(center: World) -> None:
    assert center.plan() == {}
    center.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
    token = idc.token(center, BOB)
    clients = {email: bedrock(center, idc.enter(center, email)) for email in (ALICE, BOB)}
    profile = center.cohorts()["pilot"]["profile_arns"]["haiku"]
    made = idc.role(center)

    def work() -> dict[str, bool]:
        return {email: answers(client, profile) for email, client in clients.items()}

    assert work() == {ALICE: True, BOB: True}

    # One person, by name.
    center.forget_calls()
    set_cohort(center, members={ALICE: {"level": "suspended", "incident": INCIDENT}})
    center.up()
    assert work() == {ALICE: False, BOB: True}
    assert center.plan() == {}

    # Everybody.
    set_cohort(center, level="suspended", incident=INCIDENT)
    center.up()
    assert work() == {ALICE: False, BOB: False}
    assert idc.provisioned(center) == []
    assert idc.role(center) == made
    assert center.plan() == {}
    assert center.group("aws_123456789012_claude-code-pilot") == {}
    # Okta has pushed nothing yet: who has signed in to the portal still gets sessions, and is denied with these too.
    assert not answers(bedrock(center, idc.session(center, token)), profile)
    idc.push(center)
    with pytest.raises(SandboxError, match="Session token not found or invalid"):
        idc.session(center, token)
    with pytest.raises(SandboxError, match="is in no group"):
        idc.enter(center, BOB)

    # Back: with new sessions alone.
    since = resumed_now()
    again = {"sessions_valid_from": since}
    set_cohort(center, level="active", incident=None, members={ALICE: again}, **again)
    center.up()
    idc.push(center)
    assert work() == {ALICE: False, BOB: False}
    while resumed_now() <= since:  # STS dates a session to the second
        time.sleep(0.1)
    assert answers(bedrock(center, idc.enter(center, BOB)), profile)
    assert idc.provisioned(center) == []

    # And the whole of it, which ends the role.
    clients = {BOB: bedrock(center, idc.enter(center, BOB))}
    assert work() == {BOB: True}
    set_cohort(center, level="rolled_back", incident=INCIDENT, sessions_valid_from=None)
    center.up()
    assert work() == {BOB: False}
    assert idc.role(center) is None
    assert center.plan() == {}
    set_cohort(center, level="active", incident=None, sessions_valid_from=resumed_now())
    center.up()
    idc.push(center)
    assert idc.role(center) not in {None, made}


def test_nobody_but_identity_center_changes_its_role(center: World) -> None:
    iam, role = center.aws("iam"), idc.role(center)
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    for change in (
        lambda: iam.put_role_policy(RoleName=role, PolicyName="stop", PolicyDocument=document),
        lambda: iam.delete_role(RoleName=role),
        lambda: iam.update_role(RoleName=role, MaxSessionDuration=3600),
        lambda: iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
    ):
        with pytest.raises(ClientError, match="only modifiable by AWS"):
            change()
