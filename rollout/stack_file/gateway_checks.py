"""Mistakes in a gateway: as `rollout.stack_file.checks`, on the document as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from rollout import names
from rollout.model.errors import Mistake, shown
from rollout.model.gateway_service import MEMORY
from rollout.model.rollout import Federation
from rollout.stack_file.checks import Document, part


def role_of_another(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """Whoever has the gateway's role is everybody of every cohort, so nobody may have it who is in one."""
    arn = part(document, "gateway").get("role_arn")
    name = arn.rpartition("/")[2].lower() if isinstance(arn, str) else ""
    if name.startswith(names.OUR_ROLES):
        text = f"{shown(name)} is a role of this rollout: whoever has it would be everybody; name the gateway's own"
        yield Mistake(("gateway", "role_arn"), text)
    elif name.startswith("awsreservedsso_"):
        text = f"{shown(name)} is a permission set of people, each of whom would be everybody; name the gateway's own"
        yield Mistake(("gateway", "role_arn"), text)


def not_beside_identity_center(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """A gateway takes roles of ours; those of permission sets are Identity Center's, and trust nobody else."""
    if part(document, "gateway") and document.get("federation") == Federation.IDENTITY_CENTER:
        text = "identity_center beside a gateway, which cannot take the role of a permission set; set saml or oidc"
        yield Mistake(("federation",), text)


def role_or_service(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """Whose role the cohorts trust: of what a company runs by itself, or of what this program runs."""
    gateway = part(document, "gateway")
    if not gateway:
        return
    if gateway.get("role_arn") and gateway.get("service"):
        text = "beside service, which has a role of its own; say one of the two"
        yield Mistake(("gateway", "role_arn"), text)
    elif not gateway.get("role_arn") and not gateway.get("service"):
        text = "missing: the role that it runs with; or give service, and this program runs it"
        yield Mistake(("gateway", "role_arn"), text)


def task_size(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    service = part(document, "gateway", "service")
    cpu, memory = service.get("cpu", 512), service.get("memory", 1024)
    allowed = MEMORY.get(cpu) if isinstance(cpu, int) else None
    if allowed and isinstance(memory, int) and memory not in allowed:
        words = f"{allowed[0]} to {allowed[-1]}" if len(allowed) > 3 else ", ".join(map(str, allowed))
        yield Mistake(("gateway", "service", "memory"), f"{memory}: with cpu {cpu} Fargate takes {words} MiB")


GATEWAY_CHECKS: tuple[Callable[[Document, datetime], Iterator[Mistake]], ...] = (
    role_of_another,
    not_beside_identity_center,
    role_or_service,
    task_size,
)
