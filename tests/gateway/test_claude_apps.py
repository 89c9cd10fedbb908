"""The real `claude gateway` with the file of a deployed stack: who is served, as whom, and who is not."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.engine.access.test_machines import INCIDENT
from tests.engine.usage.test_metering import counters
from tests.gateway import running
from tests.gateway.conftest import Company
from tests.gateway.deployed import ALICE, SAMIRA, URL
from tests.gateway.person import client

SONNET, HAIKU, OPUS = "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"
SETTINGS = {"permissions", "availableModels", "model", "enforceAvailableModels", "managedSourcesBehavior"}


def sessions(company: Company) -> list[tuple[str, str]]:
    """Role and session name of each invocation, by Bedrock's own log."""
    events = company.world.aws("logs").filter_log_events(logGroupName="/claude-code/invocations")["events"]
    arns = [json.loads(event["message"])["identity"]["arn"] for event in events]
    return [(arn.split("/")[1], arn.split("/")[2]) for arn in arns]


def test_a_person_of_each_cohort_is_answered_under_their_own_name_and_counted_once(company: Company) -> None:
    with company.gateway(company.files().gateway) as gateway:
        alice, samira = company.person(ALICE), company.person(SAMIRA)
        for person, model in ((alice, SONNET), (samira, HAIKU)):
            assert person.signs_in().status_code == 200
            assert person.asks(model).status_code == 200
        # Streamed, as Claude Code asks.
        assert "message_stop" in alice.asks(HAIKU, stream=True).text
        # Only what the cohort has: of the vendor's own models none.
        assert (samira.asks(SONNET).status_code, alice.asks("claude-opus-4-8").status_code) == (400, 400)
        assert {row["id"] for row in samira.gets("/v1/models").json()["data"]} == {HAIKU}
        served = alice.gets("/managed/settings").json()["settings"]
        assert set(served) >= SETTINGS
        assert served["availableModels"] == [SONNET, HAIKU, OPUS]
        assert {event["evt"] for event in gateway.events} >= {"session.mint", "inference", "managed.serve"}
    assert sessions(company) == [
        ("claude-code-pilot", ALICE),
        ("claude-code-second", SAMIRA),
        ("claude-code-pilot", ALICE),
    ]
    found = counters(company.world)
    assert found[f"user-day#{ALICE}"]["requests"] == 2
    assert found[f"user-day#{SAMIRA}"]["requests"] == 1
    assert found["month"]["requests"] == 3


def test_nobody_else_signs_in_and_who_leaves_is_refused_at_the_next_refresh(company: Company) -> None:
    world = company.world
    with company.gateway(company.files().gateway):
        stranger = company.person("owen.murphy@acme.example")
        # Okta lets them into no app of theirs, so nothing ever comes back to the device.
        assert stranger.signs_in().json() == {"error": "authorization_pending"}
        alice = company.person(ALICE)
        alice.signs_in()
        assert alice.refreshes().status_code == 200
        group = world.group_id("aws_123456789012_claude-code-pilot")
        world.okta(f"/api/v1/groups/{group}/users/{world.user_id(ALICE)}", "DELETE")
        assert alice.refreshes().status_code == 401


def test_of_two_profiles_of_one_model_each_is_served_by_a_name_with_its_label(company: Company) -> None:
    text = company.files().gateway.replace(SONNET, f"{SONNET}-eu")
    with company.gateway(text):
        alice = company.person(ALICE)
        alice.signs_in()
        assert alice.asks(f"{SONNET}-eu").status_code == 200
        assert f"{SONNET}-eu" in alice.gets("/managed/settings").json()["settings"]["availableModels"]
        assert alice.asks(SONNET).status_code == 400


def test_a_file_with_a_wrong_key_is_refused(company: Company) -> None:
    text = company.files().gateway

    def changed(change: Any) -> str:
        document = yaml.safe_load(running.on_loopback(text, 1))
        change(document)
        return running.refused(company.claude, company.folder, yaml.safe_dump(document), company.environment)

    def of_policy(document: dict[str, Any]) -> dict[str, Any]:
        return document["managed"]["policies"][0]["cli"]

    assert "permisions: unknown settings key" in changed(lambda d: of_policy(d).update(permisions={}))
    assert "disableBypassPermissionsMode" in changed(
        lambda d: of_policy(d)["permissions"].update(disableBypassPermissionsMode=True)
    )
    assert "session_nam" in changed(lambda d: d["upstreams"][0]["assume_role"].update(session_nam="email"))


def test_the_limits_are_taken_and_refuse_the_next_request(company: Company) -> None:
    files = company.files()
    with company.gateway(files.gateway), client(company.internet) as admin:
        url, key = f"{URL}/v1/organizations/spend_limits", {"x-api-key": running.ADMIN_KEY}
        for _ in range(2):  # twice is as once
            for body in files.limits:
                assert admin.post(url, json=body, headers=key).status_code == 200
        rows = admin.get(url, headers=key).json()["data"]
        assert [row["amount"] for row in rows if row["scope"] == {"type": "organization"}] == ["4000", None]
        alice = company.person(ALICE)
        alice.signs_in()
        # By the prices of the stack file: 4,000,000 tokens of Sonnet's output are 40 USD.
        assert alice.asks(SONNET, "[tokens input=0 output=4000000 cache_read=0 cache_write=0]").status_code == 200
        refused = alice.asks(SONNET)
        assert (refused.status_code, refused.json()["error"]["type"]) == (429, "billing_error")
        assert "engineering-alerts" in refused.text


def test_a_session_is_spelled_as_okta_spells_the_address_and_the_meter_and_denies_know_it(company: Company) -> None:
    world, spelled = company.world, "Alice.Chen@acme.example"
    world.okta(f"/api/v1/users/{world.user_id(ALICE)}", "POST", {"profile": {"email": spelled}})
    world.up()
    with company.gateway(company.files().gateway):
        alice = company.person(ALICE)
        alice.signs_in()
        assert alice.asks(HAIKU).status_code == 200
        assert sessions(company) == [("claude-code-pilot", spelled)]
        assert set(counters(world)) == {f"user-day#{spelled}", f"user-month#{spelled}", "team-day#backend", "month"}
        with world.stack_file() as config:
            pilot = config["claude-code-rollout:cohorts"]["pilot"]
            pilot["members"] = {ALICE: {"level": "suspended", "incident": INCIDENT}}
        world.up()
        assert alice.asks(HAIKU).status_code in {403, 502}
