"""Mistakes in a gateway: as `rollout.stack_file.checks`, on the document as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from rollout import names
from rollout.model.errors import Mistake, shown
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


GATEWAY_CHECKS: tuple[Callable[[Document, datetime], Iterator[Mistake]], ...] = (
    role_of_another,
    not_beside_identity_center,
)
