"""The pack as a whole: what is in it, what complies with it, and that its tables are those of AWS and of the plug-ins."""

from __future__ import annotations

import copy
import importlib
import inspect
from typing import Any

import botocore.session
import pytest

from policies.catalogue import page
from policies.engine.rules import Breach, StackRule
from policies.rules import RULES
from policies.rules.iam.iam_changes import QUOTA_ACTIONS
from policies.rules.stack.cost_tags import TAGGABLE
from policies.rules.stack.known_types import KNOWN
from policies.rules.stack.names_fit import LIMITS
from rollout.people.composition import ADVICE
from rollout.usage.meter_input import STOP_FOR_A_DAY
from tests import recording, stacks
from tests.config import generated
from tests.policies import judged
from tests.policies.test_rules import compliant
from tests.registrations import Recorded

INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}
LEVELS = ("restricted", "throttled", "suspended", "rolled_back", "resumed")
# Name, severity, mandatory: a change of any of these is seen in a review.
CONTENT = """
no-bare-wildcard critical mandatory
named-actions high mandatory
named-resources high mandatory
iam-changes critical mandatory
functions-keep-to-their-work critical mandatory
logs-cannot-be-deleted high mandatory
own-policies-only high mandatory
no-lasting-keys critical mandatory
trust-is-named critical mandatory
session-at-most-one-hour high mandatory
cohort-role-has-a-boundary high mandatory
no-public-ingress critical mandatory
no-secret-in-clear critical mandatory
encrypted-at-rest high mandatory
log-groups-protected high mandatory
kept-is-protected high mandatory
rollback-is-not-blocked high mandatory
alarms-reach-somebody medium mandatory
subscriptions-are-named high mandatory
cost-tags medium mandatory
names-fit medium mandatory
iam-documents-fit medium mandatory
known-types high mandatory
workflow-trust-is-exact critical mandatory
workflow-rights-are-ours critical mandatory
preview-only-reads critical mandatory
state-key-rotates medium mandatory
gateway-takes-cohorts-roles-only critical mandatory
gateway-is-closed critical mandatory
trusts-our-federation critical mandatory
machines-are-told-apart critical mandatory
stays-in-its-account critical mandatory
cohorts-are-whole critical mandatory
suspended-is-denied critical mandatory
older-sessions-are-cut critical mandatory
ended-is-denied critical mandatory
throttled-to-one-model high mandatory
prompts-are-not-logged critical mandatory
logs-are-kept high mandatory
logs-have-deletion-protection high mandatory
each-cohort-has-its-log high mandatory
each-cohort-has-alarms medium mandatory
groups-are-tracked high mandatory
role-policies-fit medium mandatory
state-bucket-is-guarded critical mandatory
teams-are-covered low advisory
teams-are-balanced low advisory
two-champions-per-team low advisory
seniority-is-mixed low advisory
juniors-are-there low advisory
one-cohort-each low advisory
people-are-known low advisory
not-known-yet low advisory
not-known-yet-of-the-stack low advisory
exception-used low advisory
exception-used-of-the-stack low advisory
"""


OWN = "claude-code-rollout:"


def run(content: dict[str, Any]) -> Recorded:
    return recording.run(stacks.as_engine(content))


def at(stack: str, level: str) -> dict[str, Any]:
    """A committed stack file whose first cohort is at a level."""
    content = copy.deepcopy(stacks.content(stack))
    cohort = next(iter(content["claude-code-rollout:cohorts"].values()))
    cohort.update(level="active" if level == "resumed" else level, incident=INCIDENT)
    return {**content, "claude-code-rollout:service_levels": "warn"}


def test_the_pack_holds_what_was_agreed_on() -> None:
    found = [f"{r.name} {r.severity.value} {'mandatory' if r.mandatory else 'advisory'}" for r in RULES]
    assert found == CONTENT.strip().splitlines()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_is_for_and_what_to_do(rule: Any) -> None:
    assert rule.description.endswith(".")
    assert rule.remediation
    assert rule.url.startswith("https://")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stack", "advice"),
    [
        ("sandbox", set[str]()),
        (
            "dev",
            {"teams-are-covered", "seniority-is-mixed", "juniors-are-there"},
        ),  # three people of one team try things
        ("prod", set[str]()),
    ],
)
def test_the_committed_stack_files_comply(stack: str, advice: set[str]) -> None:
    found = judged.of_run(recording.run(stacks.committed(stack), stack))
    assert {name for name, finding, _ in found if isinstance(finding, Breach)} == advice


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("stack", stacks.COMMITTED)
def test_every_level_complies(stack: str, level: str) -> None:
    if (stack, level) == ("dev", "throttled"):
        assert "haiku" in at(stack, level)["claude-code-rollout:cohorts"]["trial"]["models"]
    assert judged.mandatory(run(at(stack, level))) == set()


@pytest.mark.parametrize("seed", range(12))
def test_no_right_stack_file_is_refused(seed: int) -> None:
    found = recording.run(stacks.config(generated.document(seed)))
    assert judged.mandatory(found) == set(), judged.lines(found)


def test_planned_cohorts_comply_once_they_are_opened() -> None:
    content = copy.deepcopy(stacks.content("prod"))
    for cohort in content["claude-code-rollout:cohorts"].values():
        cohort.update(level="active", opened="2026-09-07T00:00:00Z")
        if "opens_after" in cohort:
            cohort["gate_override"] = {"by": "priya.raman@acme.example", "reason": "a test"}
    found = run(content)
    assert judged.mandatory(found) == set()
    assert "two-champions-per-team: fewer than 2 champions in a team: backend 1" in "\n".join(judged.lines(found))


def test_other_ways_to_write_a_stack_file_comply() -> None:
    adopted = {
        "saml_provider_arn": "arn:aws:iam::123456789012:saml-provider/okta",
        "umbrella_group_id": "00gabcdefghijklmnopq",
        "invocation_log_group": "/bedrock/all",
        "announcer": True,
        "meter": True,
    }
    for change in (
        {"federation": "oidc"},
        {"logs": {"prompt_text": True}},
        {"adopt": adopted},
        {"cohorts": {}},
        {"budgets": {"anomaly_usd": 50}},
    ):
        assert judged.mandatory(recording.run(stacks.config({**stacks.small(), **change}))) == set(), change


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("stack", stacks.COMMITTED)
def test_every_level_complies_where_people_sign_in_by_identity_center(stack: str, level: str) -> None:
    content = at(stack, level)
    document = {key.removeprefix(OWN): value for key, value in content.items() if key.startswith(OWN)}
    others = {key: value for key, value in content.items() if not key.startswith(OWN)}
    chosen = {f"{OWN}{key}": value for key, value in stacks.by_identity_center(document).items()}
    assert judged.mandatory(run({**others, **chosen})) == set()


@pytest.mark.slow
def test_what_can_be_tagged_is_what_the_plug_in_lets_us_tag() -> None:
    """Of all types in use, but the SAML provider: decision 7."""
    used = {r.type for stack in stacks.COMMITTED for r in recording.run(stacks.committed(stack), stack).order}
    takes_tags = {kind for kind in used if kind.startswith("aws:") and _takes_tags(kind)}
    assert takes_tags - {"aws:iam/samlProvider:SamlProvider"} <= TAGGABLE
    assert all(_takes_tags(kind) for kind in TAGGABLE)


@pytest.mark.slow
def test_the_known_types_are_those_in_use() -> None:
    """None more but those that can be tagged or that another federation has: a type in use nowhere is one to wonder at."""
    used = {r.type for stack in stacks.COMMITTED for r in recording.run(stacks.committed(stack), stack).order}
    oidc = recording.run(stacks.config({**stacks.small(), "federation": "oidc", "logs": {"prompt_text": True}}))
    money = {"billing_export": {}, "budgets": {"anomaly_usd": 50}}
    billed = recording.run(stacks.config({**stacks.small(), **money}))
    center = recording.run(stacks.config(stacks.by_identity_center(stacks.small())))
    used |= {r.type for r in (*oidc.order, *billed.order, *center.order)} | {r.type for r in compliant("member")[0]}
    assert {kind for kind in used if kind.startswith("aws:")} <= KNOWN
    assert used | TAGGABLE >= KNOWN


def _takes_tags(kind: str) -> bool:
    _, module, name = kind.split(":")[0], kind.split(":")[1].split("/")[0], kind.split(":")[2]
    resource = getattr(importlib.import_module(f"pulumi_aws.{'lambda_' if module == 'lambda' else module}"), name)
    return "tags" in inspect.signature(resource._internal_init).parameters


@pytest.mark.parametrize(
    ("kind", "key", "service", "operation", "member"),
    [
        (
            "aws:bedrock/inferenceProfile:InferenceProfile",
            "name",
            "bedrock",
            "CreateInferenceProfile",
            "inferenceProfileName",
        ),
        (
            "aws:bedrock/inferenceProfile:InferenceProfile",
            "description",
            "bedrock",
            "CreateInferenceProfile",
            "description",
        ),
        ("aws:cloudwatch/eventRule:EventRule", "name", "events", "PutRule", "Name"),
        ("aws:cloudwatch/eventRule:EventRule", "description", "events", "PutRule", "Description"),
        ("aws:cloudwatch/logGroup:LogGroup", "name", "logs", "CreateLogGroup", "logGroupName"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "name", "cloudwatch", "PutMetricAlarm", "AlarmName"),
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "alarmDescription",
            "cloudwatch",
            "PutMetricAlarm",
            "AlarmDescription",
        ),
        ("aws:cloudwatch/queryDefinition:QueryDefinition", "name", "logs", "PutQueryDefinition", "name"),
        ("aws:cloudwatch/queryDefinition:QueryDefinition", "queryString", "logs", "PutQueryDefinition", "queryString"),
        ("aws:iam/policy:Policy", "name", "iam", "CreatePolicy", "PolicyName"),
        ("aws:iam/policy:Policy", "description", "iam", "CreatePolicy", "Description"),
        ("aws:iam/role:Role", "name", "iam", "CreateRole", "RoleName"),
        ("aws:iam/role:Role", "description", "iam", "CreateRole", "Description"),
        ("aws:iam/rolePolicy:RolePolicy", "name", "iam", "PutRolePolicy", "PolicyName"),
        ("aws:lambda/function:Function", "description", "lambda", "CreateFunction", "Description"),
        ("aws:scheduler/scheduleGroup:ScheduleGroup", "name", "scheduler", "CreateScheduleGroup", "Name"),
        ("aws:secretsmanager/secret:Secret", "name", "secretsmanager", "CreateSecret", "Name"),
        ("aws:secretsmanager/secret:Secret", "description", "secretsmanager", "CreateSecret", "Description"),
        ("aws:budgets/budget:Budget", "name", "budgets", "CreateBudget", "Budget.BudgetName"),
        ("aws:ssm/parameter:Parameter", "name", "ssm", "PutParameter", "Name"),
        ("aws:ssm/parameter:Parameter", "description", "ssm", "PutParameter", "Description"),
    ],
)
def test_limits_are_those_of_the_service_models(kind: str, key: str, service: str, operation: str, member: str) -> None:
    shape: Any = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    for part in member.split("."):
        shape = shape.members[part]
    assert shape.metadata["max"] == LIMITS[kind][key]


def test_what_is_said_twice_on_purpose_agrees() -> None:
    """The rule on the meter's rights repeats them, so that a right more is a breach; the advice has the rules' names."""
    assert set(STOP_FOR_A_DAY) == QUOTA_ACTIONS
    assert set(ADVICE) == {rule.name for rule in RULES if isinstance(rule, StackRule) and not rule.mandatory} - {
        "not-known-yet-of-the-stack",
        "exception-used-of-the-stack",
    }


def test_the_catalogue_is_written_from_the_rules() -> None:
    committed = (stacks.PROJECT / "docs" / "policies.md").read_text(encoding="utf-8")
    assert committed == page(), "run `make policies-page` and commit the page"
