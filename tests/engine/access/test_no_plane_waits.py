"""A plane that is away keeps no other from doing its part: Okta, in the way it is reached in production."""

from __future__ import annotations

import subprocess

from sandbox import workspace
from tests.engine.access.test_levels import set_level
from tests.engine.world import World

HOUR = 3600
STRONG = "Any two factors"


def without_a_proxy(world: World, *arguments: str) -> tuple[int, str]:
    """`pulumi` where Okta's provider goes to the organization's own address: on this machine, and nobody is there."""
    environment = workspace.full_environment(world.settings)
    del environment["OKTA_HTTP_PROXY"]
    result = subprocess.run(
        [str(workspace.bin_folder(world.settings) / "pulumi"), *arguments, "--non-interactive", "--color", "never"],
        cwd=world.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    return result.returncode, result.stdout + result.stderr


def test_in_an_incident_the_deny_is_in_iam_while_a_provider_that_was_asked_would_still_wait_for_okta(
    empty: World,
) -> None:
    with empty.stack_file() as config:
        config |= {"okta:orgName": "acme", "okta:baseUrl": "localhost"}
        config["claude-code-rollout:okta"]["domain"] = "acme.localhost"
        # With these the stand-in waits for hours, as the official plug-in does: it must never be asked.
        config |= {"okta:maxRetries": 50, "okta:minWaitSeconds": HOUR, "okta:maxWaitSeconds": HOUR}
    empty.up()
    set_level(empty, "suspended")
    empty.forget_calls()
    code, said = without_a_proxy(empty, "up", "--stack", "sandbox", "--yes", "--skip-preview")
    assert code
    assert "acme.localhost does not answer within 5 s" in said
    assert "Okta does not answer: what is denied is denied in AWS" in said
    assert "stop" in empty.aws("iam").list_role_policies(RoleName="claude-code-pilot")["PolicyNames"]
    assert not [call for call in empty.calls() if "/api/v1/" in call]
    empty.up()
    assert not empty.group("aws_123456789012_claude-code-pilot")


def test_a_stronger_policy_that_security_gave_an_app_outlives_a_change_of_the_app(pilot: World) -> None:
    policies = {policy["name"]: policy["id"] for policy in pilot.okta("/api/v1/policies?type=ACCESS_POLICY")}
    apps = [app["id"] for app in pilot.okta("/api/v1/apps")]
    assert len(apps) == 2
    for app in apps:
        pilot.okta(f"/api/v1/apps/{app}/policies/{policies[STRONG]}", "PUT")
    with pilot.stack_file() as config:
        config["claude-code-rollout:session_minutes"] = 30
    pilot.forget_calls()
    pilot.up()
    assert [call for call in pilot.calls() if call.startswith("PUT /api/v1/apps/")]
    found = {app["_links"]["accessPolicy"]["href"].rpartition("/")[2] for app in pilot.okta("/api/v1/apps")}
    assert found == {policies[STRONG]}
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
