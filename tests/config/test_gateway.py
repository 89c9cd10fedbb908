"""A gateway in the stack file: what it may say, and whom cohorts of people then trust."""

from __future__ import annotations

from typing import Any

import pytest

from rollout import names
from rollout.access.federation import trust_policy
from rollout.access.gateway_trust import CAPITALS, left_out, statements
from rollout.account import Account
from rollout.gateway import claude_apps
from rollout.gateway.service import health_path
from rollout.iam_limits import TRUST_CHARACTERS, characters
from rollout.people.directory import Person, session_name
from tests.config.stack_files import changed, loaded, mistakes
from tests.policies.test_rules import SERVICE

ACCOUNT = Account("123456789012", "us-east-1")
ROLE = "arn:aws:iam::123456789012:role/claude-gateway"
GATEWAY: dict[str, Any] = {"kind": "claude_apps", "url": "https://claude.acme.example", "role_arn": ROLE}


def statement(document: dict[str, Any], cohort: str = "pilot") -> Any:
    (found,) = trust_policy(loaded(document), ACCOUNT, cohort)["Statement"]
    return found


def test_no_gateway_can_be_said_in_a_word() -> None:
    assert loaded(changed("none", "gateway")).gateway is None


def test_a_cohort_trusts_the_gateway_alone_under_the_names_of_its_members() -> None:
    found = statement(changed(GATEWAY, "gateway"))
    assert found["Principal"] == {"AWS": ROLE}
    assert found["Action"] == "sts:AssumeRole"
    members = sorted(loaded(changed(GATEWAY, "gateway")).cohorts["pilot"].members)
    assert found["Condition"] == {"StringEquals": {"sts:RoleSessionName": members}}


def test_a_cohort_too_large_for_its_members_names_is_held_to_their_domains() -> None:
    document = changed(GATEWAY, "gateway")
    members = document["cohorts"]["pilot"]["members"]
    one = next(iter(members.values()))
    for number in range(100):
        members[f"somebody.{number:03d}@partner.example"] = {**one, "name": f"Somebody {number}"}
    found = statement(document)
    assert found["Condition"]["StringLike"] == {"sts:RoleSessionName": ["*@acme.example", "*@partner.example"]}
    assert found["Condition"]["StringNotLike"] == {"sts:RoleSessionName": CAPITALS}
    assert characters({"Version": "2012-10-17", "Statement": [found]}) <= TRUST_CHARACTERS


def test_whoever_okta_spells_with_capitals_has_a_place_of_their_own_until_there_is_none_left_and_is_told() -> None:
    people = [f"Somebody.{number:03d}@acme.example" for number in range(100)]
    made = statements(ROLE, people)
    assert len(made) == 2
    listed = made[1]["Condition"]["StringEquals"]["sts:RoleSessionName"]
    assert left_out(ROLE, people) == tuple(people[len(listed) :])
    assert 10 < len(listed) < 100
    assert left_out(ROLE, people[:10]) == ()


def test_a_cohort_without_members_lets_nobody_in() -> None:
    [made] = statements(ROLE, [])
    assert made["Condition"] == {"StringEquals": {"sts:RoleSessionName": ["-"]}}
    assert not names.SESSION.fullmatch("-")


def test_sessions_by_a_gateway_bear_the_address_whatever_the_login_is() -> None:
    person = Person(id="00u1", email="alice.chen@acme.example", login="achen", status="ACTIVE")
    assert session_name(loaded(changed(GATEWAY, "gateway")), person) == "alice.chen@acme.example"


def test_a_gateway_takes_no_role_of_a_permission_set() -> None:
    document = changed(GATEWAY, "gateway")
    document["federation"] = "identity_center"
    assert any(line.startswith("federation: identity_center beside a gateway") for line in mistakes(document))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "bifrost"}, "gateway.kind"),
        ({"url": "http://claude.acme.example"}, "https, no path"),
        ({"url": "https://claude.acme.example/v1"}, "https, no path"),
        ({"role_arn": "arn:aws:iam::123456789012:role/*"}, "without a wildcard"),
        ({"role_arn": "arn:aws:iam::123456789012:role/claude-code-pilot"}, "would be everybody"),
        ({"role_arn": "arn:aws:iam::123456789012:role/rollout-on-call"}, "would be everybody"),
        ({"role_arn": "arn:aws:iam::123456789012:role/aws-reserved/sso/AWSReservedSSO_Dev_0a"}, "permission set"),
        ({"role_arn": "arn:aws:iam::123456789012:role/rollout-gateway-start"}, "would be everybody"),
        ({"url": "https://claude.acme.example:0"}, "https, no path"),
        ({"url": "https://claude.acme.example:65536"}, "https, no path"),
        ({"url": "https://claude.acme.example:99999"}, "https, no path"),
        ({"url": "https://claude.acme.example:0443"}, "https, no path"),
        ({"url": "https://\u212alaude.acme.example"}, "https, no path"),
        ({"role": ROLE}, "gateway.role"),
    ],
)
def test_what_is_no_gateway_is_told(change: dict[str, Any], said: str) -> None:
    (line,) = mistakes(changed({**GATEWAY, **change}, "gateway"))
    assert line.startswith("gateway")
    assert said in line


@pytest.mark.parametrize("port", ["1", "443", "8443", "10000", "65535"])
def test_a_gateway_may_listen_at_any_port_that_there_is(port: str) -> None:
    assert loaded(changed({**GATEWAY, "url": f"https://claude.acme.example:{port}"}, "gateway")).gateway


@pytest.mark.parametrize("name", ["rollout-gateway", "rollout-gateway-europe"])
def test_a_gateway_that_another_stack_of_the_account_runs_may_be_named(name: str) -> None:
    found = loaded(changed({**GATEWAY, "role_arn": f"arn:aws:iam::123456789012:role/{name}"}, "gateway")).gateway
    assert found
    assert found.role_arn


@pytest.mark.parametrize("role", [ROLE, "arn:aws:iam::123456789012:role/x/Claude-Gateway"])
def test_the_gateways_role_is_no_machines(role: str) -> None:
    document = changed(GATEWAY, "gateway")
    machine = {"role": role, "team": "platform", "owner": "alice.chen@acme.example"}
    document["cohorts"]["ci"] = {"level": "active", "models": ["haiku"], "machines": {"build-bot": machine}}
    [line] = mistakes(document)
    assert line.startswith("gateway.role_arn: the role of cohorts.ci.machines.build-bot too")
    machine["role"] = "arn:aws:iam::999999999999:role/claude-gateway"
    assert loaded(document).gateway


def test_a_cohort_of_too_many_domains_for_its_roles_trust_is_told() -> None:
    document = changed(GATEWAY, "gateway")
    members = document["cohorts"]["pilot"]["members"]
    one = next(iter(members.values()))
    for number in range(60):
        members[f"p{number}@d{number}.some-long-partner-domain{number}.example"] = {**one, "name": f"P {number}"}
    found = [line for line in mistakes(document) if line.startswith("cohorts.pilot.members: ")]
    assert len(found) == 1
    assert "of 61 domains make a trust policy of" in found[0]
    assert f"IAM takes {TRUST_CHARACTERS:,}: divide the cohort" in found[0]


def with_service(**changes: Any) -> dict[str, Any]:
    service = {**SERVICE, **changes}
    given = {key: value for key, value in service.items() if value is not None}
    return changed({"kind": "litellm", "url": "https://claude.acme.example", "service": given}, "gateway")


def test_what_this_program_runs_has_a_role_of_its_own_that_cohorts_trust() -> None:
    assert statement(with_service())["Principal"] == {"AWS": ACCOUNT.iam("role/rollout-gateway")}
    larger = loaded(with_service(cpu=1024, memory=4096)).gateway
    assert larger
    assert larger.service
    assert (larger.service.cpu, larger.service.memory) == (1024, 4096)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image": "acme/gateway:latest"}, "an image by its digest"),
        ({"image": "acme/gateway@sha256:abc"}, "an image by its digest"),
        ({"subnet_ids": ["subnet-0123456789abcdef0"]}, "gateway.service.subnet_ids"),
        ({"from_security_group_ids": ["10.0.0.0/8"]}, "the id of a security group"),
        ({"from_security_group_ids": []}, "gateway.service.from_security_group_ids"),
        ({"certificate_arn": "arn:aws:iam::123456789012:server-certificate/x"}, "the ARN of a certificate"),
        ({"secrets": {"DATABASE_URL": "postgres://a:b@c/d"}}, "the ARN of a secret"),
        ({"secrets": {"database-url": SERVICE["secrets"]["DATABASE_URL"]}}, "a variable's name"),
        ({"memory": 8192}, "with cpu 512 Fargate takes 1024 to 4096 MiB"),
        ({"cpu": 300}, "gateway.service.cpu"),
        ({"desired_count": 0}, "gateway.service.desired_count"),
        ({"public": True}, "gateway.service.public"),
        ({"health_path": "/healthz"}, "/health/liveliness and /ready alone; leave it out"),
    ],
)
def test_what_is_no_service_is_told_and_no_secret_shown(changes: dict[str, Any], said: str) -> None:
    found = mistakes(with_service(**changes))
    assert found
    assert said in found[0]


def test_a_role_beside_a_service_is_told_and_so_is_neither() -> None:
    both = with_service()
    both["gateway"]["role_arn"] = ROLE
    assert "beside service" in mistakes(both)[0]
    [line] = mistakes(changed({"kind": "litellm", "url": "https://claude.acme.example"}, "gateway"))
    assert line.startswith("gateway.role_arn: missing")


def test_each_kind_is_asked_for_its_health_where_it_answers_and_listens_where_it_is_asked() -> None:
    document = with_service(port=9000)
    document["cohorts"]["pilot"]["level"] = "planned"
    litellm = loaded(document).gateway
    assert litellm
    assert litellm.service
    assert health_path(litellm.kind, litellm.service) == "/health/liveliness"
    document["gateway"]["kind"] = "claude_apps"
    apps = loaded(document)
    assert apps.gateway
    assert apps.gateway.service
    assert health_path(apps.gateway.kind, apps.gateway.service) == "/healthz"
    assert claude_apps.document(apps, ACCOUNT, {})["listen"]["port"] == 9000
    document["gateway"] = GATEWAY
    assert claude_apps.document(loaded(document), ACCOUNT, {})["listen"]["port"] == 8080


def test_no_letter_of_another_alphabet_becomes_one_of_an_address() -> None:
    document = changed(GATEWAY, "gateway")
    members = document["cohorts"]["pilot"]["members"]
    members["\u212aelly@acme.example"] = next(iter(members.values()))
    assert any("not an e-mail address of at most 64 characters" in line for line in mistakes(document))
