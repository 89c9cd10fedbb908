"""Reads a SAML response the way STS must: nothing is believed that the provider's certificate did not sign."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
NAMES = {"p": PROTOCOL, "a": ASSERTION, "m": METADATA, "d": SIGNATURE}
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"


class Invalid(Exception):  # noqa: N818 - becomes STS's InvalidIdentityToken
    """The text is what STS says."""


MALFORMED = "Your request included an invalid SAML response"


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What an IAM SAML provider's document says: who signs, and with which certificates (PEM without armour)."""

    entity_id: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """The signed statement. Attribute names are those under https://aws.amazon.com/SAML/Attributes/."""

    issuer: str
    subject: str
    subject_format: str
    recipient: str
    audiences: tuple[str, ...]
    issued_at: datetime
    not_before: datetime | None
    not_on_or_after: tuple[datetime, ...]
    session_not_on_or_after: datetime | None
    attributes: dict[str, tuple[str, ...]]

    @property
    def roles(self) -> list[tuple[str, str]]:
        """(role ARN, provider ARN) pairs; the attribute may name them in either order."""
        pairs = []
        for text in self.attributes.get("Role", ()):
            first, _, second = (part.strip() for part in text.partition(","))
            pairs.append((second, first) if ":saml-provider/" in first else (first, second))
        return pairs


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Invalid(MALFORMED) from error
    if root.getroottree().docinfo.doctype:
        raise Invalid(MALFORMED)
    return root


def _found(element: etree._Element, path: str) -> list[etree._Element]:
    return element.findall(path, NAMES)


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path, "", NAMES) or "").strip()


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(MALFORMED) from error
    if when.tzinfo is None:
        raise Invalid(MALFORMED)
    return when


def metadata(document: str) -> Metadata:
    """Raises `Invalid` where the document names no identity provider."""
    root = _parse(document.encode())
    keys = [key for key in _found(root, "m:IDPSSODescriptor/m:KeyDescriptor") if key.get("use", "signing") == "signing"]
    certificates = tuple(
        "".join((certificate.text or "").split())
        for key in keys
        for certificate in _found(key, "d:KeyInfo/d:X509Data/d:X509Certificate")
    )
    if root.tag != f"{{{METADATA}}}EntityDescriptor" or not root.get("entityID") or not certificates:
        raise Invalid("Metadata of the specified provider could not be parsed")
    return Metadata(entity_id=root.get("entityID", ""), certificates=certificates)


def _verified(element: etree._Element, certificates: tuple[str, ...]) -> etree._Element | None:
    """What `element`'s own enveloped signature covers; None when it carries no signature."""
    if not _found(element, "d:Signature"):
        return None
    alone = _parse(etree.tostring(element, with_tail=False))
    for certificate in certificates:
        try:
            result = XMLVerifier().verify(
                alone, x509_cert=certificate, expect_config=SignatureConfiguration(location="./")
            )
        except (SignXMLException, etree.LxmlError, ValueError):
            continue
        signed = result.signed_xml
        # The signature must be over the element that carries it, or a wrapped copy would be believed.
        if signed is not None and signed.tag == element.tag and signed.get("ID") == element.get("ID"):
            return signed
    raise Invalid("Response signature invalid")


def _signed_assertion(response: etree._Element, certificates: tuple[str, ...]) -> etree._Element:
    whole = _verified(response, certificates)
    assertions = _found(response, ".//a:Assertion")
    if len(assertions) != 1 or assertions[0].getparent() is not response:
        raise Invalid(MALFORMED)
    own = _verified(assertions[0], certificates)
    if own is not None:
        return own
    if whole is None:
        raise Invalid("Response signature invalid")
    return _found(whole, "a:Assertion")[0]


def _attributes(assertion: etree._Element) -> dict[str, tuple[str, ...]]:
    attributes: dict[str, tuple[str, ...]] = {}
    for attribute in _found(assertion, "a:AttributeStatement/a:Attribute"):
        name = attribute.get("Name", "")
        if name.startswith(ATTRIBUTES):
            values = tuple((value.text or "").strip() for value in _found(attribute, "a:AttributeValue"))
            attributes[name.removeprefix(ATTRIBUTES)] = attributes.get(name.removeprefix(ATTRIBUTES), ()) + values
    return attributes


def _assertion(element: etree._Element) -> Assertion:
    confirmations = [
        data
        for confirmation in _found(element, "a:Subject/a:SubjectConfirmation")
        if confirmation.get("Method") == BEARER
        for data in _found(confirmation, "a:SubjectConfirmationData")
    ]
    conditions = _found(element, "a:Conditions")
    issued_at = _time(element.get("IssueInstant"))
    name_id = _found(element, "a:Subject/a:NameID")
    if not confirmations or not name_id or issued_at is None:
        raise Invalid(MALFORMED)
    ends = [_time(item.get("NotOnOrAfter")) for item in (*conditions, *confirmations)]
    starts = [when for item in conditions if (when := _time(item.get("NotBefore")))]
    sessions = [
        when for item in _found(element, "a:AuthnStatement") if (when := _time(item.get("SessionNotOnOrAfter")))
    ]
    audiences = _found(element, "a:Conditions/a:AudienceRestriction/a:Audience")
    return Assertion(
        issuer=_text(element, "a:Issuer"),
        subject=(name_id[0].text or "").strip(),
        subject_format=name_id[0].get("Format", "").rpartition(":")[2],
        recipient=confirmations[0].get("Recipient", ""),
        audiences=tuple((audience.text or "").strip() for audience in audiences),
        issued_at=issued_at,
        not_before=max(starts, default=None),
        not_on_or_after=tuple(end for end in ends if end),
        session_not_on_or_after=min(sessions, default=None),
        attributes=_attributes(element),
    )


def _decoded(encoded: str) -> etree._Element:
    try:
        response = _parse(base64.b64decode("".join(encoded.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        raise Invalid(MALFORMED) from error
    if response.tag != f"{{{PROTOCOL}}}Response":
        raise Invalid(MALFORMED)
    return response


def verified(encoded: str, provider: Metadata) -> Assertion:
    """The assertion in a base64 response, once its signature, status and issuer hold against `provider`."""
    response = _decoded(encoded)
    status = response.find("p:Status/p:StatusCode", NAMES)
    if status is None or status.get("Value") != SUCCESS:
        raise Invalid(MALFORMED)
    assertion = _assertion(_signed_assertion(response, provider.certificates))
    outer = _text(response, "a:Issuer")
    if provider.entity_id != assertion.issuer or outer not in {"", assertion.issuer}:
        raise Invalid("Issuer not present in specified provider")
    return assertion


def claimed_roles(encoded: str) -> list[tuple[str, str]]:
    """The (role ARN, provider ARN) pairs a response offers, unverified: for clients, who only choose among them."""
    assertions = _found(_decoded(encoded), "a:Assertion")
    return _assertion(assertions[0]).roles if assertions else []
