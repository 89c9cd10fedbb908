"""How many people are in a cohort's Okta group: asked with a person's token.

https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urljoin, urlsplit

import httpx

from cli.live.okta import got, okta_client
from cli.terminal.errors import CommandError
from rollout import names

GROUPS = "/api/v1/groups"
PAGE = 200
PAGES_AT_MOST = 50
# Whoever asks is on call, and AWS has been told already.
TIMEOUT = httpx.Timeout(5, connect=3)
NO_TOKEN = "no OKTA_API_TOKEN"


def people_in_groups(
    domain: str, environment: Mapping[str, str], account: str, cohorts: Iterable[str]
) -> dict[str, int | None]:
    """How many people are in each cohort's own group; None where it has none. CommandError where Okta does not tell."""
    token = environment.get("OKTA_API_TOKEN")
    if not token:
        raise CommandError(NO_TOKEN)
    with okta_client(domain, environment, token, TIMEOUT) as okta:
        return {cohort: _people(okta, domain, names.okta_group(account, cohort)) for cohort in cohorts}


def _people(okta: httpx.Client, domain: str, group: str) -> int | None:
    found = got(okta, domain, GROUPS, {"search": f'profile.name eq "{group}"', "limit": "2"}).json()
    own = [each["id"] for each in found if each["profile"]["name"] == group]
    if not own:
        return None
    target, count = f"{GROUPS}/{own[0]}/users?limit={PAGE}", 0
    for _ in range(PAGES_AT_MOST):
        answer = got(okta, domain, target)
        count += len(answer.json())
        following = answer.links.get("next", {}).get("url")
        if not following:
            return count
        parts = urlsplit(urljoin(f"https://{domain}{target}", following))
        target = f"{parts.path}?{parts.query}"  # the token goes nowhere but to the organization
    raise CommandError(f"{domain}: {group} has more than {PAGES_AT_MOST * PAGE} people")
