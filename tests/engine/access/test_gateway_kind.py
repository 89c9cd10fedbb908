"""A gateway of another kind in place of the first, by the real engine: Okta's app is another one of the same name."""

from __future__ import annotations

from typing import Any

from tests.engine.world import World

URL = "https://claude.acme.example"
ROLE = "arn:aws:iam::123456789012:role/gateway-task"
ASSIGNMENT = "okta:app/groupAssignment:GroupAssignment"


def of_gateway(world: World) -> tuple[dict[str, Any], set[str]]:
    """Its app, and the ids of the apps that the cohort's group is assigned to."""
    resources = world.state()
    [app] = [each for each in resources if each["urn"].endswith("::federation-gateway")]
    cohorts = [each for each in resources if each["type"] == ASSIGNMENT and each["urn"].endswith("-assignment")]
    return app, {each["outputs"]["appId"] for each in cohorts}


def test_a_gateway_of_another_kind_takes_over_the_name_of_its_app_and_the_groups_that_are_assigned(
    pilot: World,
) -> None:
    world = pilot
    seen: list[str] = []
    for kind, type_ in (("litellm", "native"), ("claude_apps", "web")):
        with world.stack_file() as config:
            config["claude-code-rollout:gateway"] = {"kind": kind, "url": URL, "role_arn": ROLE}
        world.up()
        app, assigned = of_gateway(world)
        assert (app["outputs"]["type"], app["outputs"]["clientId"]) == (type_, "claude-code-gateway-123456789012")
        assert assigned == {app["id"]}
        seen.append(app["id"])
    assert seen[0] != seen[1]
    groups = {each["id"] for each in world.okta(f"/api/v1/apps/{seen[1]}/groups")}
    assert groups == {world.group_id("aws_123456789012_claude-code-pilot")}
    world.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
