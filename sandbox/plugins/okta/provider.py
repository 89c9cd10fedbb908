"""The Okta provider: its tables and its settings, each also from the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable

from sandbox.plugins.framework.entry import Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.provider import Invoke, Provider
from sandbox.plugins.framework.values import Props
from sandbox.plugins.okta import lookups, resources
from sandbox.plugins.okta.client import Okta, OktaError, Settings, UnreachableError

_ENVIRONMENT = {
    "orgName": "OKTA_ORG_NAME",
    "baseUrl": "OKTA_BASE_URL",
    "apiToken": "OKTA_API_TOKEN",
    "accessToken": "OKTA_ACCESS_TOKEN",
    "httpProxy": "OKTA_HTTP_PROXY",
}


_PREFACE = """\
[ERROR] The Okta provider was not properly configured. Give it an address and credentials that Okta accepts.
See the provider's own page on its settings for more information.
"""


class NotConfiguredError(PluginError):
    """Okta did not answer, or refused the credentials, when the provider was started."""


class OktaProvider(Provider[Okta]):
    name = "okta"
    package = "pulumi_okta"

    def resource_types(self) -> Iterable[Entry[Okta]]:
        return resources.entries()

    def functions(self) -> Iterable[Invoke[Okta]]:
        return lookups.INVOKES

    def configure(self, config: Props) -> Okta:
        """Asks who the token belongs to, twice, as the official plug-in's two clients do."""
        okta = Okta(settings(config))
        try:
            for _ in range(2):
                okta.get("/api/v1/users/me")
        except (OktaError, UnreachableError) as error:
            raise NotConfiguredError(str(error)) from error
        return okta

    def explain(self, error: Exception) -> str | None:
        return str(error) if isinstance(error, OktaError) else None

    def worded(self, reason: str, error: Exception) -> str:
        """As Terraform's errors reach the engine: counted, each behind a star; of a configuration, after a preface."""
        preface = _PREFACE if isinstance(error, NotConfiguredError) else ""
        return f"{preface}1 error occurred:\n\t* {reason}\n\n"


def settings(config: Props) -> Settings:
    """Raises PluginError for what is missing or not supported here."""
    values = {name: config.get(name) or os.environ.get(variable, "") for name, variable in _ENVIRONMENT.items()}
    for name in ("orgName", "baseUrl"):
        if not values[name]:
            raise PluginError(f"okta:{name} is not set: run `pulumi config set okta:{name} ...`")
    if not values["apiToken"] and not values["accessToken"]:
        unsupported = " (a private key is not supported here)" if config.get("privateKey") else ""
        raise PluginError(f"okta:apiToken is not set{unsupported}: run `pulumi config set --secret okta:apiToken ...`")
    token = values["apiToken"]
    return Settings(
        org=values["orgName"],
        base_url=values["baseUrl"],
        authorization=f"SSWS {token}" if token else f"Bearer {values['accessToken']}",
        proxy=values["httpProxy"],
        backoff=config.get("backoff", True),
        max_retries=config.get("maxRetries", 5),
        min_wait_seconds=config.get("minWaitSeconds", 30),
        max_wait_seconds=config.get("maxWaitSeconds", 300),
        request_timeout=config.get("requestTimeout", 0),
    )
