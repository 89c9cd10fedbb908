"""A document that grows with the cohorts, cut to what IAM takes.

All that a role has inline may have 10,240 characters, and a function that serves each cohort needs about 150 for each:
between sixty and seventy cohorts there would be an end. Managed policies count apart, each by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rollout.iam_limits import MANAGED_CHARACTERS, characters

# A statement of more resources than this has them by cohort.
FEW = 10


def in_parts(policy: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What stays inline, and what managed policies have beside it: nothing where all of it is as small as one of them,
    which leaves room inline for whatever else is there. Neither says anything that the other says too."""
    if characters(policy) <= MANAGED_CHARACTERS:
        return policy, []
    statements: list[dict[str, Any]] = policy["Statement"]
    many = [each for each in statements if not isinstance(each["Resource"], str) and len(each["Resource"]) > FEW]
    return {**policy, "Statement": [each for each in statements if each not in many]}, list(managed(policy, many))


def managed(policy: dict[str, Any], statements: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Documents like `policy` with these statements, each as full as IAM takes it, resource after resource."""
    found: list[dict[str, Any]] = []
    for statement in statements:
        found.append({**statement, "Resource": []})
        for resource in statement["Resource"]:
            found[-1]["Resource"].append(resource)
            if characters({**policy, "Statement": found}) > MANAGED_CHARACTERS:
                found[-1]["Resource"].pop()
                yield {**policy, "Statement": [each for each in found if each["Resource"]]}
                found = [{**statement, "Resource": [resource]}]
    if found:
        yield {**policy, "Statement": found}
