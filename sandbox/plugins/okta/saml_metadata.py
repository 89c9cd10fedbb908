"""What the plug-in takes out of an app's SAML metadata."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from sandbox.plugins.framework.errors import PluginError

_MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:"


@dataclass(frozen=True, kw_only=True)
class Metadata:
    entity_id: str
    certificate: str
    http_post: str
    http_redirect: str

    @property
    def entity_key(self) -> str:
        return self.entity_id.rsplit("/", maxsplit=1)[-1]


def parsed(text: str) -> Metadata:
    """PluginError where it is not the metadata of an identity provider."""
    try:
        root = ET.fromstring(text)  # noqa: S314  from the Okta that holds our token
    except (ET.ParseError, TypeError) as error:
        raise PluginError(f"the app's SAML metadata is not XML: {error}") from error
    certificate = root.find(f".//{_MD}IDPSSODescriptor/{_MD}KeyDescriptor//{_DS}X509Certificate")
    if certificate is None:
        raise PluginError("the app's SAML metadata has no signing certificate")
    services = {
        service.get("Binding", "").removeprefix(_BINDING): service.get("Location", "")
        for service in root.iter(f"{_MD}SingleSignOnService")
    }
    return Metadata(
        entity_id=root.get("entityID", ""),
        certificate=(certificate.text or "").strip(),
        http_post=services.get("HTTP-POST", ""),
        http_redirect=services.get("HTTP-Redirect", ""),
    )
