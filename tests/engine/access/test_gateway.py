"""People of a stack that is up come in by a gateway from one update on, and by Okta again from another: the real
engine, and what AWS then lets in. A gateway that this program runs is in test_gateway_service.py."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.errors import SandboxError
from tests.engine.access.test_levels import ALICE, set_level
from tests.engine.usage.test_metering import ask
from tests.engine.world import STACK, World
from tests.gateway import deployed

KEY = "claude-code-rollout:gateway"
PREVIEW = ("preview", "--stack", STACK)
ROLE = "arn:aws:iam::123456789012:role/claude-code-pilot"


def in_name_of(world: World, name: str) -> dict[str, Any]:
    return deployed.in_name_of(world, name, ROLE)


def invokes(world: World, session: dict[str, Any], profile: str) -> bool:
    try:
        ask(world, session, profile)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


def told(world: World) -> dict[str, Any] | None:
    item = deployed.level_item(world, "pilot")
    return json.loads(item["said"]["S"]) if item else None


def refused(world: World, name: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        in_name_of(world, name)


def test_people_come_in_by_a_gateway_from_one_update_on_and_by_okta_again_from_another(pilot: World) -> None:
    world = pilot
    deployed.gateways_role(world)
    profile = world.cohorts()["pilot"]["profile_arns"]["haiku"]
    direct = world.sign_in(ALICE, "pilot")
    assert invokes(world, direct, profile)
    refused(world, ALICE)

    with world.stack_file() as config:
        config[KEY] = {"kind": "litellm", "url": deployed.URL, "role_arn": deployed.ROLE_ARN}
    said = world.pulumi(*PREVIEW)
    assert f"cohorts.pilot: people now reach Bedrock by {deployed.URL} alone" in said
    assert "AWS sessions by Okta's sign-in that exist end within 60 minutes, and no new one begins" in said
    world.up()
    world.pulumi(*PREVIEW, "--expect-no-changes")
    by_gateway = in_name_of(world, ALICE)
    assert invokes(world, by_gateway, profile)
    for name in ("mallory@acme.example", deployed.SAMIRA, ALICE.upper(), "task"):
        refused(world, name)
    with pytest.raises(SandboxError, match=r"AWS refused the sign-in|AccessDenied|assigned"):
        world.sign_in(ALICE, "pilot")
    assert invokes(world, direct, profile)  # as the preview says: until it ends
    found = told(world)
    assert found
    assert (found["level"], found["role_arn"], ALICE in found["members"]) == ("active", ROLE, True)

    set_level(world, "suspended")
    world.up()
    world.pulumi(*PREVIEW, "--expect-no-changes")
    assert [invokes(world, session, profile) for session in (direct, by_gateway)] == [False, False]
    assert (told(world) or {}).get("level") == "suspended"

    set_level(world, "active")
    with world.stack_file() as config:
        config[KEY] = "none"
    assert "cohorts.pilot: people now sign in to AWS through Okta again" in world.pulumi(*PREVIEW)
    world.up()
    world.pulumi(*PREVIEW, "--expect-no-changes")
    assert invokes(world, world.sign_in(ALICE, "pilot"), profile)
    refused(world, ALICE)
    assert not invokes(world, by_gateway, profile)  # from before the incident's end
    assert told(world) is None
