"""Signing in through the sandbox's Okta, by SAML and OIDC."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet
from lxml.etree import fromstring
from signxml.exceptions import InvalidSignature
from signxml.verifier import XMLVerifier

from sandbox import okta
from sandbox.tests.okta.okta_harness import (
    ACCOUNT,
    ALICE,
    AWS_APP,
    AWS_ATTRIBUTE,
    BOB,
    CARLOS,
    DS,
    OIDC_APP,
    PROVIDER,
    SAML,
    Caller,
    aws_app,
    oidc_app,
    user_id,
)


def assertion_of(call: Caller, app: str, response: str) -> Any:
    """The assertion, once its signature holds against the certificate of the metadata."""
    metadata = fromstring(call.raw("GET", f"/api/v1/apps/{app}/sso/saml/metadata").get_data())
    certificate = metadata.findtext(f".//{DS}X509Certificate")
    pem = f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n"
    result = XMLVerifier().verify(base64.b64decode(response), x509_cert=pem)
    assertion: Any = result.signed_xml  # type: ignore[union-attr]
    assert assertion.tag == f"{SAML}Assertion"
    assert assertion.findtext(f"{SAML}Issuer") == metadata.get("entityID")
    return assertion


def attributes_of(assertion: Any) -> dict[str, list[str]]:
    return {
        each.get("Name").removeprefix(AWS_ATTRIBUTE): [value.text for value in each]
        for each in assertion.iter(f"{SAML}Attribute")
    }


def test_a_sign_in_is_a_signed_assertion_for_aws(call: Caller, pilot: tuple[str, str]):
    answer = call.saml(pilot[0], ALICE)
    assert answer["roles"] == [f"{PROVIDER},arn:aws:iam::{ACCOUNT}:role/pilot"]
    assertion = assertion_of(call, pilot[0], answer["SAMLResponse"])
    assert attributes_of(assertion) == {
        "Role": answer["roles"],
        "RoleSessionName": [ALICE],
        "SessionDuration": ["3600"],
    }
    assert assertion.findtext(f".//{SAML}Audience") == "https://signin.aws.amazon.com/saml"
    confirmation = assertion.find(f".//{SAML}SubjectConfirmationData")
    assert confirmation.get("Recipient") == "https://signin.aws.amazon.com/saml"
    ends = datetime.fromisoformat(confirmation.get("NotOnOrAfter"))
    assert timedelta(minutes=4) < ends - datetime.now(UTC) <= timedelta(minutes=5)


def test_a_tampered_assertion_does_not_verify(call: Caller, pilot: tuple[str, str]):
    document = base64.b64decode(call.saml(pilot[0], ALICE)["SAMLResponse"]).replace(b"role/pilot", b"role/admin")
    with pytest.raises(InvalidSignature):
        assertion_of(call, pilot[0], base64.b64encode(document).decode())


def test_roles_follow_membership(call: Caller, pilot: tuple[str, str]):
    app, group = pilot
    second = call.group(f"aws_{ACCOUNT}_wave-2")
    call.group(f"aws_{ACCOUNT}_admin")
    call.join(call.group("aws_unrelated"), ALICE)
    call.join(call.group(f"x_aws_{ACCOUNT}_admin"), ALICE)
    call.join(second, ALICE)
    assert [role.rpartition("/")[2] for role in call.saml(app, ALICE)["roles"]] == ["pilot", "wave-2"]
    call("DELETE", f"/api/v1/groups/{group}/users/{user_id(ALICE)}", expect=204)
    assert "in no group" in call.saml(app, ALICE, expect=403)["errorSummary"]


def test_a_role_needs_an_assignment_of_the_app(call: Caller, pilot: tuple[str, str]):
    app, group = pilot
    call.join(call.group(f"aws_{ACCOUNT}_wave"), BOB)
    assert f"{BOB} is in no group that the app AWS is assigned to" in call.saml(app, BOB, 403)["errorSummary"]
    call("DELETE", f"/api/v1/apps/{app}/groups/{group}", expect=204)
    call.saml(app, ALICE, expect=403)


def test_a_member_whom_no_group_gives_a_role_is_denied(call: Caller, pilot: tuple[str, str]):
    umbrella = call.group("Claude-Code-Users")
    call.join(umbrella, CARLOS)
    call("PUT", f"/api/v1/apps/{pilot[0]}/groups/{umbrella}", {})
    assert "matches the groupFilter" in call.saml(pilot[0], CARLOS, expect=403)["errorSummary"]


@pytest.mark.parametrize("status", ["suspend", "deactivate"])
def test_a_person_who_is_not_active_can_not_sign_in(call: Caller, pilot: tuple[str, str], status: str):
    call("POST", f"/api/v1/users/{ALICE}/lifecycle/{status}")
    assert f"{ALICE} is " in call.saml(pilot[0], ALICE, expect=403)["errorSummary"]


def test_an_inactive_app_and_one_without_group_mapping_let_nobody_in(call: Caller, pilot: tuple[str, str]):
    path = f"/api/v1/apps/{pilot[0]}"
    call("PUT", path, aws_app(useGroupMapping=False))
    assert "useGroupMapping" in call.saml(pilot[0], ALICE, expect=403)["errorSummary"]
    call("PUT", path, AWS_APP)
    call("POST", f"{path}/lifecycle/deactivate")
    assert "INACTIVE" in call.saml(pilot[0], ALICE, expect=403)["errorSummary"]


def test_a_group_filter_written_to_hang_is_cut_short(call: Caller, pilot: tuple[str, str]):
    call("PUT", f"/api/v1/apps/{pilot[0]}", aws_app(groupFilter="(?{{role}}(a|aa)+)c(?{{accountid}}.)"))
    call.join(call.group("a" * 250), ALICE)
    began = time.monotonic()
    assert call.saml(pilot[0], ALICE, expect=400)["errorCode"] == "E0000001"
    assert time.monotonic() - began < 60  # it would hang for years


def test_an_id_token_verifies_with_the_published_keys(call: Caller, home: Path):
    group, client = call.group("Claude-Code-Users"), "claude-code-pilot"
    app = call.app(oidc_app({"client_id": client}))
    body = {"client_id": client, "user": ALICE}
    call("PUT", f"/api/v1/apps/{app['id']}/groups/{group}", {})
    assert call.refusal("POST", "/sandbox/id-token", body)[:2] == (403, "E0000006")
    call.join(group, ALICE)
    encoded = call("POST", "/sandbox/id-token", body)["id_token"]
    published = call("GET", "/oauth2/v1/keys")
    assert published == okta.jwks(home)
    assert not any("d" in key for key in published["keys"])
    token = jwt.decode(encoded, KeySet.import_key_set(published), algorithms=["RS256"])
    claims = token.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("https://acme.okta.com", user_id(ALICE), client)
    assert (claims["exp"] - claims["iat"], claims["email"]) == (3600, ALICE)
    head, payload, signature = encoded.split(".")
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "other"}).encode()).decode().rstrip("=")
    with pytest.raises(BadSignatureError):
        jwt.decode(f"{head}.{forged}.{signature}", KeySet.import_key_set(published), algorithms=["RS256"])
    assert payload != forged
    call("POST", f"/api/v1/apps/{app['id']}/lifecycle/deactivate")
    assert call.refusal("POST", "/sandbox/id-token", body)[0] == 403


def test_signing_in_to_what_is_not_there_is_not_found(call: Caller, pilot: tuple[str, str]):
    assert call.refusal("POST", "/sandbox/saml", {"app": "0oanone", "user": ALICE})[:2] == (404, "E0000007")
    assert call.refusal("POST", "/sandbox/saml", {"app": pilot[0], "user": "nobody"})[:2] == (404, "E0000007")
    assert call.refusal("POST", "/sandbox/id-token", {"client_id": "none-such", "user": ALICE})[0] == 404
    assert call.refusal("POST", "/sandbox/saml", {"app": call.app(OIDC_APP)["id"], "user": ALICE})[0] == 400
    assert call.refusal("POST", "/sandbox/saml", {"app": pilot[0]})[0] == 400
