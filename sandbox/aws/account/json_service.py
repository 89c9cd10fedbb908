"""What services that moto does not have share, where they speak AWS's JSON and are served in one region."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.aws.refusals import JsonRefusal
from sandbox.aws.validation import mistakes

Given = dict[str, Any]
Operations = Mapping[str, Callable[[Given], Given]]

REGION = "us-east-1"


def answered(service: str, operations: Operations, operation: str, region: str, body: bytes) -> bytes:
    """The answer of one call; JsonRefusal where AWS would refuse. `service`: as botocore names it."""
    if operation not in operations:
        raise NotImplementedError(f"{service} {operation}")
    if region != REGION:
        raise JsonRefusal("UnrecognizedClientException", f"{service} is served in {REGION} alone, not in {region}", 403)
    given: Given = json.loads(body or b"{}")
    if found := mistakes(service, operation, given):
        raise invalid(found)
    return json.dumps(operations[operation](given)).encode()


def invalid(message: str) -> JsonRefusal:
    return JsonRefusal("ValidationException", message)
