"""What a machine signs in with: the steps of a job at GitHub, or a profile of AWS's for whoever has a role already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollout.account import Account
from rollout.macs.settings import pins
from rollout.model.machines import GithubWorkflow
from rollout.model.rollout import Rollout

# By its commit, as the workflows of this repository have it.
CHECKOUT_ACTION = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
CREDENTIALS_ACTION = "aws-actions/configure-aws-credentials@e3dd6a429d7300a6a4c196c26e071d42e0343502 # v4.0.2"


@dataclass(frozen=True, kw_only=True)
class MachineSignIn:
    """`seconds`: of a session. `env`: of the step that runs Claude Code. `pasted`: all of it, as the file wants it."""

    role_arn: str
    session_name: str
    seconds: int
    region: str
    env: Mapping[str, str]
    pasted: str


def machine_sign_ins(
    rollout: Rollout, account: Account, cohort: str, profile_arns: Mapping[str, str]
) -> dict[str, MachineSignIn]:
    """By name, of the machines that may call a model now. `profile_arns`: of the cohort's models, by label."""
    known = rollout.cohorts[cohort]
    found: dict[str, MachineSignIn] = {}
    for name, machine in sorted(known.machines.items()):
        labels = known.model_copy(update={"level": known.level_of(name)}).usable_models(rollout.throttle)
        if not labels:
            continue
        env = {
            "CLAUDE_CODE_USE_BEDROCK": "1",
            "ANTHROPIC_MODEL": profile_arns[labels[0]],
            **pins(rollout, labels, profile_arns),
        }
        given: dict[str, Any] = {
            "role_arn": account.role_arn(cohort),
            "session_name": name,
            "seconds": rollout.session_minutes * 60,
            "region": account.region,
            "env": env,
        }
        lines = (
            _job(machine.github, rollout.claude.minimum_version, **given)
            if machine.github
            else _profile(str(machine.role), **given)
        )
        found[name] = MachineSignIn(**given, pasted="\n".join(lines))
    return found


def _job(
    workflow: GithubWorkflow,
    version: str,
    role_arn: str,
    session_name: str,
    seconds: int,
    region: str,
    env: Mapping[str, str],
) -> Iterator[str]:
    """A whole workflow, in YAML. GitHub's tokens need `id-token: write`; a session of another name than the machine's
    is refused."""
    yield f"name: {session_name}"
    yield ""
    yield "on:"
    yield "  workflow_dispatch: # or whatever it is to run on"
    if workflow.ref:
        yield f"# IAM knows it on {workflow.ref} alone."
    yield ""
    yield "permissions: {}"
    yield ""
    yield "jobs:"
    yield f"  {session_name}:"
    yield "    runs-on: ubuntu-latest"
    if workflow.environment:
        yield f'    environment: "{workflow.environment}"'
    yield "    permissions:"
    yield "      id-token: write"
    yield "      contents: read"
    yield "    steps:"
    yield f"      - uses: {CHECKOUT_ACTION}"
    yield "        with:"
    yield "          persist-credentials: false"
    yield f"      - uses: {CREDENTIALS_ACTION}"
    yield "        with:"
    yield f"          role-to-assume: {role_arn}"
    yield f"          role-session-name: {session_name}"
    yield f"          role-duration-seconds: {seconds}"
    yield f"          aws-region: {region}"
    yield f'      - run: npx --yes @anthropic-ai/claude-code@{version} -p "$PROMPT"'
    yield "        env:"
    yield from (f'          {key}: "{value}"' for key, value in env.items())
    yield "          PROMPT: what it is to do"


def _profile(
    role: str, role_arn: str, session_name: str, seconds: int, region: str, env: Mapping[str, str]
) -> Iterator[str]:
    """In AWS's own form. Where the credentials of `role` come from, the machine knows: `credential_source` may be
    another of those that the AWS CLI user guide names."""
    yield f"# ~/.aws/config of the machine that has {role}"
    yield f"[profile {session_name}]"
    yield f"role_arn = {role_arn}"
    yield f"role_session_name = {session_name}"
    yield f"duration_seconds = {seconds}"
    yield "credential_source = Ec2InstanceMetadata"
    yield f"region = {region}"
    yield ""
    yield "# of the process that runs Claude Code"
    yield f"AWS_PROFILE={session_name}"
    yield from (f"{key}={value}" for key, value in env.items())
