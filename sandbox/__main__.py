"""`sandbox`, or `.venv/bin/python -m sandbox`: serve, start, stop, status, env, macs, notices, sign-in and more."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable

from sandbox import server
from sandbox.errors import SandboxError
from sandbox.settings import IDENTITY_STORE, PORTAL, REGION, Settings, from_environment


def _serve(settings: Settings, _: argparse.Namespace) -> int:
    server.serve(settings)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # all is saved: no thread that waits for something keeps the process


def _addresses(settings: Settings) -> str:
    return f"AWS {settings.aws_url}, Okta {settings.okta_url}, Jamf Pro {settings.jamf_url}"


def _start(settings: Settings, _: argparse.Namespace) -> int:
    pid = server.start(settings)
    print(f"Sandbox runs (pid {pid}): {_addresses(settings)}, state in {settings.home}")
    return 0


def _stop(settings: Settings, _: argparse.Namespace) -> int:
    pid = server.stop(settings)
    print("Sandbox does not run" if pid is None else f"Sandbox stopped (pid {pid}); its state stays in {settings.home}")
    return 0


def _status(settings: Settings, _: argparse.Namespace) -> int:
    pid = server.running(settings)
    if pid is None:
        print("Sandbox does not run")
        return 1
    healthy = server.is_healthy(settings, pid)
    print(f"Sandbox {'runs' if healthy else 'does not answer'} (pid {pid}): {_addresses(settings)}")
    return 0 if healthy else 1


def _env(settings: Settings, _: argparse.Namespace) -> int:
    from sandbox.environment import environment, exports
    from sandbox.workspace import pulumi_environment

    print(exports({**environment(settings), **pulumi_environment(settings)}))
    pid = server.running(settings)
    if pid is None:
        print(f"No sandbox runs in {settings.home}; `make up` starts it", file=sys.stderr)
    elif not server.is_healthy(settings, pid):
        print(
            f"The sandbox in {settings.home} (pid {pid}) does not answer at {_addresses(settings)}; if it was started "
            f"on other ports, export {', '.join(settings.ports)} as they were then",
            file=sys.stderr,
        )
    return 0


def _up(settings: Settings, _: argparse.Namespace) -> int:
    from sandbox.up import up

    return up(settings)


def _sign_in(settings: Settings, given: argparse.Namespace) -> int:
    from sandbox.sign_in import credentials, portal_credentials

    if given.permission_set:
        found = portal_credentials(settings, given.login, given.permission_set, PORTAL)
    else:
        found = credentials(
            settings, given.login, given.role_arn, provider_arn=given.provider_arn, client_id=given.client_id
        )
    print(json.dumps(found, indent=2))
    return 0


def _identity_center(settings: Settings, _: argparse.Namespace) -> int:
    from sandbox.aws.identity_center.kept import INSTANCE
    from sandbox.identity_push import app

    print("  claude-code-rollout:federation: identity_center")
    print("  claude-code-rollout:identity_center:")
    print(f"    instance_arn: {INSTANCE}")
    print(f"    identity_store_id: {IDENTITY_STORE}")
    print(f"    region: {REGION}")
    print(f"    start_url: {PORTAL}")
    print(f"    okta_app_id: {app(settings)}")
    return 0


def _push_groups(settings: Settings, given: argparse.Namespace) -> int:
    from sandbox.identity_push import push

    beginning = given.beginning or f"aws_{settings.account}_claude-code-"
    people, groups = push(settings, beginning)
    print(f"Okta has pushed {people} people, and of the groups {beginning}*: {', '.join(groups) or 'none'}")
    return 0


def _workflow_token(settings: Settings, given: argparse.Namespace) -> int:
    from sandbox.workflow_tokens import token

    claims = {"environment": given.environment, "ref": given.ref, "event": given.event, "audience": given.audience}
    print(token(settings.state, given.repository, **claims))
    return 0


def _notices(settings: Settings, _: argparse.Namespace) -> int:
    from sandbox.outside.table import table

    print(table(settings.aws_url))
    return 0


def _macs(settings: Settings, _: argparse.Namespace) -> int:
    from sandbox.jamf.table import table

    print(table(settings.jamf_url))
    return 0


COMMANDS: dict[str, tuple[str, Callable[[Settings, argparse.Namespace], int]]] = {
    "serve": ("serve in the foreground", _serve),
    "start": ("start in the background, and wait until it answers", _start),
    "up": ("start, and deploy the sandbox stack", _up),
    "stop": ("stop, keeping the state", _stop),
    "status": ("exit 0 if it runs", _status),
    "env": ("print `export` lines for a shell", _env),
    "macs": ("show each Mac, its person, and what Jamf Pro has put on it", _macs),
    "notices": ("show what Slack, e-mail and webhooks received", _notices),
    "sign-in": ("print credentials of a person's AWS session", _sign_in),
    "identity-center": ("print what a stack file says of IAM Identity Center here", _identity_center),
    "push-groups": ("have Okta push people and groups to IAM Identity Center, as it does by itself", _push_groups),
    "workflow-token": ("print the token that GitHub gives a job of a workflow", _workflow_token),
}


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="sandbox", description="AWS, Okta and Jamf Pro on loopback.")
    commands = found.add_subparsers(dest="command", required=True)
    for name, (words, _) in COMMANDS.items():
        command = commands.add_parser(name, help=words, description=words)
        if name == "sign-in":
            command.add_argument("login", help="the person's Okta login")
            whose = command.add_mutually_exclusive_group(required=True)
            whose.add_argument("--role-arn", help="the role to assume")
            whose.add_argument("--permission-set", help="by IAM Identity Center's portal, such as claude-code-pilot")
            how = command.add_mutually_exclusive_group()
            how.add_argument("--provider-arn", help="IAM SAML provider; default: the one Okta names with the role")
            how.add_argument("--client-id", help="Okta client to get an ID token from, instead of SAML")
        if name == "push-groups":
            command.add_argument("beginning", nargs="?", help="of the groups' names; default: those of cohorts here")
        if name == "workflow-token":
            command.add_argument("repository", help="as owner/name")
            command.add_argument("--environment", help="that the job names")
            command.add_argument("--ref", default="refs/heads/main", help="that the workflow runs on")
            command.add_argument("--event", default="workflow_dispatch", help="such as pull_request")
            command.add_argument("--audience", default="sts.amazonaws.com", help="whom the token is for")
    return found


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        return COMMANDS[given.command][1](from_environment(), given)
    except SandboxError as error:
        print(f"{server.ERROR_PREFIX}{error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
