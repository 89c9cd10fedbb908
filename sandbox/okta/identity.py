"""Who the organization is to others: its signing key, SAML metadata and assertions, ID tokens and their JWKS.

One RSA key, made once and kept in the state, signs everything.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from lxml import etree
from lxml.builder import ElementMaker
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from sandbox import company, settings

from .ids import timestamp
from .store import Database, Json, Kind, Store

OKTA_ORG = company.okta_org(company.folder())
ORG_URL = f"https://{OKTA_ORG}.{settings.OKTA_BASE_URL}"
AWS_SIGN_IN = "https://signin.aws.amazon.com/saml"
AWS_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"

KEY_YEARS = 10
ASSERTION_MINUTES = 5
ID_TOKEN_SECONDS = 3600

NAMESPACES = {
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "saml2": "urn:oasis:names:tc:SAML:2.0:assertion",
    "saml2p": "urn:oasis:names:tc:SAML:2.0:protocol",
}
BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
URI_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"

MD, DS, SAML, SAMLP = (ElementMaker(namespace=uri, nsmap={prefix: uri}) for prefix, uri in NAMESPACES.items())


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """`private_key` and `certificate` in PEM."""

    kid: str
    private_key: str
    certificate: str
    created: str
    expires: str

    @property
    def x5c(self) -> str:
        """The certificate as base64 DER in one line."""
        der = x509.load_pem_x509_certificate(self.certificate.encode()).public_bytes(serialization.Encoding.DER)
        return base64.b64encode(der).decode()

    @property
    def jwk(self) -> RSAKey:
        return RSAKey.import_key(self.private_key, {"kid": self.kid, "use": "sig", "alg": "RS256"})


def new_signing_key() -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Okta"),
            x509.NameAttribute(NameOID.COMMON_NAME, OKTA_ORG),
        ]
    )
    begins = datetime.now(UTC).replace(microsecond=0)
    ends = begins + timedelta(days=365 * KEY_YEARS)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(
        kid=base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("="),
        private_key=pem.decode(),
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        created=timestamp(begins),
        expires=timestamp(ends),
    )


def signing_key(database: Database) -> SigningKey:
    """The organization's key; made at the first call."""
    kept = database.things(Kind.KEY)
    if kept:
        return SigningKey(**kept[0].body)
    key = new_signing_key()
    database.add(Kind.KEY, key.kid, vars(key), name="signing")
    return key


def jwks(home: Path) -> Json:
    """The public keys that verify this organization's ID tokens; `home` is the folder given to `create_app`."""
    with Store(home).transaction() as database:
        return public_keys(signing_key(database))


def public_keys(key: SigningKey) -> Json:
    return dict(KeySet([key.jwk]).as_dict(private=False))


def openid_configuration() -> Json:
    return {
        "issuer": ORG_URL,
        "authorization_endpoint": f"{ORG_URL}/oauth2/v1/authorize",
        "token_endpoint": f"{ORG_URL}/oauth2/v1/token",
        "device_authorization_endpoint": f"{ORG_URL}/oauth2/v1/device/authorize",
        "jwks_uri": f"{ORG_URL}/oauth2/v1/keys",
        "userinfo_endpoint": f"{ORG_URL}/oauth2/v1/userinfo",
        "revocation_endpoint": f"{ORG_URL}/oauth2/v1/revoke",
        "response_types_supported": ["code", "id_token"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access", "groups"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "auth_time", "amr", "email", "groups"],
    }


def id_token(key: SigningKey, *, subject: str, audience: str, **more: Any) -> str:
    """`more`: further claims of the person, and of the sign-in."""
    now = int(datetime.now(UTC).timestamp())
    claims: dict[str, Any] = {
        "iss": ORG_URL,
        "sub": subject,
        "aud": audience,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
        "auth_time": now,
        "amr": ["pwd", "mfa"],
        "ver": 1,
        "jti": f"ID.{uuid.uuid4().hex}",
        **more,
    }
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key.jwk)


def entity_id(app_id: str) -> str:
    return f"http://www.okta.com/{external_key(app_id)}"


def external_key(app_id: str) -> str:
    """Okta names an app to the outside by an `exk…` of its own."""
    return "exk" + app_id[3:]


def metadata(key: SigningKey, app_id: str) -> bytes:
    location = f"{ORG_URL}/app/amazon_aws/{external_key(app_id)}/sso/saml"
    document = MD.EntityDescriptor(
        MD.IDPSSODescriptor(
            MD.KeyDescriptor(DS.KeyInfo(DS.X509Data(DS.X509Certificate(key.x5c))), use="signing"),
            MD.NameIDFormat(UNSPECIFIED),
            MD.SingleSignOnService(Binding=BINDING + "HTTP-POST", Location=location),
            MD.SingleSignOnService(Binding=BINDING + "HTTP-Redirect", Location=location),
            WantAuthnRequestsSigned="false",
            protocolSupportEnumeration=NAMESPACES["saml2p"],
        ),
        entityID=entity_id(app_id),
    )
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def saml_response(key: SigningKey, *, app_id: str, login: str, roles: list[str], session_seconds: int) -> str:
    """A SAML 2.0 Response for AWS in base64; its assertion is signed, and good for five minutes."""
    now = datetime.now(UTC)
    issued, ends = timestamp(now), timestamp(now + timedelta(minutes=ASSERTION_MINUTES))
    attributes = {"Role": roles, "RoleSessionName": [login], "SessionDuration": [str(session_seconds)]}
    assertion = SAML.Assertion(
        SAML.Issuer(entity_id(app_id)),
        DS.Signature(Id="placeholder"),
        SAML.Subject(
            SAML.NameID(login, Format=UNSPECIFIED),
            SAML.SubjectConfirmation(
                SAML.SubjectConfirmationData(NotOnOrAfter=ends, Recipient=AWS_SIGN_IN),
                Method="urn:oasis:names:tc:SAML:2.0:cm:bearer",
            ),
        ),
        SAML.Conditions(
            SAML.AudienceRestriction(SAML.Audience(AWS_SIGN_IN)),
            NotBefore=timestamp(now - timedelta(minutes=ASSERTION_MINUTES)),
            NotOnOrAfter=ends,
        ),
        SAML.AuthnStatement(
            SAML.AuthnContext(SAML.AuthnContextClassRef(PASSWORD)), AuthnInstant=issued, SessionIndex=_xml_id()
        ),
        SAML.AttributeStatement(*(_attribute(AWS_ATTRIBUTE + name, values) for name, values in attributes.items())),
        ID=_xml_id(),
        IssueInstant=issued,
        Version="2.0",
    )
    response = SAMLP.Response(
        SAML.Issuer(entity_id(app_id)),
        SAMLP.Status(SAMLP.StatusCode(Value="urn:oasis:names:tc:SAML:2.0:status:Success")),
        _signed(key, assertion),
        Destination=AWS_SIGN_IN,
        ID=_xml_id(),
        IssueInstant=issued,
        Version="2.0",
    )
    return base64.b64encode(etree.tostring(response, xml_declaration=True, encoding="UTF-8")).decode()


def _attribute(name: str, values: list[str]) -> Any:
    return SAML.Attribute(*(SAML.AttributeValue(value) for value in values), Name=name, NameFormat=URI_FORMAT)


def _signed(key: SigningKey, assertion: Any) -> Any:
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    return signer.sign(
        assertion, key=key.private_key, cert=key.certificate, reference_uri=assertion.get("ID"), id_attribute="ID"
    )


def _xml_id() -> str:
    return f"id{uuid.uuid4().int}"
