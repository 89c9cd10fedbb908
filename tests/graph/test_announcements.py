"""How a cohort's level is announced: after it is in force, by an announcer that can change nobody's access."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from rollout.levels import Level
from tests import recording, stacks
from tests.config.test_success import BASELINE
from tests.recording import okta_user_id, opaque
from tests.registrations import Recorded, Registration

INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}
NOTIFY: dict[str, Any] = {
    "slack": {"workspace_id": "T0ACMEROLL", "channels": {"engineering": {"id": "C0ENGALERTS"}}},
    "email_from": "claude@acme.example",
    "email": {"security": ["security@acme.example"]},
    "incident_webhook": "https://tracker.acme.example/hook",
}
ABOVE = [level.value for level in Level if level.needs_incident]


def document(level: str = "active", **more: Any) -> dict[str, Any]:
    made = {**stacks.small(), **more}
    made["cohorts"]["pilot"].update(level=level, incident=INCIDENT)
    return made


def recorded(level: str = "active", **more: Any) -> Recorded:
    return recording.run(stacks.config(document(level, **more)))


def allows(registration: Registration) -> list[dict[str, Any]]:
    return [s for s in json.loads(registration.inputs["policy"])["Statement"] if s["Effect"] == "Allow"]


@pytest.mark.parametrize("level", ["active", *ABOVE])
def test_nobody_is_told_before_the_level_is_in_force(level: str) -> None:
    run = recorded(level)
    told = run.one("pilot-announcement-level")
    own = [r for r in run.order if "claude:rollout:Cohort$" in r.urn and r.type.startswith(("aws:iam/", "okta:"))]
    waited, unseen = set[str](), set(told.depends_on)
    while unseen:
        urn = unseen.pop()
        waited.add(urn)
        unseen |= set(run.by_urn[urn].depends_on) - waited
    ends = {r.urn for r in own if r.type != "okta:group/group:Group"}
    assert ends <= waited
    assert not [r.urn for r in run.order if told.urn in r.depends_on]


@pytest.mark.parametrize("level", ABOVE)
def test_a_new_level_is_a_new_invocation_that_says_whom_it_reaches_and_why(level: str) -> None:
    before, after = (recorded(each).one("pilot-announcement-level").inputs for each in ("active", level))
    assert before["triggers"] != after["triggers"]
    said = json.loads(after["input"])
    assert (said["cohort"], said["level"], said["incident"]["id"]) == ("pilot", level, "INC-7")
    assert list(said["members"]) == ["alice.chen@acme.example", "grace.liu@acme.example"]


def test_a_member_stopped_alone_is_announced_by_name() -> None:
    made = document()
    made["cohorts"]["pilot"]["members"]["alice.chen@acme.example"].update(level="suspended", incident=INCIDENT)
    said = json.loads(recording.run(stacks.config(made)).one("pilot-announcement-level").inputs["input"])
    assert said["members"]["alice.chen@acme.example"]["level"] == "suspended"
    assert list(said["members"]) == ["alice.chen@acme.example"]


def test_the_announcer_may_send_and_remember_and_nothing_else() -> None:
    run = recorded(notify=NOTIFY, **stacks.DECRYPTED)
    statements = allows(run.one("announcer-send"))
    assert {action.partition(":")[0] for s in statements for action in s["Action"]} == {
        *("sqs", "dynamodb", "logs", "sns", "ses", "secretsmanager", "iam")
    }
    wild = [arn for s in statements for arn in s["Resource"] if "*" in arn]
    assert wild == ["arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/claude-code-announcer:log-stream:*"]
    [passing] = [s for s in statements if "iam:PassRole" in s["Action"]]
    assert passing["Resource"] == ["arn:aws:iam::123456789012:role/claude-code-reviews"]
    assert len(json.dumps(run.one("announcer-send").inputs["policy"])) < 10_240


def test_a_reminder_can_be_made_only_of_the_incident_that_rolled_the_cohort_back() -> None:
    [statement] = allows(recorded("rolled_back").one("pilot-announcement-review"))
    assert statement["Action"] == ["scheduler:CreateSchedule"]
    [arn] = statement["Resource"]
    assert arn.startswith("arn:aws:scheduler:us-east-1:123456789012:schedule/claude-code-reviews/review-pilot-")
    for level in ("active", "suspended"):
        assert "pilot-announcement-review" not in {r.name for r in recorded(level).order}


def test_no_secret_is_anywhere_but_in_its_own_version_and_that_is_a_secret_of_pulumi() -> None:
    github = {"github": {"organization": "acme"}, "success": {"baseline": BASELINE}}
    jamf = {"jamf": {"url": "https://acme.jamfcloud.com", "client_id": "claude-code"}}
    run = recorded(notify=NOTIFY, **github, **jamf, **stacks.DECRYPTED)
    assert run.one("jamf").secrets == ("client_secret",)
    for key, secret in stacks.DECRYPTED.items():
        holders = [r.name for r in run.order if secret in str(r.inputs)]
        if key == "jamf_client_secret":
            assert holders == ["jamf"]
            continue
        assert len(holders) == 1
        assert holders[0].endswith("-value")
        assert run.one(holders[0]).secrets == ("secretString",)


def test_the_functions_code_is_what_it_imports_and_its_settings() -> None:
    code = recorded(notify=NOTIFY, **stacks.DECRYPTED).one("announcer-function").inputs["code"]
    files = {name for name in code if name.endswith(".py")}
    for file in files:
        assert (stacks.PROJECT / file).is_file()
        for line in (stacks.PROJECT / file).read_text(encoding="utf-8").splitlines():
            if line.startswith(("from rollout.", "from functions.")):
                assert line.split()[1].replace(".", "/") + ".py" in files
    settings = json.loads(code["settings.json"]["text"])
    assert settings["notices"]["channels"] == {"engineering": "C0ENGALERTS"}
    assert settings["notices"]["webhook"] == "https://tracker.acme.example/hook"


def test_amazon_q_posts_in_place_of_the_bot_and_nobody_can_give_orders_through_it() -> None:
    notify = {**NOTIFY, "slack": {**NOTIFY["slack"], "amazon_q": True}}
    run = recorded(notify=notify, **stacks.DECRYPTED)
    channel = run.one("audiences-engineering-channel").inputs
    assert (channel["slackChannelId"], channel["userAuthorizationRequired"]) == ("C0ENGALERTS", True)
    assert allows(run.one("audiences-channels-guardrail")) == []
    settings = json.loads(run.one("announcer-function").inputs["code"]["settings.json"]["text"])
    assert settings["notices"]["channels"] == {}


def test_addresses_hear_alarms_by_subscription_and_notices_only_once() -> None:
    subscribed = recorded(notify=NOTIFY, **stacks.DECRYPTED).one("audiences-security-security@acme.example").inputs
    assert json.loads(subscribed["filterPolicy"]) == {"kind": [{"exists": False}]}
    without_sender = recorded(notify={"email": {"security": ["security@acme.example"]}})
    assert "filterPolicy" not in without_sender.one("audiences-security-security@acme.example").inputs


def test_news_that_the_announcer_could_not_take_fails_the_update_at_its_end_with_what_to_do() -> None:
    people = [okta_user_id(email) for email in document()["cohorts"]["pilot"]["members"]]
    assert people
    everybody = list(document()["cohorts"]["pilot"]["members"])
    groups = {opaque("00g", name, 20): everybody for name in ("pilot-membership-group", "federation-umbrella")}
    with pytest.raises(pulumi.RunError) as ended:
        recording.run(
            stacks.config(document()),
            preview=False,
            groups=groups,
            answer='{"accepted": false, "reason": "QueueDoesNotExist"}',
        )
    level, access = sorted(str(ended.value).splitlines())
    assert level.startswith("cohorts.pilot: nobody was told of the new level: QueueDoesNotExist; the level is in force")
    assert access.startswith("cohorts.pilot: nobody was told of who has access: QueueDoesNotExist; access is as")
    assert all("pulumi up --replace 'urn:pulumi:" in line for line in (level, access))


def told(made: dict[str, Any]) -> dict[str, Any]:
    return json.loads(recording.run(stacks.config(made)).one("pilot-announcement-access").inputs["input"])["access"]


def test_nobody_is_told_that_they_have_access_before_it_is_so() -> None:
    run = recorded()
    level, access = (run.one(f"pilot-announcement-{each}") for each in ("level", "access"))
    assert set(access.depends_on) == set(level.depends_on)


def test_what_is_said_of_access_names_who_has_it_the_models_and_whom_to_ask() -> None:
    channel = {"id": "C0ENGALERTS", "name": "claude-code"}
    notify = {
        "slack": {"workspace_id": "T0ACMEROLL", "channels": {"engineering": channel}},
        "onboarding_page": "https://wiki.acme.example/{cohort}.html",
    }
    assert told(document(notify=notify)) == {
        "cohort": "pilot",
        "people": ["alice.chen@acme.example", "grace.liu@acme.example"],
        "models": ["sonnet", "haiku"],
        "is_whole": True,
        "tells": True,
        "signs_in": True,
        "ask": "ask in #claude-code",
        "page": "https://wiki.acme.example/pilot.html",
    }
    assert told(document(notify={"onboarding": False}))["tells"] is False


def test_whoever_is_stopped_has_no_access_and_is_not_forgotten() -> None:
    said = told(document("suspended"))
    assert (said["people"], said["above"]) == ([], ["alice.chen@acme.example", "grace.liu@acme.example"])
    made = document()
    made["cohorts"]["pilot"]["members"]["alice.chen@acme.example"].update(level="suspended", incident=INCIDENT)
    alone = told(made)
    assert (alone["people"], alone["above"]) == (["grace.liu@acme.example"], ["alice.chen@acme.example"])
