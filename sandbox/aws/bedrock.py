"""Bedrock's inference profiles and access to models, which moto lacks, and invocation logging as strict as AWS's.

Application profiles live in moto's own Bedrock backend, one dictionary per account and region, and are immutable but
for their tags.
"""

from __future__ import annotations

import base64
import json
import secrets
import string
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.bedrock.models import BedrockBackend
from moto.bedrock.responses import BedrockResponse
from moto.core.responses import ActionResult

from sandbox.aws import enforcement, invocation_logging
from sandbox.aws.callers import session_caller
from sandbox.aws.enforcement import Origin, Wish
from sandbox.aws.models import catalogue
from sandbox.aws.refusals import RestRefusal
from sandbox.aws.trust import Values
from sandbox.aws.validation import mistakes

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


USE_CASE = {"companyName": "Acme", "industryOption": "Software", "intendedUsers": "0", "useCases": "Claude Code"}
MAX_TAGS = 200
PAGE = 1000
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


def _is_profile(arn: Any) -> bool:
    return isinstance(arn, str) and ("inference-profile/" in arn or not arn.startswith("arn:"))


class Bedrock(BedrockResponse):
    """moto's Bedrock with what it lacks; its URLs lead here instead (see `app`)."""

    @property
    def profiles(self) -> Profiles:
        return Profiles(self.bedrock_backend)

    def _given(self, operation: str) -> dict[str, Any]:
        try:
            self.parse_parameters(self.normalized_request)
        except (ValueError, TypeError) as error:
            raise invalid(f"The request could not be read: {error}") from error
        given = dict(self.params or {})
        found = mistakes("bedrock", operation, given)
        if found:
            raise invalid(found)
        return given

    def create_inference_profile(self) -> ActionResult:
        profile = self.profiles.create(self._given("CreateInferenceProfile"))
        return ActionResult({"inferenceProfileArn": profile.inferenceProfileArn, "status": "ACTIVE"})

    def _require(self, wish: Wish) -> None:
        """Of sessions only: keys that live long may do all."""
        who = session_caller(self.headers)
        if who:
            environ = self.normalized_request.environ
            enforcement.require(who, wish, Origin(address=environ.get("REMOTE_ADDR", ""), region=self.region))

    def get_inference_profile(self) -> ActionResult:
        identifier = self._given("GetInferenceProfile")["inferenceProfileIdentifier"]
        profile = self.profiles.get(identifier)
        arn = profile.inferenceProfileArn if profile else identifier
        self._require(Wish(action="bedrock:GetInferenceProfile", resource=arn, context=self.profiles.context(profile)))
        if profile is None:
            raise not_found(identifier)
        return ActionResult(profile.answer())

    def list_inference_profiles(self) -> ActionResult:
        given = self._given("ListInferenceProfiles")
        self._require(Wish(action="bedrock:ListInferenceProfiles", resource="*", named=False))
        page, token = self.profiles.page(
            given.get("typeEquals"), given.get("maxResults") or PAGE, given.get("nextToken")
        )
        return ActionResult({"inferenceProfileSummaries": [item.answer() for item in page], "nextToken": token})

    def delete_inference_profile(self) -> ActionResult:
        self.profiles.delete(self._given("DeleteInferenceProfile")["inferenceProfileIdentifier"])
        return ActionResult({})

    def tag_resource(self) -> Any:
        given = self._given("TagResource")
        if not _is_profile(given["resourceARN"]):
            return super().tag_resource()
        self.profiles.tag(self.profiles.find_own(given["resourceARN"], "tagged"), given["tags"])
        return ActionResult({})

    def untag_resource(self) -> Any:
        given = self._given("UntagResource")
        if not _is_profile(given["resourceARN"]):
            return super().untag_resource()
        profile = self.profiles.find_own(given["resourceARN"], "tagged")
        self.bedrock_backend.tagger.untag_resource_using_names(profile.inferenceProfileArn, given["tagKeys"])
        return ActionResult({})

    def list_tags_for_resource(self) -> Any:
        given = self._given("ListTagsForResource")
        if not _is_profile(given["resourceARN"]):
            return super().list_tags_for_resource()
        tags = self.profiles.tags(self.profiles.find(given["resourceARN"]))
        return ActionResult({"tags": [{"key": key, "value": value} for key, value in tags.items()]})

    def get_foundation_model_availability(self) -> ActionResult:
        """The account may call whatever the catalogue has: the global profiles are offered in every region."""
        model = self._given("GetFoundationModelAvailability")["modelId"]
        if model not in catalogue.MODELS:
            raise RestRefusal("ResourceNotFoundException", f"Model not found: {model}", 404)
        return ActionResult(
            {
                "modelId": model,
                "agreementAvailability": {"status": "AVAILABLE"},
                "authorizationStatus": "AUTHORIZED",
                "entitlementAvailability": "AVAILABLE",
                "regionAvailability": "AVAILABLE",
            }
        )

    def get_foundation_model(self) -> ActionResult:
        """Nothing here comes to its end."""
        model = self._given("GetFoundationModel")["modelIdentifier"].rpartition("/")[2]
        if model not in catalogue.MODELS:
            raise RestRefusal("ResourceNotFoundException", f"Could not resolve the foundation model from {model}", 404)
        details = {
            "modelArn": catalogue.model_arn(self.region, model),
            "modelId": model,
            "modelName": catalogue.MODELS[model],
            "providerName": "Anthropic",
            "modelLifecycle": {"status": "ACTIVE"},
        }
        return ActionResult({"modelDetails": details})

    def get_use_case_for_model_access(self) -> ActionResult:
        """Anthropic's form, which the account has sent."""
        return ActionResult({"formData": json.dumps(USE_CASE).encode()})

    def put_model_invocation_logging_configuration(self) -> Any:
        given = self._given("PutModelInvocationLoggingConfiguration")["loggingConfig"]
        complaint = invocation_logging.complaint(given, self.current_account, self.region)
        if complaint:
            raise invalid(complaint)
        self.bedrock_backend.put_model_invocation_logging_configuration(invocation_logging.completed(given))
        return ActionResult({})

    def get_model_invocation_logging_configuration(self) -> Any:
        config = self.bedrock_backend.get_model_invocation_logging_configuration()
        return ActionResult({"loggingConfig": config or None})
