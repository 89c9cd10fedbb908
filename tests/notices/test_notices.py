"""Who is told what, at which level: the plan's table, held against what would be sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollout.levels import Level
from rollout.model.times import instant
from rollout.notices.formats import amazon_q, plain, slack_blocks
from rollout.notices.level_changes import Delivery, Settings, deliveries, review_deliveries, review_name, review_time
from tests.notices.test_changes import ALICE, AT, BOB, INCIDENT, PEOPLE, between, standing

SETTINGS = Settings(
    organization="acme",
    throttle_model="haiku",
    daily_tokens=50_000,
    bot=True,
    email_from="claude@acme.example",
    webhook="https://tracker.acme.example/hook",
    channels={"engineering": "C0ENG", "security": "C0SEC", "leadership": "C0LEAD"},
    emails={
        audience: [f"{audience}@acme.example"] for audience in ("engineering", "security", "leadership", "finance")
    },
)
# The plan, exercise 2: who hears of each level, and how. Levels are cumulative.
PLAN: dict[str, set[str]] = {
    "active": {"log"},
    "restricted": {"log", "webhook", "topic engineering", "slack C0ENG"},
    "throttled": {"log", "webhook", "topic engineering", "slack C0ENG", "email engineering@acme.example"},
}
PLAN["suspended"] = PLAN["throttled"] | {
    f"{way} {who}" for way in ("slack_person", "email") for who in (ALICE, BOB, "lead@acme.example")
}
PLAN["rolled_back"] = PLAN["suspended"] | {
    *("topic security", "slack C0SEC", "email security@acme.example"),
    *("topic leadership", "slack C0LEAD", "email leadership@acme.example"),
    f"schedule {review_name('pilot', 'INC-7')}",
}


def sent(before: str, after: str, settings: Settings = SETTINGS) -> list[Delivery]:
    [change] = between(standing(before), standing(after))
    return deliveries(change, settings)


def seen(found: list[Delivery]) -> set[str]:
    hidden = {"log": "", "webhook": ""}
    return {f"{d.way} {hidden.get(d.way, ','.join(d.to))}".strip() for d in found}


@pytest.mark.parametrize("level", [level for level in PLAN if level != "active"])
def test_a_level_is_told_to_the_audiences_of_the_plan(level: str) -> None:
    assert seen(sent("active", level)) == PLAN[level]


def test_onboarding_is_recorded_and_nobody_is_bothered() -> None:
    [change] = between(None, standing("active"))
    assert seen(deliveries(change, SETTINGS)) == PLAN["active"]


@pytest.mark.parametrize("level", ["restricted", "throttled", "suspended"])
def test_who_heard_that_access_was_taken_hears_that_it_is_back(level: str) -> None:
    assert seen(sent(level, "active")) == PLAN[level]
    titles = {d.title for d in sent(level, "active")}
    assert all(f"no longer {level}" in title for title in titles)


def test_who_left_the_cohort_while_stopped_is_not_promised_access() -> None:
    alone = {ALICE: {**PEOPLE[ALICE], "level": "suspended", "incident": INCIDENT}}
    [change] = between(standing("active", alone), standing("active", removed=(ALICE,)))
    [mine] = [d for d in deliveries(change, SETTINGS) if d.way == "slack_person" and d.to == [ALICE]]
    assert mine.title == "Your access to Claude Code is removed"
    assert "Level: suspended -> removed, 2026-11-23 12:00 UTC" in mine.lines
    assert mine.record["removed"] is True
    everything = [line for d in deliveries(change, SETTINGS) for line in (d.title, *d.lines)]
    assert not [line for line in everything if "no longer suspended" in line or "can use Claude Code" in line]


def test_the_way_back_from_a_rollback_schedules_no_review() -> None:
    assert seen(sent("rolled_back", "active")) == {e for e in PLAN["rolled_back"] if not e.startswith("schedule")}


def test_one_person_alone_is_no_matter_for_a_channel() -> None:
    alone = {ALICE: {**PEOPLE[ALICE], "level": "suspended", "incident": INCIDENT}}
    [change] = between(standing("active"), standing("active", alone))
    found = seen(deliveries(change, SETTINGS))
    assert not [entry for entry in found if "engineering" in entry or "C0ENG" in entry]
    assert {f"slack_person {ALICE}", "slack_person lead@acme.example", "slack C0SEC"} <= found
    assert not [entry for entry in found if BOB in entry]


def test_a_notice_says_what_for_whom_why_which_incident_and_what_next_by_when() -> None:
    [engineering] = [d for d in sent("active", "suspended") if d.way == "slack"]
    assert engineering.title == "Claude Code: cohort pilot is suspended"
    assert engineering.lines == [
        "For: 2 people",
        "Level: active -> suspended, 2026-11-23 12:00 UTC",
        "What it means: No model answers, in sessions that are open too, and Okta's groups no longer let people in.",
        "Incident: INC-7, since 2026-11-23 11:00 UTC",
        "Why: key in a commit",
        "Next: In force everywhere by 2026-11-23 14:00 UTC. Nothing to do; please do not look for another way in.",
    ]


def test_a_manager_is_told_once_of_all_their_people() -> None:
    members = {email: {**member, "manager": "lead@acme.example"} for email, member in PEOPLE.items()}
    [change] = between(standing("active"), standing("suspended", members))
    told = [d for d in deliveries(change, SETTINGS) if d.way == "slack_person" and d.to == ["lead@acme.example"]]
    assert [d.title for d in told] == ["Access to Claude Code is suspended for 2 people of yours"]
    assert f"Alice Chen ({ALICE}), Bob Kim ({BOB})" in told[0].lines[0]


def test_the_review_is_due_48_hours_after_the_incident_began_and_reminded_of_half_way() -> None:
    [change] = between(standing("active"), standing("rolled_back"))
    said = "\n".join(deliveries(change, SETTINGS)[0].lines)
    assert "review is held by 2026-11-25 11:00 UTC" in said
    assert review_time(INCIDENT, AT) == instant("2026-11-24T11:00:00+00:00")
    reminder = review_deliveries({"cohort": "pilot", "incident": INCIDENT}, SETTINGS)
    assert {entry.split()[1] for entry in seen(reminder) if entry.startswith("topic")} == {
        *("engineering", "leadership", "security")
    }
    assert any("due by 2026-11-25 11:00 UTC" in line for line in reminder[0].lines)


def test_a_review_of_an_old_incident_is_reminded_of_at_once_since_no_schedule_may_lie_in_the_past() -> None:
    now = instant("2026-12-01T00:00:00+00:00")
    assert review_time(INCIDENT, now) == instant("2026-12-01T00:05:00+00:00")


@pytest.mark.parametrize(
    ("changed", "ways"),
    [
        ({"bot": False}, {"slack", "slack_person"}),
        ({"email_from": None}, {"email"}),
        ({"webhook": None}, {"webhook"}),
    ],
)
def test_a_way_that_is_not_set_up_is_not_tried(changed: dict[str, Any], ways: set[str]) -> None:
    found = {d.way for d in sent("active", "rolled_back", replace(SETTINGS, **changed))}
    assert not found & ways
    assert {"log", "topic"} <= found


def test_each_delivery_of_all_levels_has_an_id_of_its_own() -> None:
    ids = [d.id for level in Level if level.needs_incident for d in sent("active", level)]
    assert len(ids) == len(set(ids))


def test_a_reason_can_call_nobody_in_slack() -> None:
    noisy = {**INCIDENT, "reason": "<!channel> & <https://evil.example|click>"}
    after = replace(standing("restricted"), incident=noisy)
    [slack] = [d for d in deliveries(between(standing("active"), after)[0], SETTINGS) if d.way == "slack"]
    text = str(slack_blocks(slack))
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; &lt;https" in text
    assert "<!channel>" in plain(slack)


def test_a_persons_name_can_call_nobody_by_amazon_q() -> None:
    members = {"a@acme.example": {"name": "<!channel>", "level": "suspended", "incident": INCIDENT}}
    [change] = between(standing("active"), standing("active", members))
    [topic] = [d for d in deliveries(change, SETTINGS) if d.way == "topic"]
    assert "<!channel>" not in str(amazon_q(topic))
    assert "&lt;!channel&gt;" in amazon_q(topic)["content"]["title"]


def test_long_rosters_fit_into_a_slack_message() -> None:
    members = {f"{'p' * 40}{n}@acme.example": {"name": "x" * 400, "manager": "lead@acme.example"} for n in range(200)}
    [change] = between(standing("active"), standing("suspended", members))
    for delivery in deliveries(change, SETTINGS):
        header, section = slack_blocks(delivery)
        assert len(header["text"]["text"]) <= 150
        assert len(section["text"]["text"]) <= 3000


def test_a_long_list_of_addresses_goes_into_several_mails() -> None:
    many = [f"p{number}@acme.example" for number in range(120)]
    found = sent("active", "throttled", replace(SETTINGS, emails={"engineering": many}))
    mails = [d.to for d in found if d.way == "email"]
    assert [len(to) for to in mails] == [50, 50, 20]
    assert [address for to in mails for address in to] == many


def test_amazon_q_gets_its_own_form_with_a_thread_per_incident() -> None:
    [topic] = [d for d in sent("active", "restricted") if d.way == "topic"]
    shown = amazon_q(topic)
    assert (shown["version"], shown["source"], shown["metadata"]["threadId"]) == ("1.0", "custom", "INC-7")
    assert shown["content"]["title"] == "Claude Code: cohort pilot is restricted"
    assert shown["content"]["nextSteps"][0].startswith("In force everywhere by")
