"""What a reviewer is told of a changed stack file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.commands.diff import review
from cli.terminal.errors import CommandError
from rollout.levels import Level
from rollout.review.comment import MAX_COMMENT, comment, marker
from rollout.review.diff import diff
from rollout.review.engine_plan import Plan, Step
from tests import stacks
from tests.review.changes import ALICE, GRACE, INCIDENT, Document, changed, pilot


def test_a_file_that_only_looks_different_changes_nothing() -> None:
    members = stacks.SMALL["cohorts"]["pilot"]["members"]
    found = diff(changed(), changed(pilot(members=dict(reversed(members.items())))))
    assert found.is_empty
    assert "nothing changes for anybody" in comment("dev", found)


def test_a_suspension_names_everybody_who_loses_what_they_had() -> None:
    found = diff(changed(), changed(pilot(level="suspended", incident=INCIDENT)))
    assert [(p.email, p.gained, p.lost) for p in found.people] == [
        (ALICE, (), ("sonnet", "haiku")),
        (GRACE, (), ("sonnet", "haiku")),
    ]
    [change] = found.levels
    assert (change.before, change.after, change.people) == (Level.ACTIVE, Level.SUSPENDED, 2)
    text = comment("prod", found)
    assert "**2 lose access**" in text
    assert "| cohort `pilot` | active | **suspended** | 2 | 120 min | INC-7: a key was committed |" in text


def test_a_throttled_cohort_loses_all_models_but_one() -> None:
    found = diff(changed(), changed(pilot(level="throttled", incident=INCIDENT)))
    assert {person.lost for person in found.people} == {("sonnet",)}
    assert "lose access" not in comment("prod", found)


def test_one_member_suspended_alone_is_one_person() -> None:
    alone = {ALICE: {"name": "Alice Chen", "team": "backend", "level": "suspended", "incident": INCIDENT}}
    members = stacks.SMALL["cohorts"]["pilot"]["members"] | alone
    found = diff(changed(), changed(pilot(members=members)))
    assert [person.email for person in found.people] == [ALICE]
    assert [(change.email, change.after) for change in found.levels] == [(ALICE, Level.SUSPENDED)]


def test_whoever_changes_cohorts_with_the_same_models_is_still_shown() -> None:
    def move(document: Document) -> None:
        member = document["cohorts"]["pilot"]["members"].pop(ALICE)
        document["cohorts"]["wave2"] = {"level": "active", "models": ["sonnet", "haiku"], "members": {ALICE: member}}

    [person] = diff(changed(), changed(move)).people
    assert (person.before and person.before.cohort, person.after and person.after.cohort) == ("pilot", "wave2")


def test_another_source_of_a_model_is_another_arn_and_said_to_break_clients() -> None:
    def move(document: Document) -> None:
        document["models"]["sonnet"]["source"] = "us.anthropic.claude-sonnet-4-6"

    found = diff(changed(), changed(move))
    assert [(m.label, m.before) for m in found.models] == [("sonnet", "global.anthropic.claude-sonnet-4-6")]
    assert "another ARN: those that hold the old one break" in comment("prod", found)


def test_settings_of_the_whole_and_of_a_cohort_are_shown_by_path() -> None:
    def change(document: Document) -> None:
        document["session_minutes"] = 30
        document["cohorts"]["pilot"]["sessions_valid_from"] = "2026-11-20T00:00:00Z"

    found = diff(changed(), changed(change)).settings
    assert found["session_minutes"] == (60, 30)
    assert set(found) == {"session_minutes", "cohorts.pilot.sessions_valid_from"}


def test_a_new_cohort_costs_and_the_budget_says_how_much_of_it() -> None:
    def add(document: Document) -> None:
        members = {f"p{n}@acme.example": {"name": "P", "team": "backend"} for n in range(60)}
        document["cohorts"]["wave2"] = {"level": "active", "models": ["haiku"], "members": members}

    found = diff(changed(), changed(add))
    assert (found.before.people, found.after.people) == (2, 62)
    assert "USD 416 → 12,896 a month, of 12,000, 107 % of the budget" in comment("prod", found)


@given(st.text(max_size=400))
def test_no_words_of_a_stack_file_break_out_of_their_cell(words: str) -> None:
    reason = words.strip() or "x"
    try:
        head = changed(pilot(level="restricted", incident={**INCIDENT, "reason": reason}))
    except ValueError:
        return
    rows = [line for line in comment("prod", diff(changed(), head)).splitlines() if "INC-7:" in line]
    assert len(rows) == 1
    assert rows[0].count("|") == 7
    assert not set("<>@[]`*") & set(rows[0].partition("INC-7")[2])


def test_the_engines_deletions_are_red_and_its_refusals_come_first() -> None:
    plan = Plan(
        steps=(Step(operation="delete", kind="aws:iam/role:Role", name="pilot-access-role"),),
        errors=("cohorts.pilot: no",),
    )
    text = comment("prod", diff(changed(), changed()), plan)
    assert "**it cannot be carried out**" in text.splitlines()[2]
    assert "```diff\n- aws:iam/role:Role pilot-access-role\n```" in text


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"summaryEvent": {}}\n[', '{"summaryEvent": {}}\n{"policyEvent": {}}']
)
def test_what_is_no_preview_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="no events of `pulumi preview --json`"):
        Plan.read(text)


def test_a_breach_of_policy_is_read_with_what_it_is_about() -> None:
    breach = {
        "resourceUrn": "urn:pulumi:prod::p::a$b::logging-configuration",
        "message": "What it is.\nprompts would be logged\n",
        "policyName": "prompt-text-off",
        "enforcementLevel": "mandatory",
    }
    plan = Plan.read("\n".join(json.dumps(event) for event in ({"policyEvent": breach}, {"summaryEvent": {}})))
    assert plan.is_refused
    assert plan.breaches == ("prompt-text-off (logging-configuration): prompts would be logged",)


def test_a_comment_of_a_thousand_people_fits_what_github_takes() -> None:
    def add(document: Document) -> None:
        for cohort in range(10):
            members = {f"{'x' * 40}{cohort}-{n}@acme.example": {"name": "P", "team": "backend"} for n in range(150)}
            document["cohorts"][f"wave{cohort}"] = {"level": "active", "models": ["haiku"], "members": members}

    assert len(comment("prod", diff(None, changed(add)))) < MAX_COMMENT + 100


def test_a_file_with_mistakes_is_reviewed_as_one_that_cannot_be_carried_out(tmp_path: Path) -> None:
    head = tmp_path / "Pulumi.dev.yaml"
    head.write_text((stacks.COMPANY / "Pulumi.dev.yaml").read_text().replace("level: active", "level: activ"))
    text = review(stacks.COMPANY / "Pulumi.dev.yaml", head)
    assert text.startswith(marker("dev"))
    assert "it cannot be carried out" in text
    assert "cohorts.trial.level: not one of planned" in text


def test_a_changed_secret_is_named_and_shows_nothing(tmp_path: Path) -> None:
    head = tmp_path / "Pulumi.sandbox.yaml"
    shutil.copytree(stacks.COMPANY / "rosters", tmp_path / "rosters")
    text = (stacks.COMPANY / "Pulumi.sandbox.yaml").read_text()
    cipher = text.partition("slack_bot_token: {secure: ")[2].partition("}")[0]
    head.write_text(text.replace(cipher, "v1:AAAA:BBBB"))
    found = review(stacks.COMPANY / "Pulumi.sandbox.yaml", head)
    assert "| `slack_bot_token` | `a secret` | `another secret` |" in found
    assert "AAAA" not in found
    assert json.dumps(cipher) not in found


def test_a_mistyped_file_is_not_a_stack_that_is_taken_away(tmp_path: Path) -> None:
    known = stacks.COMPANY / "Pulumi.dev.yaml"
    for base, head in ((known, tmp_path / "Pulumi.dve.yaml"), (tmp_path / "nope", known)):
        with pytest.raises(CommandError, match=r"no such stack file$"):
            review(base, head)
    with pytest.raises(CommandError) as both:
        review(tmp_path / "Pulumi.dev.yaml", tmp_path / "other" / "Pulumi.dev.yaml")
    assert str(both.value).count("no such stack file") == 2
    assert "loses" in review(known, tmp_path / "Pulumi.dev.yaml")


def test_a_headline_counts_who_loses_a_model_as_well_as_who_loses_all(tmp_path: Path) -> None:
    """A move to a cohort with fewer models is no change of other keys only."""
    text = (stacks.COMPANY / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    base, head = tmp_path / "base" / "Pulumi.dev.yaml", tmp_path / "Pulumi.dev.yaml"
    base.parent.mkdir()
    base.write_text(text.replace("models: [haiku]", "models: [haiku, sonnet]"), encoding="utf-8")
    head.write_text(text, encoding="utf-8")
    assert "3 lose a model" in review(base, head).splitlines()[2]
    assert "3 gain a model" in review(head, base).splitlines()[2]


def test_a_notice_that_is_sent_again_is_no_deletion() -> None:
    replaced = Step(operation="replace", kind="aws:lambda/invocation:Invocation", name="pilot-announcement-access")
    text = comment("dev", diff(None, None), Plan(steps=(replaced,)))
    assert "Deleted" not in text
