"""Bedrock's inference profiles and access to models, which moto lacks, and invocation logging as strict as AWS's."""

from __future__ import annotations

import json
from typing import Any

from moto.bedrock.responses import BedrockResponse
from moto.core.responses import ActionResult

from sandbox.aws import enforcement, invocation_logging
from sandbox.aws.callers import session_caller
from sandbox.aws.enforcement import Origin, Wish
from sandbox.aws.models import catalogue
from sandbox.aws.models.profiles import Profiles, invalid, not_found
from sandbox.aws.refusals import RestRefusal
from sandbox.aws.validation import mistakes

USE_CASE = {"companyName": "Acme", "industryOption": "Software", "intendedUsers": "0", "useCases": "Claude Code"}
PAGE = 1000


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
