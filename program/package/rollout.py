"""The whole rollout as one component. No postponed annotations here: the SDK's analyzer reads types, not texts."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pulumi

from components.identity.cut_record import on_record
from program.package.judged import judged
from program.stack import configuration, full_name
from program.traces import without_stack_traces
from program.whole import Declared, declare_rollout
from rollout.incidents.component_outputs import COMPONENT
from rollout.model import rollout as model

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
        declared, done = made_under(self, args.get("folder"))
        told = declared.outputs
        # Something is always told, or nobody would wait for the verdict.
        self.residual_access = first(told.get("residual_access"), done) or done
        self.sign_in_apps = first(told.get("sign_in_apps"), done)
        self.cuts = first(told.get("cuts"), done)
        self.github_webhook = first(told.get("github_webhook"), done)


def made_under(
    parent: pulumi.ComponentResource, folder: str | None, require: Callable[[model.Rollout], None] | None = None
) -> tuple[Declared, pulumi.Output[Any]]:
    """What the stack's settings say, below `parent`, which has registered what it tells; and what is known once all of
    it is done and judged. `folder`: where rosters are. `require`: as in `declare_rollout`."""
    config, encrypted = configuration()
    place = Path(folder) if folder else project_folder(Path.cwd())
    declared = declare_rollout(
        config,
        encrypted,
        place,
        lambda: on_record(full_name(), lambda: resources_of(full_name(), place)),
        pulumi.ResourceOptions(parent=parent),
        require,
    )
    parent.register_outputs(dict(declared.outputs))
    return declared, judged(declared.mistakes, declared.judged)


def first(value: pulumi.Input[Any] | None, done: pulumi.Output[Any]) -> pulumi.Output[Any] | None:
    """`value`, once `done` is known; None where there is none."""
    return None if value is None else pulumi.Output.all(value, done).apply(lambda known: known[0])


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
