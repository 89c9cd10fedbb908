"""What workflows are given, by the bootstrap stack: rules of its own stand where those of the program cannot."""

from __future__ import annotations

from typing import Final

from policies.engine.resources import Resource

DEPLOYMENT: Final = "claude:rollout:Deployment"


def of_workflows(resource: Resource) -> bool:
    return DEPLOYMENT in resource.ancestors


def of_program(resource: Resource) -> bool:
    return not of_workflows(resource)
