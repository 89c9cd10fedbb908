"""Mistakes in a gateway: as `rollout.stack_file.checks`, on the document as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from rollout import names
from rollout.model.errors import Mistake, shown
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


GATEWAY_CHECKS: tuple[Callable[[Document, datetime], Iterator[Mistake]], ...] = (role_of_another,)
