"""`rollout doctor`: what is there already under the names that a stack would give, whose it is, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from botocore.exceptions import ClientError

from cli.doctor import beside
from cli.doctor.beside import Asked, check
from cli.doctor.finding import Finding, Health, looked
from cli.doctor.made_once import RENAME
from cli.live import engine
from cli.live.engine import Held
from cli.terminal.errors import CommandError
from rollout.account import Account
from rollout.stack_file.load import load
from tests import stacks
from tests.live.test_doctor_account import NOW, organization

ACCOUNT = Account("123456789012", "us-east-1")
SAML = "arn:aws:iam::123456789012:saml-provider/claude-code-okta"
GROUP, APP, SIGN_IN = "00g" + "c" * 17, "0oa" + "a" * 17, "0oa" + "b" * 17
GITHUB, AUDIENCE = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com", "sts.amazonaws.com"
IN_AWS = (SAML, "claude-code-meter", "claude-code-announcer", "/claude-code/invocations", "/claude-code/incidents")


class Aws:
    """AWS in which these are there, by name; a service in `refusing` says no."""

    def __init__(self, *there: str, refusing: str = "") -> None:
        self._there, self._refusing, self._service = there, refusing, ""

    def __call__(self, service: str) -> Any:
        asked = Aws(*self._there, refusing=self._refusing)
        asked._service = service
        return asked

    def get_paginator(self, _: str) -> Aws:
        return self

    def paginate(self, **given: str) -> Iterator[Mapping[str, Any]]:
        beginning = given["logGroupNamePrefix"]
        yield {"logGroups": [{"logGroupName": name} for name in self._there if name.startswith(beginning)]}

    def get_anomaly_monitors(self) -> Mapping[str, Any]:
        return {"AnomalyMonitors": [{"MonitorName": "all", "MonitorArn": "arn:m", "MonitorDimension": "SERVICE"}]}

    def __getattr__(self, operation: str) -> Any:
        def ask(**given: str) -> Mapping[str, Any]:
            [name] = given.values()
            if self._service == self._refusing:
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
            if name not in self._there:
                raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "none"}}, operation)
            return {"ClientIDList": [AUDIENCE] if AUDIENCE in self._there else ["other"]}

        return ask


def okta(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/api/v1/groups":
        named = request.url.params["search"].split('"')[1]
        known = [{"id": GROUP, "profile": {"name": named}}] if named == "Claude-Code-Users" else []
        return httpx.Response(200, json=known)
    ids = {"Claude Code on AWS 123456789012": APP, "claude-code-sign-in-123456789012": SIGN_IN}
    return httpx.Response(200, json=[{"id": ids[label], "label": label} for label in [request.url.params["q"]]])


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Held]]:
    """What each stack holds."""
    found: dict[str, list[Held]] = {}
    monkeypatch.setattr(engine, "held", lambda _, stack: found.get(stack, []))
    monkeypatch.setattr(beside, "stacks", lambda _: ["dev", "prod"])
    return found


def found(aws: Aws, answer: Any = okta, account: Account | None = ACCOUNT, **more: Any) -> list[Finding]:
    rollout = load(stacks.config({**stacks.small(), **more}), stacks.COMPANY, NOW)
    asks = (lambda: organization(answer)) if answer else None
    return looked([check(Asked(project=Path(), stack="dev", rollout=rollout, account=account, clients=aws, okta=asks))])


def nobody(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=[])


@pytest.mark.usefixtures("states")
def test_what_is_there_already_is_one_finding_with_the_block_as_it_is_typed() -> None:
    [finding] = [each for each in found(Aws(*IN_AWS)) if each.health is Health.BROKEN]
    assert finding.what.endswith('an update would end with "already exists"')
    assert yaml.safe_load(finding.fix.split("`")[1]) == {
        "claude-code-rollout:adopt": {
            "saml_provider_arn": SAML,
            "announcer": True,
            "meter": True,
            "invocation_log_group": "/claude-code/invocations",
            "umbrella_group_id": GROUP,
            "okta_app_id": APP,
            "okta_sign_in_app_id": SIGN_IN,
        }
    }


def test_whose_it_is_is_said_where_another_stack_of_the_folder_made_it(states: dict[str, list[Held]]) -> None:
    states["prod"] = [Held("meter-function-code", "aws:lambda/function:Function", "claude-code-meter", is_own=True)]
    [finding] = found(Aws("claude-code-meter"), nobody)
    assert finding.what.startswith("function claude-code-meter (of stack prod): ")


def test_what_is_the_stacks_own_or_is_adopted_is_fine(states: dict[str, list[Held]]) -> None:
    states["dev"] = [
        Held("federation-saml", "aws:iam/samlProvider:SamlProvider", SAML, is_own=True),
        Held("audit-trail-incidents", "aws:cloudwatch/logGroup:LogGroup", "/claude-code/incidents", is_own=True),
    ]
    adopt = {"meter": True, "announcer": True, "invocation_log_group": "/claude-code/invocations"}
    [finding] = found(Aws(*IN_AWS), nobody, adopt=adopt)
    assert (finding.health, finding.what) == (Health.FINE, "nothing that this stack would make is another's")


def test_what_the_stack_has_only_read_is_not_its_own(states: dict[str, list[Held]]) -> None:
    states["dev"] = [Held("federation-saml", "aws:iam/samlProvider:SamlProvider", SAML, is_own=False)]
    assert [each.health for each in found(Aws(SAML), nobody)] == [Health.BROKEN]


@pytest.mark.usefixtures("states")
def test_a_cohort_of_a_name_that_is_taken_wants_another_name() -> None:
    [finding] = found(Aws("claude-code-pilot"), nobody)
    assert (finding.what, finding.fix) == ("role claude-code-pilot", f"cohorts.pilot: {RENAME}")


@pytest.mark.usefixtures("states")
def test_logs_that_a_stack_has_left_are_named_each() -> None:
    told = found(Aws("/claude-code/incidents", "/claude-code/pilot/usage"), nobody)
    assert [each.what for each in told] == ["log group /claude-code/incidents", "log group /claude-code/pilot/usage"]
    assert all("a stack that is gone has left it" in each.fix for each in told)


@pytest.mark.usefixtures("states")
def test_an_account_that_has_a_monitor_of_services_is_told_to_name_it() -> None:
    [finding] = found(Aws(), nobody, budgets={"anomaly_usd": 50})
    assert finding.fix == "name it: budgets.anomaly_monitor: arn:m"


@pytest.mark.usefixtures("states")
def test_where_aws_is_silent_it_says_so() -> None:
    [finding] = found(Aws(refusing="iam"))
    assert (finding.health, finding.what) == (Health.UNKNOWN, "get_saml_provider: AccessDenied: no")


@pytest.mark.usefixtures("states")
def test_where_okta_is_silent_it_says_so_beside_what_aws_told() -> None:
    broken_, silent = found(Aws("claude-code-meter"), lambda _: httpx.Response(503))
    assert (broken_.health, silent.health) == (Health.BROKEN, Health.UNKNOWN)
    assert silent.what == "Okta was not asked: acme.okta.com: answers 503"
    [finding] = found(Aws(), None)
    assert finding.what == "nothing that this stack would make is another's in AWS; Okta was not asked"


@pytest.mark.usefixtures("states")
def test_of_an_account_that_is_not_known_nothing_is_said() -> None:
    [finding] = found(Aws(*IN_AWS), account=None)
    assert finding.health is Health.UNKNOWN


def test_a_state_that_cannot_be_read_is_said_and_one_that_is_not_there_is_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for said, health in (("no stack named 'dev' found", Health.FINE), ("403: refused", Health.UNKNOWN)):

        def refused(*_: object, said: str = said, **__: object) -> str:
            raise CommandError(said)

        monkeypatch.setattr(engine, "pulumi", refused)
        assert [each.health for each in found(Aws(), nobody)] == [health]


def with_workflow() -> dict[str, Any]:
    bot = {"github": {"repository": "acme/payments", "environment": "review"}, "team": "backend"}
    machines = {"dep-bot": {**bot, "owner": "priya.raman@acme.example"}}
    cohorts = {"ci": {"level": "active", "models": ["haiku"], "machines": machines}}
    return {"cohorts": {**stacks.small()["cohorts"], **cohorts}}


def test_githubs_provider_that_is_there_is_adopted_by_the_block_and_the_stacks_own_is_not(
    states: dict[str, list[Held]],
) -> None:
    [finding] = found(Aws(GITHUB, AUDIENCE), nobody, **with_workflow())
    assert finding.what.startswith("OIDC provider token.actions.githubusercontent.com: ")
    assert yaml.safe_load(finding.fix.split("`")[1]) == {"claude-code-rollout:adopt": {"github_provider": True}}
    assert [each.health for each in found(Aws(GITHUB, AUDIENCE), nobody)] == [Health.FINE], "no workflow, none needed"
    kind = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    states["dev"] = [Held("workflow-issuer-github", kind, GITHUB, is_own=True)]
    assert [each.health for each in found(Aws(GITHUB, AUDIENCE), nobody, **with_workflow())] == [Health.FINE]


@pytest.mark.usefixtures("states")
@pytest.mark.parametrize(
    ("there", "what", "fix"),
    [
        ((), "IAM has no provider token.actions", "take `github_provider: true` out of adopt in Pulumi.dev.yaml"),
        ((GITHUB,), "sts.amazonaws.com is not among the audiences", "add-client-id-to-open-id-connect-provider"),
    ],
)
def test_an_adopted_provider_that_would_let_no_workflow_in_is_said(there: tuple[str, ...], what: str, fix: str) -> None:
    [finding] = found(Aws(*there), nobody, adopt={"github_provider": True}, **with_workflow())
    assert finding.health is Health.BROKEN
    assert what in finding.what
    assert fix in finding.fix
    [fine] = found(Aws(GITHUB, AUDIENCE), nobody, adopt={"github_provider": True}, **with_workflow())
    assert fine.health is Health.FINE
