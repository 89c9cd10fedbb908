"""Okta's management API, asked with a person's token by way of the organization's address."""

from __future__ import annotations

from collections.abc import Mapping

import httpx


def okta_client(
    domain: str, environment: Mapping[str, str], token: str, timeout: httpx.Timeout | float
) -> httpx.Client:
    """`environment`: its OKTA_HTTP_PROXY stands in place of the organization's own address, as the provider takes its
    `httpProxy`. `timeout`: in seconds, of each wait."""
    base = environment.get("OKTA_HTTP_PROXY") or f"https://{domain}"
    headers = {"Authorization": f"SSWS {token}", "Accept": "application/json"}
    return httpx.Client(base_url=base, timeout=timeout, headers=headers)
