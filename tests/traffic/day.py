"""A day of Claude Code, played through the sandbox's Bedrock, and what it must come to, computed from what was sent.

The computation shares nothing with the meter: it knows who asked which model for how many tokens, and the prices of the
stack file.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from rollout.load import load
from tests import stacks
from tests.drill.traffic import bedrock
from tests.engine.world import World

KINDS = ("input", "output", "cache_read", "cache_write")
# Share of requests; the small model does titles, summaries and searches in the background.
MODELS = {"sonnet": 0.68, "haiku": 0.27, "opus": 0.05}
# Medians and spreads (of the logarithm) of tokens per request in an agentic session: the conversation so far is read
# from the cache, what is new is written to it, little is fresh.
TOKENS = {"input": (120, 1.1), "output": (320, 1.0), "cache_read": (42_000, 0.8), "cache_write": (2_100, 1.0)}
AT_ONCE = 4


@dataclass(frozen=True)
class Request:
    user: str
    team: str
    model: str
    tokens: Mapping[str, int]

    def usd(self, prices: Mapping[str, Mapping[str, Any]]) -> Decimal:
        price = prices[self.model]
        return sum((self.tokens[kind] * Decimal(str(price[kind])) for kind in KINDS), Decimal(0)) / 1_000_000


def of_the_sandbox() -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """(teams of the pilot's people by e-mail address, prices by model label)"""
    stack = load(stacks.committed("sandbox"), stacks.PROJECT, datetime.now(UTC))
    people = {email: member.team for email, member in stack.cohorts["pilot"].members.items()}
    return people, {label: model.model_dump() for label, model in stack.models.items()}


def plan(people: Mapping[str, str], each: int, seed: int) -> list[Request]:
    """`people`: teams by e-mail address. Some do much, some little; about `each` requests on average, in any order."""
    rng = Random(seed)  # noqa: S311
    made = [
        Request(user, team, rng.choices(list(MODELS), list(MODELS.values()))[0], dict(_tokens(rng)))
        for user, team in people.items()
        for _ in range(max(1, round(each * rng.lognormvariate(-0.18, 0.6))))
    ]
    rng.shuffle(made)
    return made


def _tokens(rng: Random) -> Iterator[tuple[str, int]]:
    for kind, (median, spread) in TOKENS.items():
        yield kind, min(round(median * rng.lognormvariate(0, spread)), 900_000)


def play(world: World, requests: Iterable[Request], progress: Callable[[], None] = lambda: None) -> None:
    profiles = world.output("cohorts")["pilot"]["profile_arns"]
    clients: dict[str, Any] = {}
    requests = list(requests)
    for user in {request.user for request in requests}:
        clients[user] = bedrock(world, world.sign_in(user, "pilot"))

    def ask(request: Request) -> None:
        said = " ".join(f"{kind}={count}" for kind, count in request.tokens.items())
        message = {"role": "user", "content": f"[tokens {said}]"}
        body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 16, "messages": [message]})
        clients[request.user].invoke_model(modelId=profiles[request.model], body=body)["body"].read()
        progress()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(ask, requests))


Totals = dict[str, dict[str, Decimal]]


def expected(requests: Iterable[Request], prices: Mapping[str, Mapping[str, Any]]) -> Totals:
    """By counter, without its day or month: requests, tokens of each kind, USD."""
    totals: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for request in requests:
        keys = (f"user-day#{request.user}", f"team-day#{request.team}", "cohort-day#pilot", "month")
        for key in keys:
            totals[key]["requests"] += 1
            totals[key]["usd"] += request.usd(prices)
            for kind in KINDS:
                totals[key][kind] += request.tokens[kind]
    return {key: dict(found) for key, found in totals.items()}


def counted(world: World) -> Totals:
    """What the meter's table holds; two days are one where midnight fell between."""
    totals: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for page in world.aws("dynamodb").get_paginator("scan").paginate(TableName="claude-code-usage"):
        for item in page["Items"]:
            key = item["id"]["S"].rpartition("#")[0]
            if item["id"]["S"].partition("#")[0] in {"user-day", "team-day", "cohort-day", "month"}:
                for name in ("requests", "usd", *KINDS):
                    totals[key][name] += Decimal(item[name]["N"])
    return {key: dict(found) for key, found in totals.items()}
