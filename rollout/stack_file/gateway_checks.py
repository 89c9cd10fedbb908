"""Mistakes in a gateway: as `rollout.stack_file.checks`, on the document as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from rollout import names
from rollout.access import gateway_trust
from rollout.gateway.service import LITELLM_HEALTH
from rollout.iam_limits import TRUST_CHARACTERS, characters
from rollout.model.errors import Mistake, shown
from rollout.model.gateway import GatewayKind
from rollout.model.gateway_service import MEMORY
from rollout.model.rollout import Federation
from rollout.stack_file.checks import Document, each_cohort, part
from rollout.stack_file.machine_checks import each_machine


def role_of_another(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """Whoever has the gateway's role is everybody of every cohort, so nobody may have it who is in one. That of a
    gateway which another stack of the account runs is a gateway's."""
    arn = part(document, "gateway").get("role_arn")
    name = arn.rpartition("/")[2].lower() if isinstance(arn, str) else ""
    if name != names.GATEWAY_ROLE and names.is_our_role(name):
        text = f"{shown(name)} is a role of this rollout: whoever has it would be everybody; name the gateway's own"
        yield Mistake(("gateway", "role_arn"), text)
    elif name.startswith("awsreservedsso_"):
        text = f"{shown(name)} is a permission set of people, each of whom would be everybody; name the gateway's own"
        yield Mistake(("gateway", "role_arn"), text)


def role_of_a_machine(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """IAM knows a role by its account and its name, in which capitals and the path count for nothing."""
    ours = _role(part(document, "gateway").get("role_arn"))
    for name, machine, said in each_machine(document) if ours else ():
        if _role(said.get("role")) == ours:
            text = f"the role of cohorts.{name}.machines.{machine} too, which would be everybody; give each its own"
            yield Mistake(("gateway", "role_arn"), text)


def _role(arn: object) -> tuple[str, str] | None:
    """Its account and its name in small letters."""
    parts = arn.strip().lower().split(":") if isinstance(arn, str) else []
    return (parts[4], parts[5].rpartition("/")[2]) if len(parts) == 6 else None


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


def health(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """A path that nobody answers would have ECS replace each task for ever."""
    gateway = part(document, "gateway")
    path = part(gateway, "service").get("health_path")
    if gateway.get("kind") == GatewayKind.LITELLM and isinstance(path, str) and path.strip() not in LITELLM_HEALTH:
        text = f"{shown(path)}: litellm behind our hook answers {' and '.join(LITELLM_HEALTH)} alone; leave it out"
        yield Mistake(("gateway", "service", "health_path"), text)


def trust_fits(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """A cohort that is too large for its members' names is held to their domains, which have to fit in their turn."""
    gateway = part(document, "gateway")
    arn = gateway.get("role_arn")
    role = arn if isinstance(arn, str) else f"arn:aws:iam::{'0' * 12}:role/{names.GATEWAY_ROLE}"
    for name, cohort in each_cohort(document) if gateway else ():
        members = sorted(str(email) for email in part(cohort, "members"))
        made = gateway_trust.statements(role, members)
        size = characters({"Version": "2012-10-17", "Statement": made})
        if size > TRUST_CHARACTERS:
            domains = len({email.rpartition("@")[2] for email in members})
            text = f"{len(members)} members of {domains} domains make a trust policy of {size:,} characters, IAM takes "
            yield Mistake(("cohorts", name, "members"), f"{text}{TRUST_CHARACTERS:,}: divide the cohort")


GATEWAY_CHECKS: tuple[Callable[[Document, datetime], Iterator[Mistake]], ...] = (
    role_of_another,
    role_of_a_machine,
    not_beside_identity_center,
    role_or_service,
    task_size,
    health,
    trust_fits,
)
