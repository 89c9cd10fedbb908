"""What moto lacks of SES: identities that wait to be verified, keep their tags, and can be changed; the account.

An address's owner follows the link in SES's mail at once. Nobody sets a domain's DNS records, so a domain stays
pending, and may send all the same.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import unquote

from moto.ses.models import EmailIdentity
from moto.sesv2.responses import SESV2Response

from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import RestRefusal
from sandbox.aws.validation import mistakes

_DOMAIN = r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
_IDENTITY = re.compile(rf"([^@\s]+@)?{_DOMAIN}")
_TOKENS = 3
_MAX_RECIPIENTS = 50
_ONE = "{0}/v2/email/identities/(?P<EmailIdentity>[^/]+)"
PATHS = ("{0}/v2/email/account$", f"{_ONE}/configuration-set$", f"{_ONE}/dkim/signing$")
"""What moto's URLs leave out."""

# What SES says of an account that left its sandbox, whose least quota this is.
_ACCOUNT: dict[str, Any] = {
    "DedicatedIpAutoWarmupEnabled": False,
    "EnforcementStatus": "HEALTHY",
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
}
_QUOTA = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0}

Outbox = Callable[[list[str], str, str], None]


class Ses(SESV2Response):
    """moto's SES (version 2 of its interface) with these operations in place of its own.

    `outbox` takes what is sent: recipients, subject and text.
    """

    outbox: ClassVar[Outbox] = staticmethod(lambda _to, _subject, _text: None)

    def get_account(self) -> str:
        sent = float(self.sesv2_backend.core_backend.sent_message_count)
        return json.dumps(_ACCOUNT | {"SendQuota": _QUOTA | {"SentLast24Hours": sent}})

    def send_email(self) -> str:
        given = self._given("SendEmail")
        sender = str(given.get("FromEmailAddress", ""))
        if not {sender.lower(), sender.lower().rpartition("@")[2]} & {name.lower() for name in self._identities}:
            raise RestRefusal(
                "MessageRejected",
                "Email address is not verified. The following identities failed the check in region "
                f"{self.region.upper()}: {sender}",
            )
        destination: dict[str, list[str]] = given.get("Destination") or {}
        recipients = [address for kind in ("To", "Cc", "Bcc") for address in destination.get(f"{kind}Addresses") or ()]
        if not 1 <= len(recipients) <= _MAX_RECIPIENTS:
            raise RestRefusal("BadRequestException", f"Recipient count must be from 1 to {_MAX_RECIPIENTS}.")
        answer = super().send_email()
        simple = given["Content"].get("Simple")
        if simple:
            body = simple["Body"]
            Ses.outbox(recipients, simple["Subject"]["Data"], (body.get("Text") or body.get("Html") or {})["Data"])
        return answer

    def create_email_identity(self) -> str:
        given = self._given("CreateEmailIdentity")
        name = given["EmailIdentity"]
        if not _IDENTITY.fullmatch(name):
            raise RestRefusal("BadRequestException", f"Invalid email address or domain: {name}")
        if name in self._identities:
            raise RestRefusal("AlreadyExistsException", f"Email identity {name} already exist.")
        self._check_configuration_set(given.get("ConfigurationSetName"))
        super().create_email_identity()
        identity = self._identities[name]
        identity.verified_for_sending_status = "@" in name
        identity.verification_status = "SUCCESS" if "@" in name else "PENDING"
        dkim: dict[str, Any] = given.get("DkimSigningAttributes") or {}
        self._sign(identity, "EXTERNAL" if "DomainSigningPrivateKey" in dkim else "AWS_SES", dkim)
        if given.get("Tags"):
            self.sesv2_backend.core_backend.tagger.tag_resource(self._arn(name), given["Tags"])
        return json.dumps(_shown(identity))

    def get_email_identity(self) -> str:
        identity = self._identity()
        tags = self.sesv2_backend.list_tags_for_resource(self._arn(identity.email_identity))
        return json.dumps(_shown(identity) | {"Tags": tags})

    def delete_email_identity(self) -> str:
        name = self._identity().email_identity
        self.sesv2_backend.core_backend.tagger.delete_all_tags_for_resource(self._arn(name))
        del self._identities[name]
        return "{}"

    def put_email_identity_configuration_set_attributes(self) -> str:
        wanted = json.loads(self.body or "{}").get("ConfigurationSetName")
        self._check_configuration_set(wanted)
        self._identity().configuration_set_name = wanted
        return "{}"

    def put_email_identity_dkim_signing_attributes(self) -> str:
        identity = self._identity()
        given = json.loads(self.body) | {"EmailIdentity": identity.email_identity}
        self._check("PutEmailIdentityDkimSigningAttributes", given)
        self._sign(identity, given["SigningAttributesOrigin"], given.get("SigningAttributes") or {})
        return "{}"

    def tag_resource(self) -> str:
        self._owned(json.loads(self.body)["ResourceArn"])
        return super().tag_resource()

    def untag_resource(self) -> str:
        arn = self._owned(self._get_param("ResourceArn"))
        self.sesv2_backend.untag_resource(arn, self.querystring["TagKeys"])
        return "{}"

    def list_tags_for_resource(self) -> str:
        self._owned(self._get_param("ResourceArn"))
        return super().list_tags_for_resource()

    @property
    def _identities(self) -> dict[str, EmailIdentity]:
        return self.sesv2_backend.core_backend.email_identities

    def _arn(self, name: str) -> str:
        return f"arn:{PARTITION}:ses:{self.region}:{self.current_account}:identity/{name}"

    def _given(self, operation: str) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(self.body)
        self._check(operation, given)
        return given

    def _check(self, operation: str, given: dict[str, Any]) -> None:
        if found := mistakes("sesv2", operation, given):
            raise RestRefusal("BadRequestException", found)

    def _identity(self) -> EmailIdentity:
        """The one the path names."""
        name = unquote(self.parsed_url.path.split("/identities/", 1)[1].split("/", 1)[0])
        if name not in self._identities:
            raise RestRefusal("NotFoundException", f"Email identity {name} does not exist.", 404)
        return self._identities[name]

    def _owned(self, arn: str) -> str:
        """Only identities are looked for: moto keeps tags of everything else, whether it is there or not."""
        name = arn.partition(":identity/")[2]
        if name and name not in self._identities:
            raise RestRefusal("NotFoundException", f"Resource {arn} does not exist.", 404)
        return arn

    def _check_configuration_set(self, name: str | None) -> None:
        if name and name not in self.sesv2_backend.core_backend.config_sets:
            raise RestRefusal("NotFoundException", f"Configuration set <{name}> does not exist.", 404)

    def _sign(self, identity: EmailIdentity, origin: str, dkim: dict[str, Any]) -> None:
        """SES makes its own keys for a domain, unless the domain's owner brings one."""
        length = dkim.get("NextSigningKeyLength", "RSA_2048_BIT")
        domain = identity.identity_type == "DOMAIN"
        shown: dict[str, Any] = {
            "SigningEnabled": domain,
            "Status": "PENDING" if domain else "NOT_STARTED",
            "SigningAttributesOrigin": origin,
            "Tokens": [dkim["DomainSigningSelector"]] if "DomainSigningSelector" in dkim else [],
        }
        if domain and origin != "EXTERNAL":
            shown |= {
                "CurrentSigningKeyLength": length,
                "NextSigningKeyLength": length,
                "Tokens": [secrets.token_hex(16) for _ in range(_TOKENS)],
            }
        identity.dkim_attributes = shown


def _shown(identity: EmailIdentity) -> dict[str, Any]:
    return {name: value for name, value in identity.get_response_object.items() if value is not None}
