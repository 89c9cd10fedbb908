"""A throwaway identity provider for tests: signs SAML responses and ID tokens the way Okta does."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from jwt.algorithms import RSAAlgorithm
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

ENTITY = "http://www.okta.com/exk1test"
ISSUER = "https://acme.okta.com"
SIGN_IN = "https://signin.aws.amazon.com/saml"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
_SAML = "urn:oasis:names:tc:SAML:2.0"


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What an assertion says; tests change one field at a time."""

    roles: tuple[str, ...]
    session: str = "alice.chen@acme.example"
    subject: str = "alice.chen@acme.example"
    issuer: str = ENTITY
    audience: str = "urn:amazon:webservices"
    recipient: str = SIGN_IN
    issued_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    lifetime: timedelta = timedelta(minutes=5)
    duration: int | None = None
    extra: tuple[tuple[str, str], ...] = ()


def _stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _attribute(name: str, *values: str) -> str:
    inner = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{ATTRIBUTES}{name}">{inner}</saml:Attribute>'


class IdentityProvider:
    """One signing key for both protocols."""

    def __init__(self) -> None:
        self.key = _key()
        self.certificate = _certificate(self.key)

    @property
    def metadata(self) -> str:
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        text = base64.b64encode(der).decode()
        return (
            f'<md:EntityDescriptor xmlns:md="{_SAML}:metadata" entityID="{ENTITY}">'
            f'<md:IDPSSODescriptor protocolSupportEnumeration="{_SAML}:protocol"><md:KeyDescriptor use="signing">'
            '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
            f"<ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            f'<md:SingleSignOnService Binding="{_SAML}:bindings:HTTP-POST" Location="{ISSUER}/sso"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        )

    def _assertion(self, says: Statement) -> str:
        end = _stamp(says.issued_at + says.lifetime)
        attributes = [_attribute("Role", *says.roles), _attribute("RoleSessionName", says.session)]
        attributes += [_attribute("SessionDuration", str(says.duration))] if says.duration else []
        attributes += [_attribute(name, value) for name, value in says.extra]
        return (
            f'<saml:Assertion xmlns:saml="{_SAML}:assertion" ID="a1" Version="2.0" '
            f'IssueInstant="{_stamp(says.issued_at)}"><saml:Issuer>{says.issuer}</saml:Issuer>'
            '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="placeholder"></ds:Signature>'
            f'<saml:Subject><saml:NameID Format="{_SAML}:nameid-format:persistent">{says.subject}</saml:NameID>'
            f'<saml:SubjectConfirmation Method="{_SAML}:cm:bearer"><saml:SubjectConfirmationData '
            f'NotOnOrAfter="{end}" Recipient="{says.recipient}"/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{_stamp(says.issued_at - timedelta(minutes=5))}" NotOnOrAfter="{end}">'
            f"<saml:AudienceRestriction><saml:Audience>{says.audience}</saml:Audience></saml:AudienceRestriction>"
            f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{_stamp(says.issued_at)}"/>'
            f"<saml:AttributeStatement>{''.join(attributes)}</saml:AttributeStatement></saml:Assertion>"
        )

    def _signed(self, element: etree._Element) -> etree._Element:
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        return signer.sign(element, key=self.key, cert=[self.certificate], reference_uri=element.get("ID"))

    def response(self, says: Statement, *, sign: bool = True, tamper: tuple[str, str] | None = None) -> str:
        """Base64, as a browser would post it. `tamper` replaces text after the signature."""
        assertion = etree.fromstring(self._assertion(says))
        if sign:
            assertion = self._signed(assertion)
        inner = etree.tostring(assertion).decode()
        if tamper:
            assert tamper[0] in inner
            inner = inner.replace(*tamper)
        text = (
            f'<samlp:Response xmlns:samlp="{_SAML}:protocol" ID="r1" Version="2.0" '
            f'IssueInstant="{_stamp(says.issued_at)}" Destination="{SIGN_IN}">'
            f'<saml:Issuer xmlns:saml="{_SAML}:assertion">{says.issuer}</saml:Issuer>'
            f'<samlp:Status><samlp:StatusCode Value="{_SAML}:status:Success"/></samlp:Status>{inner}</samlp:Response>'
        )
        return base64.b64encode(text.encode()).decode()

    def wrapped(self, says: Statement, forged: Statement) -> str:
        """A signed assertion moved aside, and an unsigned one of our own in its place."""
        genuine = etree.tostring(self._signed(etree.fromstring(self._assertion(says)))).decode()
        false = etree.tostring(etree.fromstring(self._assertion(forged)))
        element = etree.fromstring(false)
        signature = element.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
        assert signature is not None
        signature.append(etree.fromstring(genuine))
        text = (
            f'<samlp:Response xmlns:samlp="{_SAML}:protocol" ID="r1"><samlp:Status>'
            f'<samlp:StatusCode Value="{_SAML}:status:Success"/></samlp:Status>'
            f"{etree.tostring(element).decode()}</samlp:Response>"
        )
        return base64.b64encode(text.encode()).decode()

    def jwks(self) -> dict[str, Any]:
        key = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": "k1", "use": "sig", "alg": "RS256"}]}

    def token(self, *, expires_in: int = 3600, algorithm: str = "RS256", kid: str = "k1", **claims: Any) -> str:
        now = int(datetime.now(UTC).timestamp())
        given = {"iss": ISSUER, "sub": "00u1alice", "aud": "0oaClient", "iat": now, "exp": now + expires_in, **claims}
        key = self.key if algorithm == "RS256" else "secret" * 8
        return jwt.encode(given, key, algorithm=algorithm, headers={"kid": kid})


def but(says: Statement, **changes: Any) -> Statement:
    return replace(says, **changes)
