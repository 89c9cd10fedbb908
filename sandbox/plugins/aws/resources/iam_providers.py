"""Identity providers: SAML and OpenID Connect."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import each, every, excludes, length, matches, model
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props


def _iam(call: Call[Aws]) -> Any:
    return call.cloud.client("iam")


# SAML


def _create_saml(call: Call[Aws]) -> str:
    return _iam(call).create_saml_provider(
        Name=call.new["name"],
        SAMLMetadataDocument=call.new["samlMetadataDocument"],
        Tags=tags.listed(call.new.get("tagsAll")),
    )["SAMLProviderArn"]


def _read_saml(call: Call[Aws]) -> Props | None:
    try:
        provider = _iam(call).get_saml_provider(SAMLProviderArn=call.id)
    except Exception as error:
        if code(error) == "NoSuchEntity":
            return None
        raise
    return {
        "arn": call.id,
        "name": call.id.rsplit("/", maxsplit=1)[-1],
        "samlMetadataDocument": provider["SAMLMetadataDocument"],
        "samlProviderUuid": provider.get("SAMLProviderUUID", ""),
        "validUntil": provider["ValidUntil"].strftime("%Y-%m-%dT%H:%M:%SZ") if "ValidUntil" in provider else "",
        **tags.found(call, tags.mapped_from(provider.get("Tags", []))),
    }


def _update_saml(call: Call[Aws]) -> None:
    iam = _iam(call)
    tags.update(
        call,
        lambda keys: iam.untag_saml_provider(SAMLProviderArn=call.id, TagKeys=keys),
        lambda new: iam.tag_saml_provider(SAMLProviderArn=call.id, Tags=tags.listed(new)),
    )
    if call.changed("samlMetadataDocument"):
        iam.update_saml_provider(SAMLProviderArn=call.id, SAMLMetadataDocument=call.new["samlMetadataDocument"])


def _delete_saml(call: Call[Aws]) -> None:
    try:
        _iam(call).delete_saml_provider(SAMLProviderArn=call.id)
    except Exception as error:
        if code(error) != "NoSuchEntity":
            raise


# OpenID Connect


def _create_oidc(call: Call[Aws]) -> str:
    wanted: Props = {
        "Url": call.new["url"],
        "ClientIDList": call.new["clientIdLists"],
        "Tags": tags.listed(call.new.get("tagsAll")),
    }
    if call.new.get("thumbprintLists"):
        wanted["ThumbprintList"] = call.new["thumbprintLists"]
    return _iam(call).create_open_id_connect_provider(**wanted)["OpenIDConnectProviderArn"]


def _read_oidc(call: Call[Aws]) -> Props | None:
    try:
        provider = _iam(call).get_open_id_connect_provider(OpenIDConnectProviderArn=call.id)
    except Exception as error:
        if code(error) == "NoSuchEntity":
            return None
        raise
    return {
        "arn": call.id,
        "url": provider["Url"].removeprefix("https://"),
        "clientIdLists": provider.get("ClientIDList", []),
        "thumbprintLists": provider.get("ThumbprintList", []),
        **tags.found(call, tags.mapped_from(provider.get("Tags", []))),
    }


def _update_oidc(call: Call[Aws]) -> None:
    """Clearing the thumbprints does nothing: AWS would refuse an empty list."""
    iam, named = _iam(call), {"OpenIDConnectProviderArn": call.id}
    tags.update(
        call,
        lambda keys: iam.untag_open_id_connect_provider(**named, TagKeys=keys),
        lambda new: iam.tag_open_id_connect_provider(**named, Tags=tags.listed(new)),
    )
    if call.changed("thumbprintLists") and call.new.get("thumbprintLists"):
        iam.update_open_id_connect_provider_thumbprint(**named, ThumbprintList=call.new["thumbprintLists"])
    old, new = set(call.old["clientIdLists"]), set(call.new["clientIdLists"])
    for client_id in sorted(new - old):
        iam.add_client_id_to_open_id_connect_provider(**named, ClientID=client_id)
    for client_id in sorted(old - new):
        iam.remove_client_id_from_open_id_connect_provider(**named, ClientID=client_id)


def _delete_oidc(call: Call[Aws]) -> None:
    try:
        _iam(call).delete_open_id_connect_provider(OpenIDConnectProviderArn=call.id)
    except Exception as error:
        if code(error) != "NoSuchEntity":
            raise


def _same_url(one: str, other: str) -> bool:
    return one.removeprefix("https://") == other.removeprefix("https://")


ENTRIES = (
    Entry(
        token="aws:iam/samlProvider:SamlProvider",
        replaces=("name",),
        autoname=AutoName(),
        checks={
            "name": every(length(1, 128), model("iam", "CreateSAMLProvider", "Name")),
            "samlMetadataDocument": length(1000, 10_000_000),
        },
        tags=True,
        create=_create_saml,
        read=_read_saml,
        update=_update_saml,
        delete=_delete_saml,
    ),
    Entry(
        token="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        replaces=("url",),
        checks={
            "url": every(
                matches(r"https://[^/?#\s]+\S*", "be an https:// address"),
                excludes(r"\?", "have a query"),
                length(1, 255),
            ),
            "clientIdLists": each(length(1, 255)),
            "thumbprintLists": each(length(40, 40)),
        },
        computed=("thumbprintLists",),
        sets=("clientIdLists",),
        same={"url": _same_url},
        tags=True,
        create=_create_oidc,
        read=_read_oidc,
        update=_update_oidc,
        delete=_delete_oidc,
    ),
)
