"""What IAM Identity Center, and IAM of its roles, answer where the whole program is run without an engine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

Answer = tuple[dict[Any, Any], list[tuple[str, str]] | None]


def answer(
    asked: Mapping[str, Any], cuts: Mapping[str, Sequence[str]] | str, pushed: Sequence[str] | str | None
) -> Answer:
    """Of a policy by its ARN, or of a group by its name."""
    if "arn" in asked:
        return _policy(cuts, asked["arn"])
    return _group(pushed, asked["alternateIdentifier"]["uniqueAttribute"]["attributeValue"])


def _policy(cuts: Mapping[str, Sequence[str]] | str, arn: str) -> Answer:
    """`cuts`: documents in force by the policy's name, or what IAM answers in place of one."""
    if isinstance(cuts, str):
        return {}, [("arn", cuts)]
    name = arn.rpartition("/")[2]
    if name not in cuts:
        return {}, [("arn", f"reading IAM Policy ({arn}): NoSuchEntity: Policy {arn} was not found.")]
    return {"id": arn, "arn": arn, "name": name, "policy": cuts[name]}, []


def _group(pushed: Sequence[str] | str | None, wanted: str) -> Answer:
    """`pushed`: names of the groups that are there, or what is answered in place of one; None for every group."""
    if isinstance(pushed, str):
        return {}, [("alternateIdentifier", pushed)]
    if pushed is not None and wanted not in pushed:
        return {}, [("alternateIdentifier", "GetGroupId: ResourceNotFoundException: GROUP not found.")]
    found = hashlib.sha256(wanted.encode()).hexdigest()
    id_ = "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:32]))
    return {"id": id_, "groupId": id_, "displayName": wanted}, []
