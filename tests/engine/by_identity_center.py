"""The company of the sandbox, whose people sign in by IAM Identity Center."""

from __future__ import annotations

from typing import Any

from sandbox import identity_push, sign_in
from tests.engine.world import World
from tests.stacks import IDENTITY_CENTER, by_identity_center

PREFIX = "claude-code-rollout:"
# As somebody writes it once into Okta's app, as the rule by which groups are pushed.
RULE = "aws_123456789012_claude-code-"


def choose(world: World) -> None:
    """In the stack file, before anything is there."""
    with world.stack_file() as config:
        document = {key.removeprefix(PREFIX): value for key, value in config.items() if key.startswith(PREFIX)}
        for key in document:
            del config[f"{PREFIX}{key}"]
        chosen = by_identity_center(document)
        chosen["identity_center"]["okta_app_id"] = identity_push.app(world.settings)
        config.update({f"{PREFIX}{key}": value for key, value in chosen.items()})


def push(world: World) -> None:
    identity_push.push(world.settings, RULE)


def up(world: World) -> None:
    """A first one makes Okta's groups, and a second one gives what they have been pushed for."""
    choose(world)
    said = world.up()
    assert "once Okta has pushed it" in said
    push(world)
    world.up()


def enter(world: World, email: str, cohort: str = "pilot") -> dict[str, Any]:
    """A session by the portal; SandboxError says who refused."""
    return sign_in.portal_credentials(world.settings, email, f"claude-code-{cohort}", IDENTITY_CENTER["start_url"])


def token(world: World, email: str) -> str:
    """What `aws sso login` keeps."""
    return sign_in.portal_token(world.settings, email, IDENTITY_CENTER["start_url"])


def session(world: World, token: str, cohort: str = "pilot") -> dict[str, Any]:
    return sign_in.portal_session(world.settings, token, f"claude-code-{cohort}")


def role(world: World, cohort: str = "pilot") -> str | None:
    """The name of the role that Identity Center has made; None where there is none."""
    beginning = f"AWSReservedSSO_claude-code-{cohort}_"
    roles = world.aws("iam").list_roles(PathPrefix="/aws-reserved/sso.amazonaws.com/", MaxItems=1000)["Roles"]
    found = [each["RoleName"] for each in roles if each["RoleName"].startswith(beginning)]
    assert len(found) <= 1
    return found[0] if found else None


def provisioned(world: World) -> list[str]:
    """Calls by which Identity Center was asked to change anything."""
    asked = ("Attach", "Detach", "Provision", "Create", "Delete", "Put", "Update")
    return [
        call for call in world.calls() if call.startswith(asked) and ("PermissionSet" in call or "Assignment" in call)
    ]
