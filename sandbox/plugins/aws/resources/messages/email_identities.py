"""Addresses and domains that SES may send from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import length, model, one_of
from sandbox.plugins.framework.entry import Call, Constraint, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props

_OURS = ("domainSigningPrivateKey", "domainSigningSelector", "nextSigningKeyLength")


def _ses(call: Call[Aws]) -> Any:
    return call.cloud.client("sesv2", call.region)


def _arn(call: Call[Aws]) -> str:
    region = call.region or call.cloud.region
    return f"arn:{call.cloud.partition}:ses:{region}:{call.cloud.account_id}:identity/{call.id}"


def _create(call: Call[Aws]) -> str:
    """Does not wait for anybody to verify the identity."""
    new = call.new
    wanted: Props = {
        "EmailIdentity": new["emailIdentity"],
        "ConfigurationSetName": new.get("configurationSetName"),
        "DkimSigningAttributes": _signing(new),
        "Tags": tags.listed(new.get("tagsAll")),
    }
    _ses(call).create_email_identity(**{name: value for name, value in wanted.items() if value})
    return new["emailIdentity"]


def _signing(props: Props) -> Props:
    given = props.get("dkimSigningAttributes") or {}
    return {f"{name[0].upper()}{name[1:]}": given[name] for name in _OURS if given.get(name)}


def _read(call: Call[Aws]) -> Props | None:
    try:
        found = _ses(call).get_email_identity(EmailIdentity=call.id)
    except Exception as error:
        if code(error) == "NotFoundException":
            return None
        raise
    return {
        "arn": _arn(call),
        "emailIdentity": call.id,
        "configurationSetName": found.get("ConfigurationSetName", ""),
        "dkimSigningAttributes": _signed(call, found.get("DkimAttributes", {})),
        "identityType": found["IdentityType"],
        "verificationStatus": found.get("VerificationStatus", ""),
        "verifiedForSendingStatus": found["VerifiedForSendingStatus"],
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(found.get("Tags", []))),
    }


def _signed(call: Call[Aws], dkim: Props) -> Props:
    """SES never tells a private key: state keeps the one it knows, and the selector with it."""
    known = call.old.get("dkimSigningAttributes") or {}
    at = dkim.get("LastKeyGenerationTimestamp")
    read: Props = {
        "currentSigningKeyLength": dkim.get("CurrentSigningKeyLength", ""),
        "lastKeyGenerationTimestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else "",
        "nextSigningKeyLength": dkim.get("NextSigningKeyLength", ""),
        "signingAttributesOrigin": dkim.get("SigningAttributesOrigin", ""),
        "status": dkim.get("Status", ""),
        "tokens": dkim.get("Tokens", []),
    }
    kept = {name: known[name] for name in ("domainSigningPrivateKey", "domainSigningSelector") if known.get(name)}
    return read | kept


def _update(call: Call[Aws]) -> None:
    ses, arn = _ses(call), _arn(call)
    tags.update(
        call,
        lambda keys: ses.untag_resource(ResourceArn=arn, TagKeys=keys),
        lambda changed: ses.tag_resource(ResourceArn=arn, Tags=tags.listed(changed)),
    )
    if call.changed("configurationSetName"):
        name = call.new.get("configurationSetName")
        wanted = {"ConfigurationSetName": name} if name else {}
        ses.put_email_identity_configuration_set_attributes(EmailIdentity=call.id, **wanted)
    signing = _signing(call.new)
    if "dkimSigningAttributes" in call.new and signing != _signing(call.old):
        origin = "EXTERNAL" if "DomainSigningPrivateKey" in signing else "AWS_SES"
        wanted = {"SigningAttributes": signing} if signing else {}
        ses.put_email_identity_dkim_signing_attributes(EmailIdentity=call.id, SigningAttributesOrigin=origin, **wanted)


def _delete(call: Call[Aws]) -> None:
    try:
        _ses(call).delete_email_identity(EmailIdentity=call.id)
    except Exception as error:
        if code(error) != "NotFoundException":
            raise


def _one_key(inputs: Props) -> Iterable[Failure]:
    given = inputs.get("dkimSigningAttributes")
    if not isinstance(given, dict):
        return
    key, selector = given.get("domainSigningPrivateKey"), given.get("domainSigningSelector")
    if bool(key) != bool(selector):
        yield Failure("dkimSigningAttributes", "needs domainSigningPrivateKey and domainSigningSelector together")
    if key and given.get("nextSigningKeyLength"):
        yield Failure(
            "dkimSigningAttributes.nextSigningKeyLength", "conflicts with domainSigningPrivateKey: keep one of them"
        )


def _private(check: Constraint) -> Constraint:
    """A refusal that does not repeat the key."""
    return lambda value: "must be a private key in base64, without header and line breaks" if check(value) else None


_TOLD = (
    *("currentSigningKeyLength", "lastKeyGenerationTimestamp", "nextSigningKeyLength"),
    *("signingAttributesOrigin", "status", "tokens"),
)
_SIGNING = "DkimSigningAttributes"

ENTRIES = (
    Entry(
        token="aws:sesv2/emailIdentity:EmailIdentity",
        replaces=("emailIdentity",),
        computed=("dkimSigningAttributes", *(f"dkimSigningAttributes.{name}" for name in _TOLD)),
        checks={
            "emailIdentity": length(1, 320),
            "dkimSigningAttributes.domainSigningPrivateKey": _private(
                model("sesv2", "CreateEmailIdentity", f"{_SIGNING}.DomainSigningPrivateKey")
            ),
            "dkimSigningAttributes.domainSigningSelector": model(
                "sesv2", "CreateEmailIdentity", f"{_SIGNING}.DomainSigningSelector"
            ),
            "dkimSigningAttributes.nextSigningKeyLength": one_of("RSA_1024_BIT", "RSA_2048_BIT"),
        },
        rules=(_one_key,),
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
