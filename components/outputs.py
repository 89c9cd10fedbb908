"""What a stack tells people: names, ids and numbers, of which a change of a cohort changes none. What a cohort has is
registered by its component; whole documents come out of `rollout sign-in` and `rollout settings`. In an output each of
these would bury every preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.identity.federation import Federation
from components.shared import Shared
from rollout.access.residual import missed, residual_access
from rollout.incidents.cut_record import Record
from rollout.incidents.said_of_cuts import said_of_cuts
from rollout.leaks.github_webhook import to_enter
from rollout.model.rollout import Rollout, ServiceLevels


def told(rollout: Rollout, record: Record, federation: Federation, shared: Shared) -> Mapping[str, pulumi.Input[Any]]:
    """By name: `cuts` while there are any, `sign_in_apps` for the command that members sign in with, `residual_access`
    for whoever is on call, `github_webhook` for who administers GitHub."""
    found: dict[str, pulumi.Input[Any]] = {}
    if said := said_of_cuts(record, {name: cohort.level for name, cohort in rollout.cohorts.items()}):
        found["cuts"] = said
    if federation.sign_in_client_id is not None:
        found["sign_in_apps"] = {"client_id": federation.sign_in_client_id, "aws_app_id": federation.aws_app_id}
    found["residual_access"] = {
        level.value: {
            "service_level": left.service_level,
            "aws": left.aws,
            "okta": left.okta,
            "mac": "nothing is pushed" if left.mac is None else left.mac,
            "met": left.met,
        }
        for level, left in residual_access(rollout).items()
    }
    if url := shared.github_webhook.url:
        found["github_webhook"] = url.apply(to_enter)
    if rollout.service_levels is ServiceLevels.WARN:
        for mistake in missed(rollout):
            pulumi.log.warn(mistake.line({}))
    return found
