"""What moto lacks of IAM and the rollout's resources rely on: SAML providers' tags, OIDC client ids, size limits."""

from __future__ import annotations

import uuid
from typing import Any, cast

from lxml import etree
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import OpenIDConnectProvider, Role, SAMLProvider

from sandbox.aws import simulator
from sandbox.aws.identity_center import reserved
from sandbox.aws.identity_center.reserved import Reserved
from sandbox.aws.refusals import QueryRefusal
from sandbox.aws.validation import mistakes

# IAM and STS quotas, without white space (IAM user guide, "IAM and AWS STS quotas").
TRUST_POLICY_CHARACTERS = 2048
INLINE_POLICIES_CHARACTERS = 10_240
CLIENT_IDS = 100
METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"


def characters(document: str) -> int:
    return sum(1 for character in document if not character.isspace())


class Iam(Reserved):
    """moto's IAM with these operations in place of its own."""

    def delete_policy(self) -> ActionResult:
        policy = self.backend.get_policy(self._get_param("PolicyArn"))
        if policy.attachment_count:
            raise QueryRefusal("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
        return super().delete_policy()

    def create_role(self) -> ActionResult:
        self._check("CreateRole", ("RoleName", "Path", "Description", "AssumeRolePolicyDocument"))
        self._check_trust(self._get_param("AssumeRolePolicyDocument") or "")
        return super().create_role()

    def update_assume_role_policy(self) -> ActionResult:
        self._check_trust(self._get_param("PolicyDocument") or "")
        return super().update_assume_role_policy()

    def update_role(self) -> ActionResult:
        """What is not given stays as it is; moto would erase it."""
        role: Role = self.backend.get_role(self._get_param("RoleName"))
        reserved.refuse(role.name)
        description = self._get_param("Description")
        duration = self._get_param("MaxSessionDuration")
        kept: Any = role
        self.backend.update_role(
            role.name,
            kept.description if description is None else description,
            kept.max_session_duration if duration is None else duration,
        )
        return EmptyResult()

    def put_role_policy(self) -> ActionResult:
        self._check("PutRolePolicy", ("RoleName", "PolicyName", "PolicyDocument"))
        role: Role = self.backend.get_role(self._get_param("RoleName"))
        policies: dict[str, str] = {**role.policies, self._get_param("PolicyName"): self._get_param("PolicyDocument")}
        if sum(characters(document) for document in policies.values()) > INLINE_POLICIES_CHARACTERS:
            raise QueryRefusal(
                "LimitExceeded",
                f"Maximum policy size of {INLINE_POLICIES_CHARACTERS} bytes exceeded for role {role.name}",
                409,
            )
        return super().put_role_policy()

    def simulate_principal_policy(self) -> ActionResult:
        names = ("PolicySourceArn", "ActionNames", "ResourceArns", "ContextEntries")
        self._check("SimulatePrincipalPolicy", names)
        source, actions, resources, entries = (self._get_param(name) for name in names)
        found = simulator.evaluated(self.backend, source, actions, resources or ["*"], entries or [])
        return ActionResult({"EvaluationResults": found, "IsTruncated": False})

    def create_saml_provider(self) -> ActionResult:
        self._check("CreateSAMLProvider", ("Name", "SAMLMetadataDocument"))
        _check_metadata(self._get_param("SAMLMetadataDocument"))
        name = self._get_param("Name")
        if any(provider.name == name for provider in self.backend.list_saml_providers()):
            raise QueryRefusal("EntityAlreadyExists", f"SAMLProvider with name {name} already exists.", 409)
        result = super().create_saml_provider()
        _set_tags(self.backend.saml_providers[name], self._get_param("Tags", []))
        return result

    def update_saml_provider(self) -> ActionResult:
        self._check("UpdateSAMLProvider", ("SAMLProviderArn", "SAMLMetadataDocument"))
        _check_metadata(self._get_param("SAMLMetadataDocument"))
        return super().update_saml_provider()

    def get_saml_provider(self) -> ActionResult:
        provider = self._saml_provider()
        return ActionResult(
            {
                "SAMLProviderUUID": uuid.uuid5(uuid.NAMESPACE_URL, provider.arn).hex.upper(),
                "SAMLMetadataDocument": provider.saml_metadata_document,
                "CreateDate": provider.create_date,
                "ValidUntil": provider.valid_until,
                "Tags": _tag_list(provider),
            }
        )

    def tag_saml_provider(self) -> ActionResult:
        _set_tags(self._saml_provider(), self._get_param("Tags", []))
        return EmptyResult()

    def untag_saml_provider(self) -> ActionResult:
        provider = self._saml_provider()
        for key in self._get_param("TagKeys", []):
            _tags(provider).pop(key, None)
        return EmptyResult()

    def list_saml_provider_tags(self) -> ActionResult:
        return ActionResult({"Tags": _tag_list(self._saml_provider()), "IsTruncated": False})

    def add_client_id_to_open_id_connect_provider(self) -> ActionResult:
        self._check("AddClientIDToOpenIDConnectProvider", ("OpenIDConnectProviderArn", "ClientID"))
        provider, client_id = self._oidc_provider(), self._get_param("ClientID")
        if client_id not in provider.client_id_list:
            if len(provider.client_id_list) >= CLIENT_IDS:
                raise QueryRefusal(
                    "LimitExceeded", f"Cannot exceed quota for ClientIdsPerOIDCProvider: {CLIENT_IDS}", 409
                )
            provider.client_id_list = [*provider.client_id_list, client_id]
        return EmptyResult()

    def remove_client_id_from_open_id_connect_provider(self) -> ActionResult:
        provider, client_id = self._oidc_provider(), self._get_param("ClientID")
        provider.client_id_list = [known for known in provider.client_id_list if known != client_id]
        return EmptyResult()

    def _saml_provider(self) -> SAMLProvider:
        arn = self._get_param("SAMLProviderArn")
        for provider in cast("list[SAMLProvider]", self.backend.list_saml_providers()):
            if provider.arn == arn:
                return provider
        raise QueryRefusal("NoSuchEntity", f"Manifest not found for arn {arn}", 404)

    def _oidc_provider(self) -> OpenIDConnectProvider:
        return self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))

    def _check(self, operation: str, names: tuple[str, ...]) -> None:
        given = {name: self._get_param(name) for name in names if self._get_param(name) is not None}
        text = mistakes("iam", operation, given)
        if text:
            raise QueryRefusal("ValidationError", text)

    def _check_trust(self, document: str) -> None:
        if characters(document) > TRUST_POLICY_CHARACTERS:
            raise QueryRefusal(
                "LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_CHARACTERS}", 409
            )


def _check_metadata(document: str) -> None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(document.encode(), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or root.tag != f"{METADATA}EntityDescriptor" or root.find(f"{METADATA}IDPSSODescriptor") is None:
        raise QueryRefusal("InvalidInput", "Could not parse metadata")


def _tags(provider: SAMLProvider) -> dict[str, str]:
    """Kept on moto's own object, and so in its snapshot."""
    return provider.__dict__.setdefault("tags", {})


def _set_tags(provider: SAMLProvider, tags: list[dict[str, str]]) -> None:
    _tags(provider).update({tag["Key"]: tag["Value"] for tag in tags})


def _tag_list(provider: SAMLProvider) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in _tags(provider).items()]
