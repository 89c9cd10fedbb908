"""An IAM policy that stops people, and the item of the table that says whom: as `functions.quota_writer` wants them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from functions.clients import client
from functions.quota_writer import Held
from rollout.names import RESERVED_ROLE

# IAM keeps five versions of a policy.
VERSIONS = 5
TRIES = 10
_LOST = "ConditionalCheckFailedException"


@dataclass(frozen=True)
class TableItem:
    """`stops#<ARN of the policy>`. It has no end: it is as old as its policy, and holds what is current alone.

    `keys`: a set of counters' keys. `revision`, `written`, `fence`: numbers that only grow. `lease`: until when
    somebody holds it, seconds since 1970. `digest`, `in_force`: of the last write. `doubted`: until when neither of
    these is believed.
    """

    table: str
    policy: str

    def ask(self, keys: Collection[str]) -> int:
        """The revision from which on these are among those who are stopped."""
        added = {":keys": {"SS": sorted(keys)}} if keys else {}
        what = "ADD revision :one, #keys :keys" if keys else "ADD revision :one"
        found = self._update(
            what,
            {":one": _number(1), **added},
            names=({"#keys": "keys"} if keys else {}),
            ReturnValues="UPDATED_NEW",
        )
        return int(found["revision"]["N"])

    def keys(self) -> frozenset[str]:
        return frozenset(self._item().get("keys", {}).get("SS", ()))

    def take(self, now: datetime, until: datetime) -> Held | None:
        try:
            was = self._update(
                "SET lease = :until ADD fence :one",
                {":until": _seconds(until), ":now": _seconds(now), ":one": _number(1)},
                ConditionExpression="attribute_not_exists(lease) OR lease < :now",
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if _code(error) == _LOST:
                return None
            raise
        doubted = "doubted" in was and float(was["doubted"]["N"]) > now.timestamp()
        late = "lease" in was
        believed = not doubted and not late
        return Held(
            fence=int(was.get("fence", _number(0))["N"]) + 1,
            until=until,
            revision=int(was.get("revision", _number(0))["N"]),
            keys=frozenset(was.get("keys", {}).get("SS", ())),
            digest=was["digest"]["S"] if "digest" in was and believed else None,
            in_force=was["in_force"]["S"] if "in_force" in was and believed else None,
            was_late=late,
        )

    def written(self) -> int:
        return int(self._item().get("written", _number(0))["N"])

    def begin(self, held: Held) -> bool:
        return self._if_held(held, "REMOVE digest") is not None

    def finish(
        self, held: Held, digest: str, in_force: str, over: frozenset[str], doubted_until: datetime | None
    ) -> int | None:
        values: dict[str, Any] = {
            ":digest": {"S": digest},
            ":in_force": {"S": in_force},
            ":written": _number(held.revision),
        }
        what = "SET digest = :digest, in_force = :in_force, written = :written"
        if doubted_until:
            what, values[":doubted"] = f"{what}, doubted = :doubted", _seconds(doubted_until)
        what += " REMOVE lease"
        if over:
            what, values[":over"] = f"{what} DELETE #keys :over", {"SS": sorted(over)}
        found = self._if_held(held, what, values, {"#keys": "keys"} if over else {})
        return int(found["revision"]["N"]) if found is not None else None

    def release(self, held: Held) -> None:
        self._if_held(held, "REMOVE lease")

    def soil(self) -> int:
        found = self._update("REMOVE digest ADD revision :one", {":one": _number(1)}, ReturnValues="ALL_NEW")
        return int(found["revision"]["N"])

    def forget(self, keys: Collection[str]) -> int:
        """The revision from which on these are no more among those who are stopped."""
        found = self._update(
            "ADD revision :one DELETE #keys :keys",
            {":one": _number(1), ":keys": {"SS": sorted(keys)}},
            names={"#keys": "keys"},
            ReturnValues="ALL_NEW",
        )
        return int(found["revision"]["N"])

    def _if_held(
        self, held: Held, what: str, values: Mapping[str, Any] | None = None, names: Mapping[str, str] | None = None
    ) -> dict[str, Any] | None:
        """None where the lease is lost. The lease that ran out and that nobody took since is still ours."""
        try:
            return self._update(
                what,
                {":fence": _number(held.fence), **(values or {})},
                names=names or {},
                ConditionExpression="fence = :fence",
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if _code(error) == _LOST:
                return None
            raise

    def _update(
        self, what: str, values: Mapping[str, Any], *, names: Mapping[str, str] | None = None, **rest: Any
    ) -> dict[str, Any]:
        named = {"ExpressionAttributeNames": dict(names)} if names else {}
        answer = client("dynamodb").update_item(
            TableName=self.table,
            Key=self._key,
            UpdateExpression=what,
            ExpressionAttributeValues=dict(values),
            **named,
            **rest,
        )
        return answer.get("Attributes") or {}

    def _item(self) -> dict[str, Any]:
        return client("dynamodb").get_item(TableName=self.table, Key=self._key, ConsistentRead=True).get("Item") or {}

    @property
    def _key(self) -> dict[str, Any]:
        return {"id": {"S": f"stops#{self.policy}"}}


@dataclass(frozen=True)
class IamPolicy:
    """`arn`: of a managed policy of ours, which Pulumi made and attached."""

    arn: str

    def in_force(self) -> str | None:
        """`<the policy's id>/<version>`: one that was deleted and made anew has another id."""
        try:
            found = client("iam").get_policy(PolicyArn=self.arn)["Policy"]
        except ClientError as error:
            if _code(error) == "NoSuchEntity":
                return None
            raise
        return f"{found['PolicyId']}/{found['DefaultVersionId']}"

    def put(self, document: Mapping[str, Any], before: str) -> str:
        text = json.dumps(document, separators=(",", ":"))
        for attempt in range(TRIES):
            self._make_room()
            try:
                made = client("iam").create_policy_version(PolicyArn=self.arn, PolicyDocument=text, SetAsDefault=True)
            except ClientError as error:
                # The size: no other try makes it smaller. The list of versions was an old one: look again.
                too_large = "PolicySize" in error.response["Error"].get("Message", "")
                if too_large or _code(error) not in {"LimitExceeded", "ConcurrentModification"}:
                    raise
                time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))  # noqa: S311
            else:
                return f"{before.partition('/')[0]}/{made['PolicyVersion']['VersionId']}"
        raise TimeoutError(f"{self.arn} had no room for another version {TRIES} times")

    def document(self) -> dict[str, Any]:
        """In force, as IAM says it now."""
        version = client("iam").get_policy(PolicyArn=self.arn)["Policy"]["DefaultVersionId"]
        return client("iam").get_policy_version(PolicyArn=self.arn, VersionId=version)["PolicyVersion"]["Document"]

    def role(self) -> Mapping[str, Any] | None:
        """`RoleName` and `RoleId` of the role that it is attached to, of one that Identity Center made and named; None
        where there is none."""
        pages = (
            client("iam").get_paginator("list_entities_for_policy").paginate(PolicyArn=self.arn, EntityFilter="Role")
        )
        try:
            roles = [role for page in pages for role in page["PolicyRoles"]]
        except ClientError as error:
            if _code(error) == "NoSuchEntity":
                return None
            raise
        return next((role for role in roles if role["RoleName"].startswith(RESERVED_ROLE)), None)

    def _make_room(self) -> None:
        versions = client("iam").list_policy_versions(PolicyArn=self.arn)["Versions"]
        if len(versions) < VERSIONS:
            return
        old = [version for version in versions if not version["IsDefaultVersion"]]
        oldest = min(old, key=lambda version: int(version["VersionId"].removeprefix("v")))
        try:
            client("iam").delete_policy_version(PolicyArn=self.arn, VersionId=oldest["VersionId"])
        except ClientError as error:
            # What an old list names is gone, or is the one in force by now.
            if _code(error) not in {"NoSuchEntity", "DeleteConflict"}:
                raise


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _seconds(at: datetime) -> dict[str, str]:
    return {"N": f"{at.astimezone(UTC).timestamp():.3f}"}


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
