"""A throttled cohort with its role, and a proof of its stops."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions import meter
from rollout.usage import canary
from tests.meter.people import ROLE, Throttled
from tests.meter.world import TABLE, World

CONTEXT = SimpleNamespace(aws_request_id="night", get_remaining_time_in_millis=lambda: 55_000)
TRUST = {"Version": "2012-10-17", "Statement": []}


class Pilot(Throttled):
    """With its role, as IAM has it."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.world = world
        self.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
        self.iam.attach_role_policy(RoleName=ROLE, PolicyArn=self.policy)

    def items(self) -> dict[str, dict[str, Any]]:
        """The table, but for what every proof leaves: its lease, and what is known of the policy."""
        found = self.world.dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]
        return {item["id"]["S"]: item for item in found if item["id"]["S"] != canary.LEASE}

    def stopped(self) -> set[str]:
        return {key for item in self.items().values() for key in item.get("keys", {}).get("SS", ())}

    def names_canary(self) -> bool:
        return canary.SESSION in json.dumps(self.document())


def prove() -> dict[str, Any]:
    return meter.handler({"prove": "test"}, CONTEXT)
