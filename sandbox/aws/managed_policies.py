"""AWS's own managed policies, which moto reads, all 1,500, for each IAM backend that it makes: here once a process."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any, cast

import moto.iam.models
from moto.iam.models import IAMBackend, ManagedPolicy

from sandbox.aws.models.catalogue import PARTITION

_read = IAMBackend._init_aws_policies


@cache
def _written(account: str, region: str) -> bytes:
    """`region`: of a global service the partition."""
    made = IAMBackend.__new__(IAMBackend)
    made.account_id, made.region_name = account, region
    return pickle.dumps(_read(made))


def _again(backend: IAMBackend) -> list[ManagedPolicy]:
    return pickle.loads(_written(backend.account_id, backend.region_name))  # noqa: S301  what we wrote


def read_policies_once() -> None:
    """And of one partition: IAM of the others is never asked for."""
    cast("Any", moto.iam.models).PARTITION_NAMES = [PARTITION]
    cast("Any", IAMBackend)._init_aws_policies = _again
