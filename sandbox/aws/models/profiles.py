"""Inference profiles. Application profiles live in moto's own Bedrock backend, one dictionary per account and region,
and are immutable but for their tags.
"""

from __future__ import annotations

import base64
import secrets
import string
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.bedrock.models import BedrockBackend

from sandbox.aws.conditions import Values
from sandbox.aws.models import catalogue
from sandbox.aws.refusals import RestRefusal

QUOTA, TOKENS = "application_profiles", "tokens_per_minute"
# Per account and region (L-40EC9882), and of each model. Tests lower them through `PUT /sandbox/quotas`; a restart
# restores them.
DEFAULT_QUOTAS: dict[str, int] = {QUOTA: 1000, TOKENS: 5_000_000}
quotas: dict[str, int] = dict(DEFAULT_QUOTAS)


def set_quotas(wanted: Any) -> dict[str, int]:
    """`{"application_profiles": 5}`; ValueError says what is wrong with it."""
    if not isinstance(wanted, dict) or not wanted.keys() <= quotas.keys():
        raise ValueError(f"must be an object of {', '.join(quotas)}")
    if not all(isinstance(value, int) and value >= 0 for value in wanted.values()):
        raise ValueError("a quota must be a whole number from 0")
    quotas.update(wanted)
    return dict(quotas)


MAX_TAGS = 200
_ID_ALPHABET = string.ascii_lowercase + string.digits
_SYSTEM_SINCE = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """In the field names of Bedrock's answers."""

    inferenceProfileId: str
    inferenceProfileArn: str
    inferenceProfileName: str
    models: tuple[str, ...]
    type: str
    description: str | None = None
    createdAt: datetime = field(default_factory=lambda: datetime.now(UTC))
    request_token: str | None = None
    source: str = ""

    def answer(self) -> dict[str, Any]:
        shown = asdict(self) | {
            "models": [{"modelArn": arn} for arn in self.models],
            "status": "ACTIVE",
            "updatedAt": self.createdAt,
        }
        return {key: value for key, value in shown.items() if key not in {"request_token", "source"} and value}


def not_found(identifier: str) -> RestRefusal:
    return RestRefusal("ResourceNotFoundException", f"Inference profile {identifier} not found", 404)


def invalid(message: str) -> RestRefusal:
    return RestRefusal("ValidationException", message)


class Profiles:
    """The profiles of one account and region."""

    def __init__(self, backend: BedrockBackend) -> None:
        self.backend = backend
        self.own: dict[str, Profile] = vars(backend).setdefault("inference_profiles", {})
        self._prefix = f"arn:{catalogue.PARTITION}:bedrock:{backend.region_name}"

    def _arn(self, kind: str, identifier: str) -> str:
        return f"{self._prefix}:{self.backend.account_id}:{kind}/{identifier}"

    def system(self) -> dict[str, Profile]:
        return {
            known.id: Profile(
                inferenceProfileId=known.id,
                inferenceProfileArn=self._arn("inference-profile", known.id),
                inferenceProfileName=known.name,
                models=known.model_arns,
                type="SYSTEM_DEFINED",
                description=known.description,
                createdAt=_SYSTEM_SINCE,
            )
            for known in catalogue.system_profiles(self.backend.region_name)
        }

    def get(self, identifier: str) -> Profile | None:
        """By id or ARN; a system-defined profile's ARN may leave the account out."""
        last = identifier.rpartition("/")[2]
        profile = self.own.get(last) or self.system().get(last)
        accountless = f"{self._prefix}::inference-profile/{last}"
        named = profile and identifier in {last, profile.inferenceProfileArn, accountless}
        return profile if named else None

    def find(self, identifier: str) -> Profile:
        profile = self.get(identifier)
        if profile is None:
            raise not_found(identifier)
        return profile

    def find_own(self, identifier: str, verb: str) -> Profile:
        profile = self.find(identifier)
        if profile.type != "APPLICATION":
            raise invalid(f"System-defined inference profiles cannot be {verb}: {identifier}")
        return profile

    def _models(self, source: str) -> tuple[str, ...]:
        """The models a profile copied from `source` routes to."""
        _, _, _, region, _, resource = source.split(":", 5)
        kind, _, name = resource.partition("/")
        if region != self.backend.region_name:
            raise invalid(f"The model source is not in region {self.backend.region_name}: {source}")
        if kind == "inference-profile":
            known = self.system().get(name)
            accounts = {self._arn(kind, name), f"{self._prefix}::{kind}/{name}"}
            if known is None or source not in accounts:
                raise invalid(f"The provided model source is invalid, no such inference profile: {source}")
            return known.models
        if name not in catalogue.MODELS or source != catalogue.model_arn(region, name):
            raise invalid(f"The provided model source is invalid, no such foundation model: {source}")
        return (source,)

    def create(self, given: dict[str, Any]) -> Profile:
        source = given["modelSource"].get("copyFrom")
        if not source:
            raise invalid("Value null at 'modelSource.copyFrom' failed to satisfy constraint: Member must not be null")
        models = self._models(source)
        name, token = given["inferenceProfileName"], given.get("clientRequestToken")
        for other in self.own.values():
            if token and other.request_token == token:
                if (other.inferenceProfileName, other.source) == (name, source):
                    return other  # the same request, sent again
                raise RestRefusal("ConflictException", f"clientRequestToken was used for another profile: {token}")
            if other.inferenceProfileName == name:
                raise RestRefusal("ConflictException", f"Inference profile with name {name} already exists")
        if len(self.own) >= quotas[QUOTA]:
            raise RestRefusal(
                "ServiceQuotaExceededException",
                f"Your account has reached its limit of {quotas[QUOTA]} application inference profiles per region",
            )
        self.check_tags(given.get("tags") or [], set())
        identifier = "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))
        profile = Profile(
            inferenceProfileId=identifier,
            inferenceProfileArn=self._arn("application-inference-profile", identifier),
            inferenceProfileName=name,
            models=models,
            type="APPLICATION",
            description=given.get("description"),
            request_token=token,
            source=source,
        )
        self.own[identifier] = profile
        self.tag(profile, given.get("tags") or [])
        return profile

    def delete(self, identifier: str) -> None:
        profile = self.find_own(identifier, "deleted")
        self.backend.tagger.delete_all_tags_for_resource(profile.inferenceProfileArn)
        del self.own[profile.inferenceProfileId]

    def check_tags(self, tags: list[dict[str, str]], present: set[str]) -> None:
        keys = [tag["key"] for tag in tags]
        if len(set(keys)) != len(keys):
            raise invalid("Duplicate tag keys found")
        if any(key.lower().startswith("aws:") for key in keys):
            raise invalid("Tag keys that start with aws: are reserved")
        if len(present | set(keys)) > MAX_TAGS:
            raise RestRefusal("TooManyTagsException", f"A resource may have {MAX_TAGS} tags")

    def context(self, profile: Profile | None) -> dict[str, Values]:
        """What a policy may ask about the profile that a call is for."""
        owner = {"aws:resourceaccount": (self.backend.account_id,)}
        tags = self.tags(profile) if profile else {}
        return owner | {f"aws:resourcetag/{key.lower()}": (value,) for key, value in tags.items()}

    def tags(self, profile: Profile) -> dict[str, str]:
        return self.backend.tagger.get_tag_dict_for_resource(profile.inferenceProfileArn)

    def tag(self, profile: Profile, tags: list[dict[str, str]]) -> None:
        self.check_tags(tags, set(self.tags(profile)))
        if tags:
            self.backend.tagger.tag_resource(
                profile.inferenceProfileArn, [{"Key": tag["key"], "Value": tag["value"]} for tag in tags]
            )

    def page(self, kind: str | None, size: int, token: str | None) -> tuple[list[Profile], str | None]:
        """One page after the profile that `token` names, and the token of the next."""
        profiles = [*self.system().values(), *self.own.values()]
        chosen = [profile for profile in profiles if kind in {None, profile.type}]
        start = 0
        if token:
            ids = [_token(profile) for profile in chosen]
            if token not in ids:
                raise invalid("The provided nextToken is invalid")
            start = ids.index(token) + 1
        page = chosen[start : start + size]
        return page, _token(page[-1]) if start + size < len(chosen) else None


def _token(profile: Profile) -> str:
    return base64.urlsafe_b64encode(profile.inferenceProfileId.encode()).decode()
