"""What two stacks of one account, or of one Okta organization, would both make: each kind of clash, in words."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from rollout.stack_file.beside import ASKED, Clash, Place, block, clashes
from rollout.stack_file.load import load
from tests import stacks
from tests.config.stack_files import NOW

ONE, OTHER, EXAMPLES = "210987654321", "345678901234", "123456789012"
BOB = {"bob.ray@acme.example": {"name": "Bob Ray", "team": "backend"}}
ADOPTED = {
    "saml_provider_arn": f"arn:aws:iam::{ONE}:saml-provider/claude-code-okta",
    "okta_app_id": "0oa" + "a" * 17,
    "okta_sign_in_app_id": "0oa" + "b" * 17,
    "umbrella_group_id": "00g" + "c" * 17,
    "invocation_log_group": "/claude-code/invocations",
    "announcer": True,
    "meter": True,
}


def place(stack: str, *accounts: str, region: str = "us-east-1", **changes: Any) -> Place:
    config = stacks.config({**stacks.small(), **changes})
    return Place(stack=stack, rollout=load(config, stacks.COMPANY, NOW), region=region, accounts=frozenset(accounts))


def cohort(name: str = "trial", level: str = "active", **changes: Any) -> dict[str, Any]:
    return {name: {"level": level, "models": ["haiku"], "members": BOB, **changes}}


def of(*places: Place) -> list[Clash]:
    return clashes(places)


PROD = place("prod", ONE, service_levels="enforce")


def test_a_second_stack_that_adopts_all_of_it_clashes_with_nothing() -> None:
    assert of(place("dev", ONE, cohorts=cohort(), adopt=ADOPTED), PROD) == []


def test_a_second_stack_is_told_all_that_it_has_to_adopt_as_it_is_typed() -> None:
    [clash] = of(place("dev", ONE, cohorts=cohort()), PROD)
    assert (clash.second, clash.first, clash.is_mistake) == ("dev", "prod", True)
    assert set(clash.adopt) == set(ADOPTED)
    text = clash.text.partition(" writes it: ")[2]
    said = yaml.safe_load(text)["claude-code-rollout:adopt"]
    assert {key: value for key, value in said.items() if value != ASKED} == {
        key: value for key, value in ADOPTED.items() if "_id" not in key
    }
    assert "`rollout init --beside prod --stack dev`" in clash.text


@pytest.mark.parametrize("key", ADOPTED)
def test_each_key_that_is_missing_is_named_alone(key: str) -> None:
    adopt = {known: value for known, value in ADOPTED.items() if known != key}
    [clash] = of(place("dev", ONE, cohorts=cohort(), adopt=adopt), PROD)
    assert list(clash.adopt) == [key]
    assert clash.is_mistake
    assert clash.text.startswith(f"adopt: missing {key}, which stack prod of the same account makes; ")


def test_cohorts_of_one_name_in_one_account_are_a_mistake() -> None:
    [clash] = of(place("dev", ONE, cohorts=cohort("pilot"), adopt=ADOPTED), PROD)
    assert clash.is_mistake
    assert clash.text == (
        "cohorts.pilot: stack prod of the same account has a cohort of this name, and with it the role "
        "claude-code-pilot; take another name"
    )
    [planned] = of(place("dev", ONE, cohorts=cohort("pilot", "planned"), adopt=ADOPTED), PROD)
    assert not planned.is_mistake, "it makes nothing yet"
    retired = place("dev", ONE, cohorts=cohort(), logs={"retired": ["pilot"]}, adopt=ADOPTED)
    assert [clash.is_mistake for clash in of(retired, PROD)] == [True], "its logs have that name"


def test_an_adoption_that_names_another_thing_than_the_first_stack_has_is_a_mistake() -> None:
    adopt = {**ADOPTED, "invocation_log_group": "/bedrock/all"}
    [clash] = of(place("dev", ONE, cohorts=cohort(), adopt=adopt), PROD)
    assert clash.text == (
        "adopt.invocation_log_group: /bedrock/all, and stack prod of the same account has /claude-code/invocations; "
        "name that one"
    )


def test_two_regions_of_one_account_are_refused_since_roles_are_the_accounts() -> None:
    [clash] = of(place("dev", ONE, region="us-west-2", cohorts=cohort(), adopt=ADOPTED), PROD)
    assert clash.is_mistake
    assert clash.text.startswith("aws:region: us-west-2, and stack prod is in us-east-1 of the same account")


GATEWAY = {
    "kind": "claude_apps",
    "url": "https://claude.acme.example",
    "role_arn": f"arn:aws:iam::{ONE}:role/gateway-task",
}


def test_two_gateways_of_one_account_are_a_mistake_since_oktas_app_is_one() -> None:
    one, other = (
        place("prod", ONE, gateway=GATEWAY),
        place("dev", ONE, cohorts=cohort(), adopt=ADOPTED, gateway=GATEWAY),
    )
    [clash] = of(other, one)
    assert clash.is_mistake
    assert clash.text.startswith("gateway: stack prod of the same account has one too")
    assert f"claude-code-gateway-{ONE} is one per account" in clash.text
    elsewhere: dict[str, Any] = {"umbrella_group_id": ADOPTED["umbrella_group_id"]}
    assert of(place("dev", OTHER, cohorts=cohort(), adopt=elsewhere, gateway=GATEWAY), one) == []


def test_whose_people_go_round_the_gateway_of_another_stack_is_said_as_advice() -> None:
    behind = place("prod", ONE, gateway=GATEWAY)
    [clash] = of(place("dev", ONE, cohorts=cohort(), adopt=ADOPTED), behind)
    assert not clash.is_mistake
    assert clash.text.startswith("gateway: missing; people of stack prod of the same account reach Bedrock by https://")
    [clash] = of(place("dev", ONE, cohorts=cohort(), adopt=ADOPTED, gateway=GATEWAY), place("prod", ONE))
    assert not clash.is_mistake
    assert clash.text.startswith("gateway: people of stack prod of the same account, which has none, go round https://")
    role = {"role": f"arn:aws:iam::{ONE}:role/build", "team": "backend", "owner": next(iter(BOB))}
    machines = {"ci": {"level": "active", "models": ["haiku"], "machines": {"dep-bot": role}}}
    assert of(place("dev", ONE, cohorts=machines, adopt=ADOPTED), behind) == [], "machines have roles of their own"


def test_an_umbrella_group_that_its_own_stack_does_not_assign_to_identity_center_is_said() -> None:
    ours = stacks.by_identity_center({"cohorts": cohort(), "adopt": {"umbrella_group_id": "00g" + "c" * 17}})
    [clash] = of(place("dev", OTHER, **ours), PROD)
    assert not clash.is_mistake
    assert clash.text.startswith("identity_center.okta_app_id: stack prod has the umbrella group and does not assign")
    alike = {key: value for key, value in ours.items() if key in {"federation", "identity_center"}}
    assert of(place("dev", OTHER, **ours), place("prod", ONE, **alike)) == []


def test_two_stacks_under_oidc_need_an_account_each() -> None:
    oidc = {"federation": "oidc"}
    adopt = {key: value for key, value in ADOPTED.items() if key in {"umbrella_group_id", "announcer", "meter"}}
    adopt |= {"invocation_log_group": "/claude-code/invocations"}
    [clash] = of(place("dev", ONE, cohorts=cohort(), adopt=adopt, **oidc), place("prod", ONE, **oidc))
    assert clash.is_mistake
    assert clash.text.startswith("federation: oidc, as stack prod of the same account")


def test_of_two_accounts_and_one_okta_the_umbrella_group_alone_is_one() -> None:
    [clash] = of(place("dev", OTHER, cohorts=cohort()), PROD)
    assert clash.is_mistake
    assert list(clash.adopt) == ["umbrella_group_id"]
    adopts: dict[str, Any] = {"adopt": {"umbrella_group_id": ADOPTED["umbrella_group_id"]}}
    assert of(place("dev", OTHER, cohorts=cohort(), **adopts), PROD) == []
    group: dict[str, Any] = {"okta": {"domain": "acme.okta.com", "umbrella_group": "Trials"}}
    assert of(place("dev", OTHER, cohorts=cohort(), **group), PROD) == []
    domain: dict[str, Any] = {"okta": {"domain": "other.okta.com", "umbrella_group": "Claude-Code-Users"}}
    assert of(place("dev", OTHER, cohorts=cohort(), **domain), PROD) == []


def test_whoever_is_in_both_by_one_umbrella_group_is_named_as_advice() -> None:
    both = place("dev", ONE, cohorts={"trial": {**stacks.small()["cohorts"]["pilot"]}}, adopt=ADOPTED)
    [clash] = of(both, PROD)
    assert not clash.is_mistake
    assert clash.text.startswith("alice.chen@acme.example, grace.liu@acme.example: in stack prod too")


def test_where_a_file_does_not_say_its_account_it_is_advice() -> None:
    for one, other in ((place("dev", cohorts=cohort()), PROD), (place("dev", ONE, cohorts=cohort()), place("prod"))):
        [clash] = of(one, other)
        assert not clash.is_mistake
        assert clash.text.startswith("aws:allowedAccountIds: not said here or in stack ")


def test_the_sandbox_shares_nothing_with_a_real_account() -> None:
    """Nor its Okta, though that has the same domain."""
    sandbox = place("sandbox", EXAMPLES)
    assert of(sandbox, PROD, place("dev", OTHER, cohorts=cohort(), adopt={"umbrella_group_id": "00g" + "c" * 17})) == []
    assert of(sandbox, place("dev")) == []
    assert [clash.is_mistake for clash in of(sandbox, place("other", EXAMPLES, cohorts=cohort()))] == [True]


def test_before_a_cohort_is_open_it_is_advice() -> None:
    [clash] = of(place("dev", ONE, cohorts=cohort(level="planned")), PROD)
    assert not clash.is_mistake
    assert set(clash.adopt) == set(ADOPTED)


def test_of_three_stacks_each_is_held_against_each() -> None:
    found = of(
        place("dev", ONE, cohorts=cohort(), adopt=ADOPTED),
        place("test", ONE, cohorts=cohort(), adopt=ADOPTED),
        PROD,
    )
    assert {(clash.second, clash.first) for clash in found} == {("test", "dev")}
    assert all("trial" in clash.text or "bob.ray" in clash.text for clash in found)


def test_a_block_is_yaml_of_one_line() -> None:
    assert yaml.safe_load(block(ADOPTED)) == {"claude-code-rollout:adopt": ADOPTED}
