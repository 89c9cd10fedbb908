"""A collector in this process, with AWS by moto, and a GitHub that is told what to answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest

from functions import delivery, delivery_state, github_reader
from rollout.success.metrics import Week
from sandbox.outside.github import Github
from sandbox.settings import GITHUB_TOKEN

LOG, TABLE = "/claude-code/delivery", "claude-code-delivery"
PILOT, WAVE2 = ["alice-chen", "bob-kim", "grace-liu"], ["amara-eze", "jonas-weber"]

Respond = Callable[[httpx.Request], httpx.Response | None]


def parameter(cohort: str) -> str:
    return f"/claude-code/success/weeks/{cohort}"


class Died(BaseException):
    """As a process that is killed: nothing catches it."""


@dataclass
class World:
    """`respond`: an answer in place of GitHub's, or none. `seconds`: what is left of a run."""

    github: Github = field(default_factory=Github)
    respond: Respond = lambda _: None
    seconds: float = 900.0
    searches: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def run(self) -> dict[str, Any]:
        delivery._token.cache_clear()
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: int(self.seconds * 1000))
        return delivery.handler({}, context)

    def weeks(self, cohort: str) -> dict[date, Week]:
        return {week.monday: week for week in delivery_state.weeks(parameter(cohort))}

    def lines(self) -> list[dict[str, Any]]:
        events = boto3.client("logs").filter_log_events(logGroupName=LOG)["events"]
        return [json.loads(event["message"]) for event in events]

    def week_lines(self) -> list[tuple[str, str]]:
        """(cohort, week) of the lines that are written once."""
        return [(line["cohort"], line["week"]) for line in self.lines() if "week" in line]

    def summary(self) -> dict[str, Any]:
        return [line for line in self.lines() if "WeeksBehind" in line][-1]

    def shares(self) -> set[str]:
        return {item["id"]["S"] for item in boto3.client("dynamodb").scan(TableName=TABLE)["Items"]}

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.searches.append(json.loads(request.content)["variables"]["search"])
        told = self.respond(request)
        if told is not None:
            return told
        headers = {name.lower(): value for name, value in request.headers.items()}
        status, given, body = self.github.answer(request.method, request.url.path, headers, request.content)
        return httpx.Response(status, headers=given, content=body)


def made(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    boto3.client("secretsmanager").create_secret(Name="token", SecretString=GITHUB_TOKEN)
    boto3.client("logs").create_log_group(logGroupName=LOG)
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    world.settings = {
        "cohorts": {
            "pilot": {"logins": PILOT, "parameter": parameter("pilot")},
            "wave2": {"logins": WAVE2, "parameter": parameter("wave2")},
        },
        "organization": "acme",
        "repositories": [],
        "bug_labels": ["bug"],
        "api_url": "https://api.github.com",
        "table": TABLE,
        "secret": "token",
        "log_group": LOG,
        "log_stream": "weeks",
    }
    monkeypatch.setattr(delivery, "settings", lambda: world.settings)
    client = httpx.AsyncClient

    def mocked(**how: Any) -> httpx.AsyncClient:
        del how["verify"]
        return client(**how, transport=httpx.MockTransport(world.answer))

    async def sleep(_: Any, seconds: float) -> None:
        world.slept.append(seconds)

    monkeypatch.setattr(github_reader.httpx, "AsyncClient", mocked)
    monkeypatch.setattr(github_reader.Reader, "sleep", sleep)
    return world
