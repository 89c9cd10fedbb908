"""What moto lacks of KMS: keys that are off or on their way out refuse to be used, and how often a key rotates."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.kms.models import Key
from moto.kms.responses import KmsResponse

from sandbox.aws.refusals import JsonRefusal
from sandbox.aws.validation import mistakes

_ROTATION_DAYS = 365
_PENDING = "PendingDeletion"
_DISABLED = "Disabled"


class Kms(KmsResponse):
    """moto's KMS with these operations in place of its own."""

    def create_key(self) -> str:
        """moto answers that a key is in several regions, or nothing."""
        self._given("CreateKey")
        said = json.loads(super().create_key())["KeyMetadata"]
        key = self.kms_backend.keys[said["KeyId"]]
        key.multi_region = bool(key.multi_region)
        return json.dumps(key.to_dict())

    def enable_key_rotation(self) -> str:
        key = self._changeable(given := self._given("EnableKeyRotation"))
        vars(key)["rotation_days"] = given.get("RotationPeriodInDays", _ROTATION_DAYS)
        return super().enable_key_rotation()

    def disable_key_rotation(self) -> str:
        self._changeable(self._given("DisableKeyRotation"))
        return super().disable_key_rotation()

    def get_key_rotation_status(self) -> str:
        key = self._key(self._given("GetKeyRotationStatus"))
        said: dict[str, Any] = {"KeyId": key.arn, "KeyRotationEnabled": key.key_rotation_status}
        if key.key_rotation_status:
            days = vars(key).get("rotation_days", _ROTATION_DAYS)
            due = datetime.fromtimestamp(key.creation_date, UTC) + timedelta(days=days)
            said |= {"RotationPeriodInDays": days, "NextRotationDate": due.timestamp()}
        return json.dumps(said)

    def schedule_key_deletion(self) -> str:
        given = self._given("ScheduleKeyDeletion")
        key, days = self._changeable(given), given.get("PendingWindowInDays", 30)
        if not 7 <= days <= 30:  # not in the service's model
            raise JsonRefusal("ValidationException", f"PendingWindowInDays must be between 7 and 30: {days}")
        said = json.loads(super().schedule_key_deletion())
        return json.dumps(said | {"KeyId": key.arn, "KeyState": _PENDING, "PendingWindowInDays": days})

    def disable_key(self) -> str:
        self._changeable(self._given("DisableKey"))
        return super().disable_key()

    def enable_key(self) -> str:
        self._changeable(self._given("EnableKey"))
        return super().enable_key()

    def update_key_description(self) -> str:
        self._changeable(self._given("UpdateKeyDescription"))
        return super().update_key_description()

    def put_key_policy(self) -> str:
        given = self._given("PutKeyPolicy")
        self._changeable(given)
        try:
            json.loads(given["Policy"])
        except ValueError:
            raise JsonRefusal("MalformedPolicyDocumentException", "The policy is not JSON.") from None
        return super().put_key_policy()

    def create_alias(self) -> str:
        self._changeable(self._given("CreateAlias"), "TargetKeyId")
        return super().create_alias()

    def update_alias(self) -> str:
        self._changeable(self._given("UpdateAlias"), "TargetKeyId")
        return super().update_alias()

    def encrypt(self) -> str:
        self._usable(self._given("Encrypt"))
        return super().encrypt()

    def generate_data_key(self) -> str:
        self._usable(self._given("GenerateDataKey"))
        return super().generate_data_key()

    def decrypt(self) -> str:
        """Which key it was is known only from the text."""
        said = super().decrypt()
        self._usable(json.loads(said))
        return said

    def _given(self, operation: str) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(self.body)
        # Blobs come as base64 and are not held against a length here.
        named = {name: value for name, value in given.items() if name not in {"Plaintext", "CiphertextBlob"}}
        blobs = dict.fromkeys(given.keys() - named.keys(), "x")
        if found := mistakes("kms", operation, named | blobs):
            raise JsonRefusal("ValidationException", found)
        return given

    def _key(self, given: dict[str, Any], field: str = "KeyId") -> Key:
        self._validate_key_id(given[field])
        return self.kms_backend.keys[self.kms_backend.any_id_to_key_id(given[field])]

    def _changeable(self, given: dict[str, Any], field: str = "KeyId") -> Key:
        key = self._key(given, field)
        if key.key_state == _PENDING:
            raise JsonRefusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        return key

    def _usable(self, given: dict[str, Any]) -> None:
        if self._changeable(given).key_state == _DISABLED:
            raise JsonRefusal("DisabledException", f"{self._key(given).arn} is disabled.")
