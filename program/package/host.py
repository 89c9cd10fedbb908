"""What the engine starts as a plug-in: the components, by the SDK's host for them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pulumi
from pulumi.provider import main
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from program.package.audit_trail import AuditTrail
from program.package.cohort import Cohort
from program.package.judged import refused
from program.package.rollout import Rollout
from rollout import __version__

if TYPE_CHECKING:
    from pulumi.output import Inputs
    from pulumi.provider import ConstructResult

NAME = "claude-code"
COMPONENTS: list[type[pulumi.ComponentResource]] = [AuditTrail, Cohort, Rollout]


class Package(ComponentProvider):
    """As the SDK's, but that a person's mistake is told in words alone."""

    def __init__(self) -> None:
        for component in COMPONENTS:  # the SDK takes a docstring as it is, indentation included
            component.__doc__ = " ".join((component.__doc__ or "").split())
        super().__init__(COMPONENTS, NAME, version=__version__)

    def construct(
        self, name: str, resource_type: str, inputs: Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, pulumi.RunError):
                raise refused(str(error.inner)) from None
            raise


def serve() -> None:
    main(Package(), sys.argv[1:])
