"""What moto lacks of Secrets Manager: what a secret that waits for its deletion refuses, and where labels may go."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.secretsmanager.models import FakeSecret
from moto.secretsmanager.responses import SecretsManagerResponse

from sandbox.aws.refusals import JsonRefusal
from sandbox.aws.validation import mistakes

CURRENT = "AWSCURRENT"
_MARKED = "You can't perform this operation on the secret because it was marked for deletion."
_NAME = re.compile(r"[0-9A-Za-z/_+=.@!-]+")


class SecretsManager(SecretsManagerResponse):
    """moto's Secrets Manager with these operations in place of its own."""

    def create_secret(self) -> str:
        given = self._given("CreateSecret")
        name = given["Name"]
        if not _NAME.fullmatch(name):
            raise JsonRefusal(
                "ValidationException",
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
                "-/_+=.@!",
            )
        known = self._secret(name)
        if known and known.is_deleted():
            raise JsonRefusal(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )
        return super().create_secret()

    def update_secret(self) -> str:
        """A description may be emptied, which moto ignores."""
        given = self._given("UpdateSecret")
        secret = self._usable(given)
        if "Description" in given:
            secret.description = given["Description"]
        return super().update_secret()

    def put_secret_value(self) -> str:
        self._usable(self._given("PutSecretValue"))
        return super().put_secret_value()

    def get_secret_value(self) -> str:
        self._usable(self._given("GetSecretValue"))
        return super().get_secret_value()

    def list_secret_version_ids(self) -> str:
        """moto fails on a secret it does not know, and tells its name for its ARN."""
        secret = self._usable(self._given("ListSecretVersionIds"))
        return json.dumps(json.loads(super().list_secret_version_ids()) | {"ARN": secret.arn})

    def put_resource_policy(self) -> str:
        given = self._given("PutResourcePolicy")
        self._usable(given)
        try:
            document = json.loads(given["ResourcePolicy"])
        except ValueError:
            document = None
        if not isinstance(document, dict) or not isinstance(document.get("Statement"), list | dict):
            raise JsonRefusal(
                "MalformedPolicyDocumentException", "This resource policy contains a statement that is not valid."
            )
        return super().put_resource_policy()

    def update_secret_version_stage(self) -> str:
        """A label is on one version at a time, and AWSCURRENT always on one."""
        given = self._given("UpdateSecretVersionStage")
        secret, label = self._usable(given), given["VersionStage"]
        holder = _holder(secret, label)
        target, left = given.get("MoveToVersionId"), given.get("RemoveFromVersionId")
        if label == CURRENT and not target:
            raise _wrong(
                f"You can only move staging label {CURRENT} to a different secret version. "
                "It can't be completely removed."
            )
        if target and holder and target != holder and left != holder:
            raise _wrong(
                f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to "
                f"version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            )
        answer = super().update_secret_version_stage()
        secret.set_default_version_id(_holder(secret, CURRENT))
        return answer

    def _given(self, operation: str) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(self.body)
        found = mistakes("secretsmanager", operation, given)
        if found:
            raise JsonRefusal("ValidationException", found)
        return given

    def _secret(self, identifier: str) -> FakeSecret | None:
        secret = self.backend.secrets.get(identifier)
        return secret if isinstance(secret, FakeSecret) else None

    def _usable(self, given: dict[str, Any]) -> FakeSecret:
        secret = self._secret(given["SecretId"])
        if secret is None:
            raise JsonRefusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        if secret.is_deleted():
            raise JsonRefusal("InvalidRequestException", _MARKED)
        return secret


def _wrong(message: str) -> JsonRefusal:
    return JsonRefusal("InvalidParameterException", message)


def _holder(secret: FakeSecret, label: str) -> str | None:
    """The version that carries the label."""
    return next((number for number, version in secret.versions.items() if label in version["version_stages"]), None)
