"""What the vendor's gateway is given, by the stack file alone: who is in it, with what, and what it cannot say."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from rollout.account import Account
from rollout.gateway import claude_apps, spend_limits
from rollout.gateway.claude_apps import Deployed, GatewayError
from rollout.levels import Level
from rollout.macs.settings import managed_settings, whole_cohort
from rollout.model.rollout import Rollout
from tests.config.stack_files import INCIDENT, changed, loaded

ACCOUNT = Account("123456789012", "us-east-1")
ROLE = "arn:aws:iam::123456789012:role/claude-gateway"
GATEWAY = {"kind": "claude_apps", "url": "https://claude.acme.example", "role_arn": ROLE}
GROUP = "aws_123456789012_claude-code-pilot"
SONNET, HAIKU = "claude-sonnet-4-6", "claude-haiku-4-5-20251001"
MEMBER = {"name": "Olga Novak", "team": "platform"}


def rollout(level: str = "active", **parts: Any) -> Rollout:
    """`parts`: further keys of the stack file."""
    document = changed(GATEWAY, "gateway") | parts
    pilot = document["cohorts"]["pilot"]
    pilot |= {"level": level, **({} if level in {"active", "planned"} else {"incident": INCIDENT})}
    return loaded(document)


def arns(cohort: str, labels: tuple[str, ...]) -> dict[str, str]:
    place = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile"
    return {label: f"{place}/{cohort}{label}" for label in labels}


def document(found: Rollout) -> dict[str, Any]:
    deployed: dict[str, Deployed] = {}
    for name in claude_apps.served(found):
        profiles = arns(name, found.cohorts[name].models)
        settings = managed_settings(found, whole_cohort(found, name), profiles)
        deployed[name] = Deployed(role_arn=ACCOUNT.role_arn(name), profile_arns=profiles, settings=settings or {})
    return claude_apps.document(found, ACCOUNT, deployed)


def mapped(found: dict[str, Any]) -> dict[str, list[str]]:
    """The models of each upstream."""
    rows = [(row["id"], name) for row in found["models"] for name in row["upstream_model"]]
    return {
        upstream["name"]: [model for model, name in rows if name == upstream["name"]] for upstream in found["upstreams"]
    }


def test_a_cohort_is_an_upstream_for_its_group_with_a_session_of_each_persons_own() -> None:
    found = document(rollout())
    assert found["upstreams"] == [
        {
            "name": "pilot",
            "provider": "bedrock",
            "region": "us-east-1",
            "groups": [GROUP],
            "auth": {},
            "assume_role": {"role_arn": ACCOUNT.role_arn("pilot"), "session_name": "email"},
        }
    ]
    assert found["oidc"]["allowed_groups"] == [GROUP]
    assert mapped(found) == {"pilot": [SONNET, HAIKU]}
    assert found["auto_include_builtin_models"] is False
    assert [row["upstream_model"]["pilot"] for row in found["models"]] == list(
        arns("pilot", ("sonnet", "haiku")).values()
    )


@pytest.mark.parametrize(
    ("level", "models"),
    [("active", [SONNET, HAIKU]), ("restricted", [SONNET, HAIKU]), ("throttled", [HAIKU])],
)
def test_models_and_the_list_in_settings_are_those_of_the_level(level: str, models: list[str]) -> None:
    found = document(rollout(level))
    assert mapped(found) == {"pilot": models}
    [policy] = found["managed"]["policies"]
    assert policy["cli"]["availableModels"] == models
    assert [row["model"] for row in found["pricing"]["overrides"]] == models
    assert "arn:" not in str(policy)


@pytest.mark.parametrize("level", ["suspended", "rolled_back", "planned"])
def test_a_cohort_that_is_cut_is_nowhere_and_nobody_can_sign_in(level: str) -> None:
    found = document(rollout(level))
    assert found["oidc"]["allowed_groups"] == ["nobody"]
    assert [(row["name"], row["groups"]) for row in found["upstreams"]] == [("nobody", ["nobody"])]
    assert not {"models", "managed", "pricing"} & set(found)
    assert "pilot" not in str(found)


def test_machines_have_no_way_through_it() -> None:
    machines = {
        "nightly-review": {
            "role": "arn:aws:iam::123456789012:role/build",
            "team": "platform",
            "owner": "lead@acme.example",
        }
    }
    cohorts = {
        **changed(GATEWAY, "gateway")["cohorts"],
        "ci": {"level": "active", "models": ["haiku"], "machines": machines},
    }
    assert set(mapped(document(rollout(cohorts=cohorts)))) == {"pilot"}


def test_settings_of_a_machine_and_ways_to_aws_stay_on_the_machine() -> None:
    policy = document(rollout("throttled"))["managed"]["policies"][0]["cli"]
    assert policy["managedSourcesBehavior"] == "merge"
    assert not {"allowedProviders", "awsAuthRefresh", "awsCredentialExport", "statusLine", "modelPricing"} & set(policy)
    assert all(name.startswith("ANTHROPIC_DEFAULT_") for name in policy["env"])
    commands = [hook["command"] for rows in policy["hooks"].values() for row in rows for hook in row["hooks"]]
    assert set(commands) == {"/bin/sleep 5"}


def test_strict_rules_are_served_to_a_restricted_cohort() -> None:
    policy = document(rollout("restricted"))["managed"]["policies"][0]["cli"]
    assert policy["permissions"]["disableBypassPermissionsMode"] == "disable"
    assert policy["allowManagedPermissionRulesOnly"] is True
    assert "Bash(git push:*)" in policy["permissions"]["deny"]


def test_the_session_is_as_long_as_the_residual_access_reckons_with() -> None:
    assert document(rollout(session_minutes=45))["session"]["ttl_hours"] == 0.75


def test_no_secret_is_in_it_and_every_variable_is_told() -> None:
    found = rollout(budgets={"user_daily_stop_usd": 50})
    text = yaml.safe_dump(document(found))
    told = claude_apps.environment(found, ACCOUNT)
    assert set(told) == {
        "GATEWAY_OIDC_CLIENT_SECRET",
        "GATEWAY_JWT_SECRET",
        "GATEWAY_POSTGRES_URL",
        "GATEWAY_ADMIN_WRITE_KEY",
    }
    assert all(f"${{{name}}}" in text for name in told)
    assert "admin" not in document(rollout())


def test_a_text_that_the_gateway_would_take_for_a_variable_is_refused() -> None:
    found = rollout(claude={"deny": ["Bash(cat ${HOME}/secret)"]})
    with pytest.raises(GatewayError, match=r"managed.policies\[0\].cli.permissions.deny.*a variable's value"):
        document(found)
    ours = rollout(claude={"deny": ["Bash(echo ${GATEWAY_JWT_SECRET})"]})
    with pytest.raises(GatewayError):
        document(ours)


def test_an_address_that_becomes_another_sessions_name_is_refused() -> None:
    cohorts = changed({"name": "A", "team": "backend"}, "cohorts", "pilot", "members", "a=b@acme.example")["cohorts"]
    with pytest.raises(GatewayError, match=r"cohorts.pilot.members.a=b@acme.example"):
        document(rollout(cohorts=cohorts))


def test_who_has_a_level_of_their_own_is_named_since_a_group_cannot() -> None:
    cohorts = changed(GATEWAY, "gateway")["cohorts"]
    cohorts["pilot"]["members"]["grace.liu@acme.example"] |= {"level": "suspended", "incident": INCIDENT}
    assert claude_apps.alone(rollout(cohorts=cohorts)) == {"pilot": ["grace.liu@acme.example"]}


def limits(found: Rollout) -> dict[tuple[str, str], Any]:
    rows = spend_limits.limits(found, ACCOUNT, claude_apps.served(found))
    return {(row["scope"].get("rbac_group_id", "everybody"), row["period"]): row["amount"] for row in rows}


def test_limits_are_the_stops_of_the_budgets() -> None:
    stops = {"user_daily_stop_usd": 50, "user_monthly_stop_usd": 400.5, "monthly_stop_usd": 12000}
    found = rollout(budgets=stops)
    assert limits(found) == {
        ("everybody", "daily"): "5000",
        ("everybody", "monthly"): "40050",
        # A group's takes the place of everybody's, so it says the same.
        (GROUP, "daily"): "5000",
        ("Claude-Code-Users", "monthly"): "40050",
    }
    [pool] = [row["pooled_budget"] for row in spend_limits.limits(found, ACCOUNT, ("pilot",)) if "pooled_budget" in row]
    assert pool == {"amount": "1200000", "paused": False}


def test_where_nothing_stops_the_limits_say_so() -> None:
    assert set(limits(rollout()).values()) == {None}


def test_nobody_is_refused_sooner_than_a_raise_allows() -> None:
    raised = {"alice.chen@acme.example": {"until": "2026-12-01T00:00:00Z", "user_daily_stop_usd": 120}}
    found = rollout(budgets={"user_daily_stop_usd": 50, "raises": raised})
    assert limits(found)[("everybody", "daily")] == "12000"


def test_a_throttled_cohort_has_what_its_tokens_cost_at_most() -> None:
    # 50,000 tokens at Haiku's 5 USD per million of output.
    assert limits(rollout("throttled"))[(GROUP, "daily")] == "25"
    assert limits(rollout("throttled", budgets={"user_daily_stop_usd": 0.1}))[(GROUP, "daily")] == "10"


def test_every_level_says_what_is_served() -> None:
    for level in Level:
        found = rollout(level.value)
        assert bool(claude_apps.served(found)) is (level.effects.models != "none")


def test_of_groups_okta_tells_those_of_cohorts_and_the_one_of_all() -> None:
    okta = {"domain": "acme.okta.com", "umbrella_group": "Claude.Code (all)"}
    assert claude_apps.groups_filter(rollout(okta=okta), ACCOUNT) == (
        r"aws_123456789012_claude-code-.*|Claude\.Code \(all\)"
    )
