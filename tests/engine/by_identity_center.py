"""The company of the sandbox, whose people sign in by IAM Identity Center."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import yaml

from sandbox import sign_in
from tests.engine.world import World
from tests.stacks import IDENTITY_CENTER, PROJECT, by_identity_center

PREFIX = "claude-code-rollout:"


def ordered(world: World, *words: str) -> str:
    """What `sandbox` printed."""
    command = [sys.executable, "-m", "sandbox", *words]
    ended = subprocess.run(command, cwd=PROJECT, env=world.variables(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def choose(world: World) -> None:
    """In the stack file, before anything is there."""
    with world.stack_file() as config:
        document = {key.removeprefix(PREFIX): value for key, value in config.items() if key.startswith(PREFIX)}
        for key in document:
            del config[f"{PREFIX}{key}"]
        config.update({f"{PREFIX}{key}": value for key, value in by_identity_center(document).items()})
        config.update(yaml.safe_load(ordered(world, "identity-center")))  # as somebody pastes it


def push(world: World) -> None:
    assert "Okta has pushed" in ordered(world, "push-groups")


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
