"""Machines in a stack file: what they may look like, how each mistake is said, and who never meets them."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from rollout import names
from rollout.access.machine_sign_in import CREDENTIALS_ACTION, machine_sign_ins
from rollout.access.update_warnings import tokens_that_outlive
from rollout.account import Account
from rollout.incidents.cut_record import CohortRecord, PersonRecord, Record, read
from rollout.incidents.cut_rules import advance
from rollout.incidents.stale_file import stale
from rollout.levels import Level
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.notices.announcer_input import access, announced
from rollout.people.directory import Person, by_email, unknown_people, wanted
from rollout.review.comment import comment
from rollout.review.deployed import changes
from rollout.review.diff import diff
from rollout.stack_file.assessment import advice_lines, judgement
from rollout.stack_file.load import load
from rollout.usage.meter_input import meter_settings
from tests import recording, stacks

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SINCE = "2026-11-23T11:00:00Z"
INCIDENT = {"id": "INC-7", "since": SINCE, "reason": "a workflow was changed"}
OWNER = "priya.raman@acme.example"
REVIEW: dict[str, Any] = {
    "github": {"repository": "acme/payments", "environment": "review"},
    "team": "platform",
    "owner": OWNER,
}
BOT: dict[str, Any] = {"role": "arn:aws:iam::999999999999:role/build", "team": "platform", "owner": OWNER}
JAMF = {"url": "https://acme.jamfcloud.com", "client_id": "6f1c2f3e-rollout", "no_mac": "warn"}
HERE = Account("123456789012", "us-east-1")


def document(level: str = "active", **machines: dict[str, Any]) -> dict[str, Any]:
    made = stacks.small()
    known = {name.replace("_", "-"): each for name, each in machines.items()} or {"nightly-review": REVIEW}
    made["cohorts"]["ci"] = {"level": level, "models": ["haiku"], "machines": copy.deepcopy(known)}
    if level not in {"active", "planned"}:
        made["cohorts"]["ci"]["incident"] = INCIDENT
    return made


def loaded(made: dict[str, Any]) -> Rollout:
    return load(stacks.config(made), stacks.COMPANY, NOW)


def mistakes(made: dict[str, Any]) -> list[str]:
    with pytest.raises(StackFileError) as caught:
        loaded(made)
    return caught.value.lines


GITHUB: dict[str, Any] = REVIEW["github"]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({**REVIEW, "github": None}, "cohorts.ci.machines.a-b: needs github, or role; one of them, and not both"),
        ({**REVIEW, **BOT}, "cohorts.ci.machines.a-b: needs github, or role; one of them, and not both"),
        (
            {**REVIEW, "github": {**GITHUB, "ref": "refs/heads/main"}},
            "cohorts.ci.machines.a-b.github: needs environment, or ref; one of them, and not both",
        ),
        ({**REVIEW, "github": {**GITHUB, "repository": "acme/*"}}, "cohorts.ci.machines.a-b.github.repository: not a"),
        ({**REVIEW, "github": {**GITHUB, "repository": "acme/.."}}, "cohorts.ci.machines.a-b.github.repository: not a"),
        ({**REVIEW, "github": {**GITHUB, "repository": "acme/."}}, "cohorts.ci.machines.a-b.github.repository: not a"),
        ({**REVIEW, "github": {**GITHUB, "environment": "re*"}}, "cohorts.ci.machines.a-b.github.environment: not the"),
        ({**REVIEW, "github": {**GITHUB, "environment": "${x}"}}, "cohorts.ci.machines.a-b.github.environment: not "),
        (
            {**REVIEW, "github": {"repository": "acme/x", "ref": "refs/heads/*"}},
            "cohorts.ci.machines.a-b.github.ref: not a branch or tag in full, such as refs/heads/main: refs/heads/*",
        ),
        (
            {**BOT, "role": "arn:aws:iam::123456789012:role/claude-code-pilot"},
            "cohorts.ci.machines.a-b.role: a role of this rollout's: arn:aws:iam::123456789012:role/claude-code-pilot",
        ),
        (
            {**BOT, "role": "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_01"},
            "cohorts.ci.machines.a-b.role: a permission set, which people take",
        ),
        ({**BOT, "role": "arn:aws:iam::123456789012:root"}, "cohorts.ci.machines.a-b.role: not the ARN of a role"),
        ({**REVIEW, "team": "nope"}, "cohorts.ci.machines.a-b.team: no such team in organization.teams: nope"),
        ({**REVIEW, "level": "suspended"}, "cohorts.ci.machines.a-b.incident: missing; suspended needs incident"),
        ({**REVIEW, "owner": "nobody"}, "cohorts.ci.machines.a-b.owner: not an e-mail address"),
    ],
)
def test_each_mistake_in_a_machine_is_said_with_its_place(said: dict[str, Any], line: str) -> None:
    assert any(found.startswith(line) for found in mistakes(document(a_b=said))), mistakes(document(a_b=said))


@pytest.mark.parametrize("name", ["nightly", "Nightly-Review", "a@b-c", "-a", "a-", "a--b", "a-" + "b" * 31])
def test_a_machines_name_has_a_hyphen_and_is_neither_a_cohorts_nor_a_persons(name: str) -> None:
    assert not names.MACHINE.fullmatch(name)
    made = document()
    made["cohorts"]["ci"]["machines"] = {name: REVIEW}
    assert any("not a machine's name" in line for line in mistakes(made))


def test_two_machines_with_one_identity_are_refused_in_whatever_cohorts_they_are() -> None:
    made = document()
    made["cohorts"]["release"] = {"level": "active", "models": ["haiku"], "machines": {"notes-writer": REVIEW}}
    [line] = mistakes(made)
    assert line == (
        "cohorts.release.machines.notes-writer: is repo:acme/payments:environment:review as "
        "cohorts.ci.machines.nightly-review is: IAM could not tell them apart; give it an identity of its own"
    )
    made["cohorts"]["release"]["machines"] = {"nightly-review": {**BOT}}
    assert "already in cohort ci; a machine is in one cohort" in mistakes(made)[0]


def test_a_cohort_has_people_or_machines() -> None:
    made = document()
    made["cohorts"]["ci"]["members"] = {"bob.kim@acme.example": {"name": "Bob Kim", "team": "backend"}}
    assert mistakes(made) == [
        "cohorts.ci.machines: beside members: a cohort has people or machines; put these into one of their own"
    ]


def test_nobody_signs_in_under_the_name_of_a_machine() -> None:
    rollout = loaded(document())
    emails = wanted(rollout)
    assert emails == ["alice.chen@acme.example", "grace.liu@acme.example"]
    people = [Person(f"00u{n:017}", email, email, "ACTIVE") for n, email in enumerate(emails)]
    assert unknown_people(rollout, by_email(people)) == []
    taken = [people[0], Person(people[1].id, people[1].email, "Nightly-Review", "ACTIVE")]
    [found] = unknown_people(rollout, by_email(taken))
    assert found.line({}).endswith(
        "signs in to acme.okta.com as nightly-review, as a machine is called; name that otherwise"
    )


def test_the_meter_knows_a_machine_by_its_name_and_tells_its_owner() -> None:
    rollout = loaded(document(nightly_review={**REVIEW, "level": "throttled", "incident": INCIDENT}, dep_bot=BOT))
    settings = meter_settings(rollout, HERE, advance(Record(), rollout, {}, NOW))
    assert {settings["tables"]["teams"][name] for name in ("nightly-review", "dep-bot")} == {"platform"}
    assert settings["limits"]["addresses"]["user"]["nightly-review"] == OWNER
    assert settings["limits"]["throttled"] == ["nightly-review"]
    assert [*settings["limits"]["quota_policies"].values()] == [("nightly-review",)]


def test_owners_hear_of_a_level_and_nobody_of_a_machines_access() -> None:
    rollout = loaded(document("suspended"))
    record = advance(Record(), rollout, {}, NOW)
    assert announced(rollout, "ci", record)["members"] == {"nightly-review": {"manager": OWNER}}
    assert access(rollout, "ci", record)["people"] == ()


def test_a_forgotten_cut_of_a_machine_is_refused_with_its_place_in_the_file() -> None:
    cut = loaded(document(nightly_review={**REVIEW, "level": "suspended", "incident": INCIDENT}))
    record = advance(Record(), cut, {}, NOW)
    assert record.cohorts["ci"].stop_shards == (("nightly-review",),)
    [found] = stale(record, loaded(document()))
    assert found.line.startswith("cohorts.ci.machines.nightly-review: the stack has it at suspended")
    back = {**REVIEW, "sessions_valid_from": "2026-11-24T12:00:01Z"}
    assert stale(record, loaded(document(nightly_review=back))) == []


def test_a_token_of_a_workflow_that_outlives_a_suspension_is_named_and_a_role_has_none() -> None:
    cut = CohortRecord(level=Level.SUSPENDED, people={"nightly-review": PersonRecord()})
    [line] = tokens_that_outlive(Record(cohorts={"ci": cut}), loaded(document()))
    assert line.startswith("cohorts.ci: an ID token that GitHub issued before the suspension buys a new session until")
    assert tokens_that_outlive(Record(cohorts={"ci": cut}), loaded(document(dep_bot=BOT))) == []


def test_a_reviewer_reads_which_machine_gains_access_and_which_loses_it() -> None:
    base, head = loaded(stacks.small()), loaded(document())
    said = comment("prod", diff(base, head))
    assert "1 gain access" in said
    assert "| 1 | `nightly-review` | no access | ci, active: haiku | gains haiku |" in said
    assert "nightly-review" in comment("prod", diff(head, base))
    record = advance(Record(), head, {}, NOW)
    assert changes(record, head).people == ()
    assert [person.email for person in changes(record, base).people] == ["nightly-review"]


def test_restricted_is_said_to_take_nothing_from_a_machine() -> None:
    said = list(advice_lines(judgement(loaded(document("restricted")), NOW.date())))
    line = "cohorts.ci.machines: restricted takes nothing from nightly-review; throttled or suspended does (docs/machines.md)"
    assert line in said
    assert not [one for one in advice_lines(judgement(loaded(document()), NOW.date())) if "restricted takes" in one]


def test_a_job_is_printed_with_the_identity_that_the_role_trusts() -> None:
    rollout = loaded(document(nightly_review=REVIEW, dep_bot=BOT))
    found = machine_sign_ins(rollout, HERE, "ci", {"haiku": "arn:profile"})
    job = found["nightly-review"].pasted
    for part in (
        *("      id-token: write", f"      - uses: {CREDENTIALS_ACTION}", '    environment: "review"'),
        "          role-to-assume: arn:aws:iam::123456789012:role/claude-code-ci",
        "          role-session-name: nightly-review",
        '          ANTHROPIC_MODEL: "arn:profile"',
    ):
        assert part in job.splitlines()
    workflow = yaml.load(job, yaml.BaseLoader)  # noqa: S506  as GitHub reads it, to which `on` is a word
    assert set(workflow) == {"name", "on", "permissions", "jobs"}
    assert [step.get("uses", "").partition("@")[0] for step in workflow["jobs"]["nightly-review"]["steps"]] == [
        "actions/checkout",
        "aws-actions/configure-aws-credentials",
        "",
    ]
    assert "role_session_name = dep-bot" in found["dep-bot"].pasted
    assert json.loads(json.dumps(found["dep-bot"].env))["CLAUDE_CODE_USE_BEDROCK"] == "1"
    stopped = loaded(document(nightly_review={**REVIEW, "level": "suspended", "incident": INCIDENT}, dep_bot=BOT))
    assert [*machine_sign_ins(stopped, HERE, "ci", {"haiku": "arn:profile"})] == ["dep-bot"]


OIDC = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"


def test_githubs_provider_is_made_once_and_kept_when_the_last_machine_goes() -> None:
    made = document()
    made["cohorts"]["release"] = {"level": "active", "models": ["haiku"], "machines": {"dep-bot": BOT}}
    [provider] = recording.run(stacks.config(made)).of(OIDC)
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]
    assert provider.retain
    assert recording.run(stacks.config(document(dep_bot=BOT))).of(OIDC) == []
    assert recording.run(stacks.config(stacks.small())).of(OIDC) == []


def test_a_provider_that_is_adopted_is_never_made_and_must_take_workflows_tokens() -> None:
    adopted = {**document(), "adopt": {"github_provider": True}}
    assert recording.run(stacks.config(adopted)).of(OIDC) == []
    with pytest.raises(Exception, match=r"adopt\.github_provider: .* has not sts\.amazonaws\.com among its audiences"):
        recording.run(stacks.config(adopted), audiences=("https://github.com/acme",))
    cut = {**document("suspended"), "adopt": {"github_provider": True}}
    assert recording.run(stacks.config(cut), audiences=()).one("ci-access-stop")


def test_a_cohort_of_machines_has_nothing_in_okta_and_nothing_on_macs() -> None:
    run = recording.run(stacks.config({**document(), "jamf": JAMF, "jamf_client_secret": "sandbox-jamf-secret"}))
    of_ci = [each for each in run.order if "ci" in each.name.split("-")]
    assert [each.type for each in of_ci if each.type.startswith(("okta:", "jamf:"))] == []
    assert "okta_group" not in run.cohorts["ci"]
    assert run.cohorts["ci"]["members"] == ["nightly-review"]


def test_a_machine_that_is_cut_or_ends_comes_back_under_no_other_name() -> None:
    """An old copy from before it was renamed, or a rename in the midst of an incident."""
    cut = {**REVIEW, "level": "suspended", "incident": INCIDENT}
    record = advance(Record(), loaded(document(night_run=cut)), {}, NOW)
    old = loaded(document(day_run=REVIEW))
    [found] = stale(read(record.document()), old)
    assert found.line.startswith(
        "cohorts.ci.machines.day-run: the stack knows it as night-run, and has it at suspended"
    )
    assert stale(record, loaded(document(day_run=cut))) == []
    assert stale(record, loaded(document(day_run={**REVIEW, "sessions_valid_from": "2026-11-24T12:00:01Z"}))) == []
    other = {**REVIEW, "github": {"repository": "acme/payments", "environment": "other"}}
    assert stale(record, loaded(document(day_run=other))) == []
    whole = advance(Record(), loaded(document("suspended", night_run=REVIEW)), {}, NOW)
    elsewhere = document("suspended", else_where=other)
    elsewhere["cohorts"]["later"] = {"level": "active", "models": ["haiku"], "machines": {"day-run": REVIEW}}
    assert [each.email for each in stale(whole, loaded(elsewhere))] == ["day-run"]
    ends = advance(Record(), loaded(document(night_run={**REVIEW, "until": "2026-12-31"})), {}, NOW)
    assert [each.email for each in stale(ends, old)] == ["day-run"]
    assert stale(ends, loaded(document(day_run={**REVIEW, "until": "2026-12-31"}))) == []


@pytest.mark.parametrize(
    "role",
    [
        "arn:aws:iam::123456789012:role/rollout-on-call",
        "arn:aws:iam::123456789012:role/rollout-workflow-prod",
        "arn:aws:iam::123456789012:role/rollout-gateway",
        "arn:aws:iam::123456789012:role/x/Rollout-Gateway-Start",
        "arn:aws:iam::123456789012:role/Claude-Code-pilot",
        "arn:aws:iam::123456789012:role/aws-reserved/awsreservedsso_Admin_1",
    ],
)
def test_a_role_that_people_take_is_no_machines(role: str) -> None:
    assert len(mistakes(document(build_bot={**BOT, "role": role}))) == 1


@pytest.mark.parametrize(
    "role",
    [
        "arn:aws-cn:iam::123456789012:role/build",
        "arn:awsx:iam::123456789012:role/build",
        "arn:aws:iam::\u0661\u0662\u0663456789012:role/build",
        "arn:aws:iam::123456789012:role/build/",
        "arn:aws:iam::123456789012:role//build",
        f"arn:aws:iam::123456789012:role/{'b' * 65}",
    ],
)
def test_what_iam_would_refuse_as_a_role_is_refused_here(role: str) -> None:
    assert "the ARN of a role" in mistakes(document(build_bot={**BOT, "role": role}))[0]
