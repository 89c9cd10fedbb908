"""What `rollout doctor` asks on the way to a real account: each finding names the step of docs/real-account.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cli.commands import doctor
from cli.doctor import aws, engine, jamf, okta, okta_app, slack
from cli.doctor.finding import Finding, Health, looked
from cli.doctor.steps import PAGE, Step
from cli.doctor.trail import records, trail
from cli.terminal.errors import CommandError
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DOMAIN = "acme.okta.com"
Answer = Callable[[httpx.Request], httpx.Response]


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def service_app(**more: str) -> dict[str, str]:
    pem = key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    given = {
        "OKTA_API_CLIENT_ID": "0oaDEPLOY",
        "OKTA_API_PRIVATE_KEY": pem.decode(),
        "OKTA_API_SCOPES": ",".join(okta_app.SCOPES),
    }
    return {**given, **more}


def organization(answer: Answer) -> httpx.Client:
    return httpx.Client(base_url=f"https://{DOMAIN}", transport=httpx.MockTransport(answer))


def refuses(kind: str, status: int = 400) -> Answer:
    return lambda _: httpx.Response(status, json={"error": kind, "error_description": "said by Okta"})


def rollout() -> Rollout:
    return load(stacks.committed("sandbox"), stacks.COMPANY, NOW)


def test_every_check_belongs_to_a_step_of_the_page() -> None:
    page = (stacks.PROJECT / "docs" / "real-account.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {PAGE}")
    assert re.findall(r"^## (\d+\. .+)$", page, re.MULTILINE) == list(Step)

    judged, folder = rollout(), stacks.COMPANY
    checks = [
        *engine.checks(folder, "sandbox", {}),
        *okta.checks(judged, {}, None, service_app()),
        *jamf.checks(judged, {}, rollout),
        *slack.checks(judged, {}, rollout),
        *aws.checks(lambda _: None, judged, set()),
    ]
    assert [check.name for check in checks if check.step is None] == []
    named = {check.step for check in checks}
    assert named == set(Step) - {Step.BOOTSTRAP, Step.GITHUB, Step.COHORT}


def test_a_finding_says_which_step_mends_it() -> None:
    lacking = [check for check in okta.checks(rollout(), {}, None, {}) if check.name == okta_app.CHECK]
    [found] = looked(lacking)
    assert found.step is Step.OKTA
    assert doctor._page(found) == " (A real account, 5. Okta)"  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("environment", "health", "what"),
    [
        ({}, Health.BROKEN, "OKTA_API_CLIENT_ID, OKTA_API_PRIVATE_KEY, OKTA_API_SCOPES not set"),
        ({"OKTA_API_CLIENT_ID": "0oa"}, Health.BROKEN, "; set: OKTA_API_CLIENT_ID"),
        ({"OKTA_API_TOKEN": "s3cret"}, Health.FINE, "OKTA_API_TOKEN is set"),
        ({"OKTA_API_TOKEN": "s3cret", "OKTA_API_CLIENT_ID": "0oa"}, Health.BROKEN, "the provider takes one way"),
        (service_app(OKTA_API_SCOPES="okta.users.read"), Health.BROKEN, "lacks okta.groups.manage okta.apps.manage"),
        (service_app(), Health.FINE, "no OKTA_API_PRIVATE_KEY_ID"),
        (service_app(OKTA_API_PRIVATE_KEY_ID="kid-1"), Health.FINE, "OKTA_API_PRIVATE_KEY_ID are set"),
    ],
)
def test_the_variables_are_named_and_never_shown(environment: Mapping[str, str], health: Health, what: str) -> None:
    [found] = okta_app.variables(environment)
    assert found.health is health
    assert what in found.what
    assert not [value for value in environment.values() if value in found.what and value not in okta_app.SCOPES]


@pytest.mark.parametrize("kid", [None, "kid-1"])
def test_the_service_app_signs_in_as_oktas_guide_says(kid: str | None) -> None:
    asked: dict[str, str] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/oauth2/v1/token"
        asked.update(httpx.QueryParams(request.content.decode()))
        return httpx.Response(200, json={"access_token": "granted"})

    environment = service_app(**({"OKTA_API_PRIVATE_KEY_ID": kid} if kid else {}))
    with organization(answer) as client:
        assert okta_app.bearer(okta_app.sign_in(client, DOMAIN, environment)) == "Bearer granted"
    assert asked["scope"] == "okta.users.read okta.groups.manage okta.apps.manage"
    assert jwt.get_unverified_header(asked["client_assertion"]).get("kid") == kid
    claims = jwt.decode(
        asked["client_assertion"], key().public_key(), ["RS256"], audience=f"https://{DOMAIN}/oauth2/v1/token"
    )
    assert claims["sub"] == claims["iss"] == "0oaDEPLOY"


@pytest.mark.parametrize(
    ("answer", "health", "what"),
    [
        (refuses("invalid_scope"), Health.BROKEN, "a scope of OKTA_API_SCOPES is not granted"),
        (refuses("invalid_client", 401), Health.BROKEN, "none of its active ones"),
        (refuses("invalid_dpop_proof"), Health.UNKNOWN, "proof of possession"),
        (lambda _: httpx.Response(503, text="away"), Health.UNKNOWN, "no token: 503"),
    ],
)
def test_a_refusal_of_the_service_app_says_what_to_mend(answer: Answer, health: Health, what: str) -> None:
    with organization(answer) as client:
        said = okta_app.sign_in(client, DOMAIN, service_app())
    found = okta_app.refusal(said)
    assert found
    assert found.health is health
    assert what in found.what
    with pytest.raises(CommandError, match=re.escape(found.what)):
        okta_app.bearer(said)


def test_a_key_that_is_none_is_said_without_it() -> None:
    with organization(refuses("none")) as client, pytest.raises(CommandError, match="is no RSA key in PEM") as caught:
        okta_app.sign_in(client, DOMAIN, service_app(OKTA_API_PRIVATE_KEY="s3cret"))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "by_token", "what"),
    [
        (403, False, "the app has no admin role, or a scope is not granted: okta.groups.read: 403"),
        (403, True, "the token may not read all: okta.groups.read: 403"),
        (401, True, "refuses OKTA_API_TOKEN"),
    ],
)
def test_a_403_is_explained_by_whose_credentials_they_are(status: int, by_token: bool, what: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status if request.url.path == "/api/v1/groups" else 200, json=[])

    with organization(answer) as client:
        [found] = okta.reads(client, DOMAIN, by_token=by_token)
    assert found.health is Health.BROKEN
    assert what in found.what


def test_an_organization_that_is_not_on_the_identity_engine_is_broken() -> None:
    [classic] = okta.organization_findings(DOMAIN, {"id": "00o", "pipeline": "v1"})
    assert (classic.health, "nobody could sign in" in classic.what) == (Health.BROKEN, True)
    [new] = okta.organization_findings(DOMAIN, {"id": "00o", "pipeline": "idx"})
    assert new.health is Health.FINE


@pytest.mark.parametrize(
    ("content", "environment", "health"),
    [
        ({"secretsprovider": "awskms://alias/states?region=us-east-1", "encryptionsalt": "v1:x"}, {}, Health.FINE),
        ({"encryptionsalt": "v1:x"}, {"PULUMI_CONFIG_PASSPHRASE": "s3cret"}, Health.FINE),
        ({"encryptionsalt": "v1:x"}, {}, Health.BROKEN),
        ({}, {"PULUMI_CONFIG_PASSPHRASE": "s3cret"}, Health.BROKEN),
    ],
)
def test_what_the_states_secrets_are_under_is_read_in_the_stack_file(
    content: Mapping[str, Any], environment: Mapping[str, str], health: Health
) -> None:
    [found] = engine.secrets(content, environment)
    assert found.health is health
    assert "s3cret" not in found.what


class CloudTrail:
    def __init__(self, logging: bool, selectors: dict[str, Any] | None = None) -> None:
        self.logging, self.selectors = logging, selectors

    def describe_trails(self, **_: Any) -> dict[str, Any]:
        one = {"Name": "all", "TrailARN": "arn:aws:cloudtrail:us-east-1:1:trail/all"}
        return {"trailList": [{**one, "HasCustomEventSelectors": self.selectors is not None}]}

    def get_trail_status(self, **_: Any) -> dict[str, Any]:
        return {"IsLogging": self.logging}

    def get_event_selectors(self, **_: Any) -> dict[str, Any]:
        return self.selectors or {}


class NoTrail:
    def describe_trails(self, **_: Any) -> dict[str, Any]:
        return {"trailList": []}


def one(cloudtrail: Any) -> Finding:
    [found] = trail(cloudtrail)
    return found


def test_a_trail_that_records_no_denied_call_is_broken() -> None:
    assert one(CloudTrail(logging=True)).health is Health.FINE
    assert "denied calls are told to nobody" in one(NoTrail()).what
    assert "switched off" in one(CloudTrail(logging=False)).what
    writes = {"EventSelectors": [{"IncludeManagementEvents": True, "ReadWriteType": "WriteOnly"}]}
    assert "leaves out management events that read" in one(CloudTrail(logging=True, selectors=writes)).what
    assert one(CloudTrail(logging=True, selectors={"EventSelectors": [{"ReadWriteType": "All"}]})).health is Health.FINE


@pytest.mark.parametrize(
    ("fields", "recorded"),
    [
        ([{"Field": "eventCategory", "Equals": ["Management"]}], True),
        ([{"Field": "eventCategory", "Equals": ["Data"]}], False),
        ([{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["false"]}], False),
    ],
)
def test_a_trails_advanced_selectors_are_read_too(fields: list[dict[str, Any]], recorded: bool) -> None:
    assert records({"AdvancedEventSelectors": [{"FieldSelectors": fields}]}) is recorded
