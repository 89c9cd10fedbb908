"""The whole rollout as one component. No postponed annotations here: the SDK's analyzer reads types, not texts."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pulumi

from components.identity.cut_record import on_record
from program.package.judged import judged
from program.stack import configuration, full_name
from program.traces import without_stack_traces
from program.whole import declare_rollout
from rollout.incidents.cut_record import COMPONENT

SECONDS = 60


class RolloutArgs(TypedDict):
    folder: NotRequired[str]
    """Where the rosters are that the stack file names; the folder of the program's Pulumi.yaml unless it is given."""


class Rollout(pulumi.ComponentResource):
    """Claude Code over Amazon Bedrock, cohort by cohort, behind Okta: all that the stack's settings under
    `claude-code-rollout:` say. These stay in Pulumi.<stack>.yaml, whatever language the program is written in, and the
    command `rollout` works on the program's folder. One in a stack."""

    residual_access: pulumi.Output[dict[str, Any]] | None
    """By level of a rollback: for how long access outlives it at worst, in AWS, in Okta and on Macs."""
    sign_in_apps: pulumi.Output[dict[str, str]] | None
    """Of Okta: `client_id` and `aws_app_id`, which members sign in with."""
    cuts: pulumi.Output[dict[str, Any]] | None
    """By cohort: the level of each that is cut, and from when on sessions are valid."""
    github_webhook: pulumi.Output[dict[str, Any]] | None
    """What to enter at GitHub so that its secret-scanning alerts arrive."""

    @without_stack_traces()
    def __init__(self, name: str, args: RolloutArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(COMPONENT, name, {}, opts)
        config, encrypted = configuration()
        folder = Path(args.get("folder") or project_folder(Path.cwd()))
        declared = declare_rollout(
            config,
            encrypted,
            folder,
            lambda: on_record(full_name(), lambda: resources_of(full_name(), folder)),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs(dict(declared.outputs))
        done = judged(declared.mistakes, declared.judged)
        given = {each: pulumi.Output.all(value, done).apply(_first) for each, value in declared.outputs.items()}
        # Something is always told, or nobody would wait for the verdict.
        self.residual_access = given.get("residual_access", done)
        self.sign_in_apps = given.get("sign_in_apps")
        self.cuts = given.get("cuts")
        self.github_webhook = given.get("github_webhook")


def project_folder(start: Path) -> Path:
    """The nearest at or above `start` that has a Pulumi.yaml; `start` where none has."""
    return next((each for each in (start, *start.parents) if (each / "Pulumi.yaml").is_file()), start)


def resources_of(stack: str, folder: Path) -> Mapping[str, Any]:
    """A stack's resources by URN, by the engine's command line. The engine's function for it fails on a stack that
    never had an update, and nothing but outputs tells that there was one."""
    command = ["pulumi", "stack", "export", "--stack", stack, "--non-interactive"]
    exported = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS)  # noqa: S603
    if exported.returncode:
        said = f"`{' '.join(command)}`: {exported.stderr.strip()}"
        raise pulumi.RunError(f"{said}; a program that exports an output of the component does without this command")
    deployment: dict[str, Any] = json.loads(exported.stdout).get("deployment") or {}
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    return {each["urn"]: each for each in resources}


def _first(given: list[Any]) -> Any:
    return given[0]
