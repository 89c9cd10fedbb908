"""Okta and the meter asked about one person; the rest is asked as `rollout status` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from cli.explain.answers import Account, Counted
from cli.live.aws import Clients
from cli.live.okta import got, okta_client
from cli.live.okta_groups import NO_TOKEN, TIMEOUT
from cli.terminal.errors import CommandError
from rollout import names
from rollout.usage import shards
from rollout.usage.thresholds import Limits, stop_of

ACCOUNTS_AT_MOST, GROUPS_AT_MOST = 20, 200


def okta_accounts(domain: str, environment: Mapping[str, str], email: str) -> list[Account]:
    """Every account with this address or login, the living first. CommandError where Okta does not tell.

    https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/
    """
    token = environment.get("OKTA_API_TOKEN")
    if not token:
        raise CommandError(NO_TOKEN)
    query = f'profile.email eq "{email}" or profile.login eq "{email}"'
    with okta_client(domain, environment, token, TIMEOUT) as okta:
        users = got(okta, domain, "/api/v1/users", {"search": query, "limit": str(ACCOUNTS_AT_MOST)}).json()
        found = [
            Account(
                login=str(user["profile"]["login"]),
                status=str(user["status"]),
                groups=_groups(okta, domain, str(user["id"])),
            )
            for user in users
        ]
    return sorted(found, key=lambda account: (account.status != "ACTIVE", account.login))


def _groups(okta: httpx.Client, domain: str, user_id: str) -> frozenset[str]:
    found = got(okta, domain, f"/api/v1/users/{user_id}/groups", {"limit": str(GROUPS_AT_MOST)}).json()
    return frozenset(str(group["profile"]["name"]) for group in found)


def counted(
    clients: Clients, sessions: frozenset[str], team: str | None, limits: Limits, now: datetime
) -> list[Counted]:
    """The counters that a person adds to, as the meter's table has them, with what the meter itself makes of them."""
    today, month = f"{now.astimezone(UTC):%Y-%m-%d}", f"{now.astimezone(UTC):%Y-%m}"
    found = [
        each
        for session in sorted(sessions)
        for what, key in (("today", f"user-day#{session}#{today}"), ("this month", f"user-month#{session}#{month}"))
        for each in _counter(clients, what, key, limits, now)
    ]
    if team:
        found += _counter(clients, f"team {team} today", f"team-day#{team}#{today}", limits, now)
    return [*found, *_counter(clients, "everybody's month", f"month#{month}", limits, now)]


def _counter(clients: Clients, what: str, key: str, limits: Limits, now: datetime) -> Iterator[Counted]:
    """Nothing where nothing was counted."""
    first = _item(clients, key)
    items = [first, *(_item(clients, shards.shard(key, number)) for number in range(1, shards.width(first)))]
    if sums := shards.summed(items):
        yield Counted(what=what, usd=float(sums.get("usd", 0)), stop=stop_of(key, sums, limits, now))


def _item(clients: Clients, key: str) -> Mapping[str, Any]:
    answer = clients("dynamodb").get_item(TableName=names.USAGE_TABLE, Key={"id": {"S": key}}, ConsistentRead=True)
    return answer.get("Item") or {}
