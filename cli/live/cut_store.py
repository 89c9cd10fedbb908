"""Where `rollout cut` keeps its Denies of a cohort. On a role of ours: inline policies, one per subject. Of a role that
is IAM Identity Center's, which nobody else may change: the one managed policy that its permission set names for this.

Both are asked by the names that the inline policies have (`rollout.names.cut_policy`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import unquote

from botocore.exceptions import ClientError

from cli.terminal.errors import CommandError
from rollout import names
from rollout.access import managed_cut

# IAM keeps five versions of a managed policy.
VERSIONS, TRIES = 5, 8
# How long a read may lag behind a write, which IAM does not say: "seconds" in practice.
ASKED, PAUSE_SECONDS = 12, 0.5
Document = Mapping[str, Any]


class CutStore(Protocol):
    """Each method raises ClientError as IAM refuses it."""

    def policies(self) -> list[str]:
        """Names of what is there, `rollout cut`'s own and others'."""
        ...

    def read(self, policy: str) -> Document | None: ...

    def put(self, policy: str, document: Document) -> None: ...

    def delete(self, policy: str) -> None: ...

    def widen(self, policy: str, document: Document) -> str:
        """One person's becomes everybody's; by which name it is found from then on."""
        ...


@dataclass(frozen=True)
class OnRole:
    """`role`: one of ours."""

    iam: Any
    role: str

    def policies(self) -> list[str]:
        pages = self.iam.get_paginator("list_role_policies").paginate(RoleName=self.role)
        return [str(name) for page in pages for name in page["PolicyNames"]]

    def read(self, policy: str) -> Document | None:
        """None where the role has no such policy, or is not there: what is put next tells the one from the other."""
        try:
            answer = self.iam.get_role_policy(RoleName=self.role, PolicyName=policy)
        except ClientError as error:
            if code(error) == "NoSuchEntity":
                return None
            raise
        return document_of(answer["PolicyDocument"]) or {}

    def put(self, policy: str, document: Document) -> None:
        self.iam.put_role_policy(RoleName=self.role, PolicyName=policy, PolicyDocument=json.dumps(document))

    def delete(self, policy: str) -> None:
        self.iam.delete_role_policy(RoleName=self.role, PolicyName=policy)

    def widen(self, policy: str, document: Document) -> str:
        self.put(policy, document)
        return policy


@dataclass(frozen=True)
class InPolicy:
    """`arn`: of the managed policy, which an update made and attached, and never changes.

    Two who write at once each begin with what they saw. IAM numbers versions, so whoever finds a number skipped unites
    what they wrote with what was written in between: a Deny too many, and none too few. A version that IAM does not
    show is one that it does not show yet. CommandError where it never does: what another one cut may be gone with it.
    """

    iam: Any
    arn: str

    def policies(self) -> list[str]:
        return list(managed_cut.parts(self._current()[1]))

    def read(self, policy: str) -> Document | None:
        return managed_cut.parts(self._current()[1]).get(policy)

    def put(self, policy: str, document: Document) -> None:
        number, found = self._current()
        self._write(number, managed_cut.with_part(found, policy, document))

    def delete(self, policy: str) -> None:
        number, found = self._current()
        self._write(number, managed_cut.without_part(found, policy))

    def widen(self, policy: str, document: Document) -> str:
        number, found = self._current()
        self._write(number, managed_cut.with_part(managed_cut.without_part(found, policy), names.CUT_POLICY, document))
        return names.CUT_POLICY

    def _current(self) -> tuple[int, Document]:
        for _ in range(ASKED):
            version = self._default()
            if (found := self._version(version)) is not None:
                return version, found
            time.sleep(PAUSE_SECONDS)
        raise CommandError(f"{self.arn}: IAM does not show the version of it that is in force; repeat the command")

    def _default(self) -> int:
        return _number(str(self.iam.get_policy(PolicyArn=self.arn)["Policy"]["DefaultVersionId"]))

    def _version(self, version: int) -> Document | None:
        try:
            found = self.iam.get_policy_version(PolicyArn=self.arn, VersionId=f"v{version}")["PolicyVersion"]
        except ClientError as error:
            if code(error) == "NoSuchEntity":
                return None
            raise
        return document_of(found["Document"]) or {}

    def _write(self, seen: int, document: Document) -> None:
        for _ in range(TRIES):
            written = self._new_version(document)
            between = self._shown(range(seen + 1, written))
            if not between:
                return self._in_force(written)
            for other in between:
                document = managed_cut.united(document, other)
            seen = written
        raise CommandError(f"{self.arn}: others write it all the time; repeat the command")

    def _shown(self, versions: Iterable[int]) -> list[Document]:
        """What others wrote. One that four newer ones have pushed out is not shown either, and cannot be told from one
        that will be."""
        found: dict[int, Document | None] = dict.fromkeys(versions)
        for attempt in range(ASKED):
            if attempt:
                time.sleep(PAUSE_SECONDS)
            found = {number: self._version(number) if each is None else each for number, each in found.items()}
            if None not in found.values():
                break
        shown = {number: each for number, each in found.items() if each is not None}
        if missing := [f"v{number}" for number in found if number not in shown]:
            raise CommandError(
                f"{self.arn}: what you asked for is written. Somebody else wrote it at the same time "
                f"({', '.join(missing)}), and IAM does not show what: whom they cut may be denied no more. Let "
                f"everybody who cut somebody just now repeat the command, and repeat yours"
            )
        return list(shown.values())

    def _in_force(self, written: int) -> None:
        """Or a later one, whose author has seen that there is this one."""
        for _ in range(ASKED):
            if self._default() >= written:
                return
            time.sleep(PAUSE_SECONDS)
        raise CommandError(f"{self.arn}: IAM took version v{written} and does not have it in force; repeat the command")

    def _new_version(self, document: Document) -> int:
        for attempt in range(TRIES):
            self._make_room()
            try:
                made = self.iam.create_policy_version(
                    PolicyArn=self.arn, PolicyDocument=json.dumps(document), SetAsDefault=True
                )
            except ClientError as error:
                # Somebody else's version took the room that was made.
                full = code(error) == "LimitExceeded" and "PolicySize" not in str(error)
                if attempt == TRIES - 1 or not (full or code(error) == "ConcurrentModification"):
                    raise
            else:
                return _number(made["PolicyVersion"]["VersionId"])
        raise AssertionError("the last attempt returns or raises")

    def _make_room(self) -> None:
        versions = self.iam.list_policy_versions(PolicyArn=self.arn)["Versions"]
        if len(versions) < VERSIONS:
            return
        old = min(_number(each["VersionId"]) for each in versions if not each["IsDefaultVersion"])
        try:
            self.iam.delete_policy_version(PolicyArn=self.arn, VersionId=f"v{old}")
        except ClientError as error:
            if code(error) not in {"NoSuchEntity", "DeleteConflict"}:
                raise


def in_policy(clients: Any, cohort: str) -> InPolicy | None:
    """Of a cohort whose people sign in by IAM Identity Center; None where the account has no such policy. `clients`:
    boto3's, by service."""
    partition, account = str(clients("sts").get_caller_identity()["Arn"]).split(":")[1:5:3]
    arn = f"arn:{partition}:iam::{account}:policy/{names.cut_managed_policy(cohort)}"
    iam = clients("iam")
    try:
        iam.get_policy(PolicyArn=arn)
    except ClientError as error:
        if code(error) == "NoSuchEntity":
            return None
        raise
    return InPolicy(iam, arn)


def role_of(store: InPolicy) -> str | None:
    """The role that Identity Center has made, by what is attached to it: nobody else knows its name."""
    found = _attached(store.iam, store.arn)
    return next((name for name in found if name.startswith(names.RESERVED_ROLE)), None)


def _attached(iam: Any, arn: str) -> list[str]:
    pages = iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn, EntityFilter="Role")
    return [str(each["RoleName"]) for page in pages for each in page["PolicyRoles"]]


def document_of(found: object) -> Document | None:
    """IAM sends them URL-encoded (API reference); boto3 decodes them into a mapping, in most calls."""
    if isinstance(found, str):
        try:
            found = json.loads(unquote(found))
        except ValueError:
            return None
    return cast("Document", found) if isinstance(found, Mapping) else None


def code(error: ClientError) -> str:
    return str(cast("dict[str, Any]", error.response.get("Error", {})).get("Code", ""))


def _number(version: str) -> int:
    return int(version.removeprefix("v"))
