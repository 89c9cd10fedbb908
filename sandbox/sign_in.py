"""Signs a person of the sandbox's Okta in to AWS, the way `okta-aws-cli` does for a real one."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from sandbox.errors import SandboxError
from sandbox.settings import ACCOUNT_ID, IDENTITY_APP, OKTA_TOKEN, REGION, Settings

SAML_APP = "amazon_aws"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def okta(settings: Settings, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """One call of Okta's API; SandboxError says what it refused."""
    request = urllib.request.Request(  # noqa: S310 - the sandbox's own address
        settings.okta_url + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"SSWS {OKTA_TOKEN}", "Content-Type": "application/json"},
    )
    try:
        with _DIRECT.open(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SandboxError(f"Okta refused the sign-in: {_summary(error)}") from error
    except OSError as error:
        raise SandboxError(f"The sandbox does not answer at {settings.okta_url}: run `make up`") from error


def _summary(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["errorSummary"])
    except (ValueError, KeyError, TypeError):
        return f"status {error.code}"


def _saml_app(settings: Settings) -> str:
    """The one that leads to this sandbox's account, of those of all accounts."""
    apps = [app for app in okta(settings, "/api/v1/apps?limit=200") if app.get("name") == SAML_APP]
    active = [app["id"] for app in apps if app.get("status") == "ACTIVE" and _leads_to(app, settings.account)]
    if len(active) != 1:
        raise SandboxError(
            f"Okta has {len(active)} active {SAML_APP} apps of account {settings.account}, not one: run `pulumi up` "
            "first"
        )
    return active[0]


def _leads_to(app: Any, account: str) -> bool:
    provider = str(((app.get("settings") or {}).get("app") or {}).get("identityProviderArn") or "")
    return provider.split(":")[4:5] in ([account], [])


def _provider(assertion: str, role_arn: str) -> str:
    from sandbox.aws.sign_in.saml import Invalid, claimed_roles

    try:
        offered = claimed_roles(assertion)
    except Invalid as error:
        raise SandboxError(f"Okta's SAML response cannot be read: {error}") from error
    for role, provider in offered:
        if role == role_arn:
            return provider
    raise SandboxError(
        f"Okta does not offer this role: {role_arn}. It offers: {', '.join(r for r, _ in offered) or '-'}"
    )


def _subject(token: str) -> str:
    import jwt

    return str(jwt.decode(token, options={"verify_signature": False})["sub"])


def _with_saml(settings: Settings, sts: Any, login: str, role_arn: str, provider_arn: str | None) -> Any:
    answer = okta(settings, "/sandbox/saml", {"app": _saml_app(settings), "user": login})
    assertion = answer["SAMLResponse"]
    provider_arn = provider_arn or _provider(assertion, role_arn)
    return sts.assume_role_with_saml(RoleArn=role_arn, PrincipalArn=provider_arn, SAMLAssertion=assertion)


def _with_token(settings: Settings, sts: Any, login: str, role_arn: str, client_id: str) -> Any:
    token = okta(settings, "/sandbox/id-token", {"client_id": client_id, "user": login})["id_token"]
    return sts.assume_role_with_web_identity(RoleArn=role_arn, RoleSessionName=_subject(token), WebIdentityToken=token)


def workflow_credentials(
    settings: Settings, token: str, role_arn: str, session_name: str, seconds: int = 3600
) -> dict[str, Any]:
    """A session as `aws-actions/configure-aws-credentials` gets one. `token`: of GitHub."""
    return _credentials(
        settings,
        lambda sts: sts.assume_role_with_web_identity(
            RoleArn=role_arn, RoleSessionName=session_name, WebIdentityToken=token, DurationSeconds=seconds
        ),
    )


def credentials(
    settings: Settings, login: str, role_arn: str, *, provider_arn: str | None = None, client_id: str | None = None
) -> dict[str, Any]:
    """A session in the form AWS's `credential_process` asks for; SAML unless `client_id` is given."""

    def ask(sts: Any) -> Any:
        if client_id is not None:
            return _with_token(settings, sts, login, role_arn, client_id)
        return _with_saml(settings, sts, login, role_arn, provider_arn)

    return _credentials(settings, ask)


def portal_credentials(settings: Settings, login: str, permission_set: str, start_url: str) -> dict[str, Any]:
    """A session as `aws sso login` and `aws configure export-credentials` get one, the browser's part included."""
    return portal_session(settings, portal_token(settings, login, start_url), permission_set)


def portal_token(settings: Settings, login: str, start_url: str) -> str:
    """What `aws sso login` keeps: it outlives the sessions that it buys."""
    oidc = _unsigned(settings, "sso-oidc")
    with _explained(settings):
        client = oidc.register_client(clientName="sandbox", clientType="public")
        known = {key: client[key] for key in ("clientId", "clientSecret")}
        asked = oidc.start_device_authorization(**known, startUrl=start_url)
        said = okta(settings, "/sandbox/id-token", {"client_id": IDENTITY_APP, "user": login})
        _browser(settings, {"user_code": asked["userCode"], "id_token": said["id_token"]})
        grant = "urn:ietf:params:oauth:grant-type:device_code"
        return oidc.create_token(**known, grantType=grant, deviceCode=asked["deviceCode"])["accessToken"]


def portal_session(settings: Settings, token: str, permission_set: str) -> dict[str, Any]:
    """A session of one permission set in this account, by the portal's token."""
    with _explained(settings):
        given = _unsigned(settings, "sso").get_role_credentials(
            roleName=permission_set, accountId=ACCOUNT_ID, accessToken=token
        )["roleCredentials"]
    return {
        "Version": 1,
        "AccessKeyId": given["accessKeyId"],
        "SecretAccessKey": given["secretAccessKey"],
        "SessionToken": given["sessionToken"],
        "Expiration": datetime.fromtimestamp(given["expiration"] / 1000, UTC).isoformat(),
    }


def _browser(settings: Settings, said: Mapping[str, str]) -> None:
    request = urllib.request.Request(  # noqa: S310 - the sandbox's own address
        f"{settings.aws_url}/start/device", data=json.dumps(said).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with _DIRECT.open(request, timeout=30):
            return
    except urllib.error.HTTPError as error:
        raise SandboxError(f"AWS refused the sign-in: {json.load(error)['message']}") from error


def _unsigned(settings: Settings, service: str) -> Any:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    return boto3.client(
        cast("Any", service),
        endpoint_url=settings.aws_url,
        region_name=REGION,
        config=Config(signature_version=UNSIGNED, proxies={}),
    )


@contextmanager
def _explained(settings: Settings) -> Generator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        known = error.response["Error"]
        raise SandboxError(f"AWS refused the sign-in: {known['Code']}: {known['Message']}") from error
    except BotoCoreError as error:
        raise SandboxError(f"AWS does not answer at {settings.aws_url}: {error}") from error


def _credentials(settings: Settings, ask: Callable[[Any], Any]) -> dict[str, Any]:
    with _explained(settings):
        session = ask(_unsigned(settings, "sts"))
    given = session["Credentials"]
    return {
        "Version": 1,
        "AccessKeyId": given["AccessKeyId"],
        "SecretAccessKey": given["SecretAccessKey"],
        "SessionToken": given["SessionToken"],
        "Expiration": given["Expiration"].isoformat(),
    }
