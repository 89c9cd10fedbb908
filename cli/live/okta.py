"""Okta's management API, asked with a person's token by way of the organization's address."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from cli.terminal.errors import CommandError


def okta_client(
    domain: str, environment: Mapping[str, str], token: str, timeout: httpx.Timeout | float
) -> httpx.Client:
    """`environment`: its OKTA_HTTP_PROXY stands in place of the organization's own address, as the provider takes its
    `httpProxy`. `timeout`: in seconds, of each wait."""
    base = environment.get("OKTA_HTTP_PROXY") or f"https://{domain}"
    headers = {"Authorization": f"SSWS {token}", "Accept": "application/json"}
    return httpx.Client(base_url=base, timeout=timeout, headers=headers)


def got(okta: httpx.Client, domain: str, target: str, params: Mapping[str, str] | None = None) -> httpx.Response:
    """What Okta answers to a GET. CommandError where it does not, or refuses."""
    try:
        answer = okta.get(target, params=params)
    except httpx.HTTPError as error:
        raise CommandError(f"{domain}: cannot be asked ({type(error).__name__})") from None
    if not answer.is_success:
        raise CommandError(f"{domain}: answers {answer.status_code}")
    return answer
