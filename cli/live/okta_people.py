"""People as Okta's directory has them: everybody who is active, a page at a time, and what a selection takes of each.

https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/#tag/User/operation/listUsers
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import httpx

from cli.live.okta import okta_client
from cli.live.person import refusals
from cli.terminal.errors import CommandError
from rollout.model.errors import shown
from rollout.people.selection import SENIORITIES, Person

USERS = "/api/v1/users"
# Okta's largest page.
FIRST = {"filter": 'status eq "ACTIVE"', "limit": "200"}
MOST_PEOPLE = 50_000
MOST_BYTES = 10_000_000
# Of one page. A rate limit is for a minute.
TRIES = 5
LONGEST_WAIT_SECONDS = 90
TIMEOUT = httpx.Timeout(30, connect=5)
YES = frozenset({"yes", "true", "y", "1", "x"})
# Values of a seniority that are told of, the most frequent first.
TOLD = 5


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """Which attribute of Okta's profile says what. `champion`: none unless an organization made one of its own."""

    team: str = "department"
    seniority: str = "userType"
    role: str = "title"
    champion: str | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """`said`: how many were read, and who was left out; a line each."""

    people: list[Person]
    said: list[str]


def profiles(
    domain: str, environment: Mapping[str, str], sleep: Callable[[float], None] = time.sleep
) -> Iterator[Mapping[str, Any]]:
    """Profiles of all active people of `domain`; CommandError where Okta does not give them all."""
    token = environment.get("OKTA_API_TOKEN")
    if not token:
        text = f"{domain}: no OKTA_API_TOKEN to read the directory with; set one whose owner may read users"
        raise CommandError(text)
    target, visited, count = str(httpx.URL(USERS, params=FIRST)), set[str](), 0
    try:
        with okta_client(domain, environment, token, TIMEOUT) as okta:
            hosts = {domain.lower(), urlsplit(str(okta.base_url)).netloc.lower()}
            while target:
                visited.add(target)
                page, following = _page(okta, domain, target, sleep)
                count += len(page)
                if count > MOST_PEOPLE:
                    raise CommandError(f"{domain}: more than {MOST_PEOPLE} active people; give a CSV by --directory")
                # What the filter asked for is not taken on trust.
                yield from (user["profile"] for user in page if user.get("status") == "ACTIVE")
                target = _target(domain, hosts, following) if following else ""
                if target in visited:
                    raise CommandError(f"{domain}: the next page is one already read; try again")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as error:
        raise CommandError(f"{domain}: cannot be asked ({type(error).__name__}); check the network") from error


def found(profiles: Iterable[Mapping[str, Any]], teams: Collection[str], attributes: Attributes) -> Found:
    """People of `teams` with a seniority that the rules know; the others are counted."""
    known = {name.lower(): name for name in teams}
    people: dict[str, Person] = {}
    nameless = foreign = total = 0
    seniorities: Counter[str] = Counter()
    for profile in profiles:
        total += 1
        email, name = _text(profile, "email").lower(), _name(profile)
        team, seniority = known.get(_text(profile, attributes.team).lower()), _text(profile, attributes.seniority)
        if any(refusals(email, name)):
            nameless += 1
        elif not team:
            foreign += 1
        elif seniority.lower() not in SENIORITIES:
            seniorities[seniority] += 1
        else:
            people[email] = Person(
                email=email,
                name=name,
                team=team,
                seniority=seniority.lower(),
                champion=bool(attributes.champion) and _text(profile, attributes.champion or "").lower() in YES,
                role=None if any(refusals(email, name, role := _text(profile, attributes.role))) else role or None,
            )
    said = [f"Okta: {total} active people, {len(people)} to choose from"]
    if foreign:
        said.append(f"left out: {foreign} whose {attributes.team} is no team of the stack file")
    if seniorities:
        values = ", ".join(f"{shown(value) if value else 'none'} {n}" for value, n in seniorities.most_common(TOLD))
        said.append(
            f"left out: {seniorities.total()} whose {attributes.seniority} is not one of "
            f"{', '.join(SENIORITIES)}: {values}{', ...' if len(seniorities) > TOLD else ''}"
        )
    if nameless:
        said.append(f"left out: {nameless} without a name and an e-mail address that a roster can hold")
    return Found(people=list(people.values()), said=said)


def _page(
    okta: httpx.Client, domain: str, target: str, sleep: Callable[[float], None]
) -> tuple[list[dict[str, Any]], str | None]:
    """People of one page, and where the next is."""
    for attempt in range(1, TRIES + 1):
        with okta.stream("GET", target) as answer:
            if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                _admitted(answer, domain)
                return _people(answer, domain), answer.links.get("next", {}).get("url")
            seconds = _wait_seconds(answer.headers)
        if attempt < TRIES:
            sleep(seconds)
    raise CommandError(f"{domain}: Okta's rate limit is used up; try again later, or give a CSV by --directory")


def _wait_seconds(headers: httpx.Headers) -> float:
    """Until the limit is reset, by Okta's own clock; the longest where it does not say."""
    try:
        now = parsedate_to_datetime(headers["Date"]).timestamp()
        seconds = int(headers["X-Rate-Limit-Reset"]) - now + 1
    except (KeyError, ValueError):
        return LONGEST_WAIT_SECONDS
    return min(max(seconds, 1), LONGEST_WAIT_SECONDS)


def _admitted(answer: httpx.Response, domain: str) -> None:
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise CommandError(f"{domain}: refuses OKTA_API_TOKEN; make a new token: 30 idle days end one")
    if answer.status_code == HTTPStatus.FORBIDDEN:
        raise CommandError(f"{domain}: the owner of OKTA_API_TOKEN may not read users; give them a role that may")
    if not answer.is_success:
        raise CommandError(f"{domain}: answers {answer.status_code} when asked for users; try again, or ask Okta")


def _people(answer: httpx.Response, domain: str) -> list[dict[str, Any]]:
    body = bytearray()
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise CommandError(f"{domain}: a page of users is longer than {MOST_BYTES} bytes; give a CSV")
    try:
        page: Any = json.loads(body)
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, list) or not all(map(_is_user, cast("list[Any]", page))):
        raise CommandError(f"{domain}: what it says of its users cannot be read; check okta.domain")
    return cast("list[dict[str, Any]]", page)


def _is_user(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(cast("dict[str, Any]", item).get("profile"), dict)


def _target(domain: str, hosts: Collection[str], link: str) -> str:
    """Path and query of the next page. The token goes nowhere but to the organization's list of users."""
    parts = urlsplit(urljoin(f"https://{domain}{USERS}", link))
    if parts.netloc.lower() not in hosts or parts.path != USERS:
        raise CommandError(f"{domain}: the next page is said to be elsewhere, and was not asked for: {shown(link)}")
    return f"{parts.path}?{parts.query}"


def _text(profile: Mapping[str, Any], attribute: str) -> str:
    value = profile.get(attribute)
    return str(value).strip() if isinstance(value, str | bool | int) else ""


def _name(profile: Mapping[str, Any]) -> str:
    parts = f"{_text(profile, 'firstName')} {_text(profile, 'lastName')}".strip()
    return _text(profile, "displayName") or parts
