"""Gates between cohorts: judged before anything is declared, and written down once they are passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.identity.people import answered
from rollout import names
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.success.gates import Gate, gates, waiting


def judge_gates(rollout: Rollout) -> list[Gate]:
    """Refuse to open a cohort before its gate is passed; say who overrides one, each time.

    While an incident is open a shut gate is a warning: it must not stop access from being cut.
    """
    if not waiting(rollout):
        return []
    with answered("AWS"):
        found = aws.ssm.get_parameters_by_path(path=names.SUCCESS_PATH, recursive=True, with_decryption=False)
    judged = gates(rollout, dict(zip(found.names, found.values, strict=True)))
    for gate in judged:
        if gate.overridden:
            pulumi.log.warn(gate.overridden)
    lines = [mistake.line({}) for gate in judged for mistake in gate.refused]
    lines = list(dict.fromkeys(lines))  # two cohorts may wait for the same
    if lines and rollout.incident_open:
        for line in lines:
            pulumi.log.warn(line)
    elif lines:
        raise pulumi.RunError(str(StackFileError(lines)))
    return judged


@dataclass(frozen=True, kw_only=True)
class GatesArgs:
    rollout: Rollout
    gates: Sequence[Gate]


class Gates(pulumi.ComponentResource):
    """What each opened cohort was opened on: figures, or a name and a reason. Gone when it is planned again."""

    def __init__(self, name: str, args: GatesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Gates", name, {}, opts)
        for gate in args.gates:
            if gate.passed is not None:
                aws.ssm.Parameter(
                    f"{name}-{gate.cohort}",
                    name=names.gate_parameter(gate.cohort),
                    type="String",
                    insecure_value=gate.passed,
                    description=f"Why cohort {gate.cohort} was opened",
                    tags={"organization": args.rollout.organization.name, "cohort": gate.cohort},
                    opts=pulumi.ResourceOptions(parent=self),
                )
