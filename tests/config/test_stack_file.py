"""What a stack file may say, and the exact words a person gets who says something else."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.model.errors import StackFileError
from rollout.stack_file.load import load, validate
from tests import stacks
from tests.config.stack_files import NOW, changed, loaded, mistakes


@pytest.mark.parametrize("stack", stacks.COMMITTED)
def test_each_committed_stack_file_is_right(stack: str) -> None:
    rollout = load(stacks.committed(stack), stacks.COMPANY, NOW)
    assert rollout.declared


def test_ten_different_mistakes_give_ten_lines() -> None:
    document = stacks.small()
    document["organisation"] = {}
    document["organization"]["teams"]["backend"]["headcount"] = 0
    document["okta"]["domain"] = "https://acme.okta.com/"
    document["models"]["haiku"]["input"] = "cheap"
    document["session_minutes"] = 720
    pilot = document["cohorts"]["pilot"]
    pilot["level"] = "activ"
    pilot["models"] = ["sonnet", "opus"]
    pilot["members"]["alice.chen@acme.example"]["team"] = "bakend"
    pilot["members"]["bob"] = {"name": "Bob", "team": "backend"}
    document["cohorts"]["Wave-2"] = {"level": "planned", "models": ["haiku"]}
    assert mistakes(document) == [
        "cohorts.Wave-2: not a cohort's name (2 to 16 lower-case letters and digits, a letter first, no hyphen): Wave-2",
        "cohorts.pilot.level: not one of planned, active, restricted, throttled, suspended, rolled_back: activ",
        (
            "cohorts.pilot.members.alice.chen@acme.example.team: no such team in organization.teams: bakend; "
            "did you mean backend? allowed: backend, platform"
        ),
        (
            "cohorts.pilot.members.bob: not an e-mail address of at most 64 characters "
            "(letters, digits and _+=,.- before the @): bob"
        ),
        "cohorts.pilot.models: no such label in models: opus; allowed: haiku, sonnet",
        "models.haiku.input: not a number: cheap",
        "okta.domain: not a domain such as acme.okta.com (no https://, no path): https://acme.okta.com/",
        (
            "organisation: unknown key; did you mean organization? allowed: adopt, billing_export, budgets, claude, "
            "cohorts, federation, gateway, github, github_token, github_webhook_secret, identity_center, jamf, "
            "jamf_client_secret, logs, mac, models, notify, okta, organization, policy_exceptions, service_levels, "
            "session_minutes, slack_bot_token, success, throttle, webhook_signing_key"
        ),
        "organization.teams.backend.headcount: must be at least 1, not 0",
        "session_minutes: must be at most 60, not 720",
    ]


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (
            changed("suspended", "cohorts", "pilot", "level"),
            "cohorts.pilot.incident: missing; suspended needs incident: {id, since, reason}",
        ),
        (changed({}, "models"), "models: empty; name at least one"),
        (changed("opus", "throttle", "model"), "throttle.model: no such label in models: opus; allowed: haiku, sonnet"),
        (
            changed("gpt-4", "models", "sonnet", "source"),
            "models.sonnet.source: not a Claude model on Bedrock, such as global.anthropic.claude-sonnet-4-6 or anthropic.claude-sonnet-4-6: gpt-4",
        ),
        (
            changed(45, "logs", "retention_days"),
            "logs.retention_days: not one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653: 45",
        ),
        (
            changed("AWS_123456789012_admin", "okta", "umbrella_group"),
            "okta.umbrella_group: not a group's name of 1 to 255 characters that does not begin with aws_<account>_ (such a group gives a role): AWS_123456789012_admin",
        ),
        (
            changed({"name": "Alice Chen"}, "cohorts", "pilot", "members", "alice.chen@acme.example"),
            "cohorts.pilot.members.alice.chen@acme.example.team: missing; one of organization.teams: backend, platform",
        ),
        (changed(5, "organization", "name"), 'organization.name: not a text: 5; put it in quotes: "5"'),
        (changed(False, "organization", "name"), 'organization.name: not a text: false; put it in quotes: "false"'),
        (changed(None, "organization", "name"), "organization.name: not a text: null"),
        (changed(["acme"], "organization", "name"), "organization.name: not a text: ['acme']"),
        (changed("ldap", "federation"), "federation: not one of saml, oidc, identity_center: ldap"),
        (
            changed("rosters/../../etc/passwd.csv", "cohorts", "pilot", "roster"),
            "cohorts.pilot.roster: not a CSV file in rosters/, such as rosters/pilot.csv: rosters/../../etc/passwd.csv",
        ),
        (
            changed("rosters/none.csv", "cohorts", "pilot", "roster"),
            "rosters/none.csv: no such file; a roster is a CSV file below the project's folder",
        ),
        (changed(["a"], "cohorts", "pilot", "members"), "cohorts.pilot.members: not a map of keys and values: ['a']"),
        (changed("nonsense", "cohorts"), "cohorts: not a map of keys and values: nonsense"),
        (
            changed("arn:aws:iam::123456789012:oidc-provider/acme.okta.com", "adopt", "oidc_provider_arn"),
            "adopt.oidc_provider_arn: not used under federation: saml; take it out, or change federation",
        ),
    ],
)
def test_a_mistake_is_said_with_its_path_and_what_is_allowed(document: dict[str, Any], line: str) -> None:
    assert mistakes(document) == [line]


def test_a_list_that_is_too_long_is_said_with_its_length_and_what_is_allowed() -> None:
    document = stacks.small()
    labels = ["haiku", *(f"model{number}" for number in range(20))]
    document["models"] |= dict.fromkeys(labels, document["models"]["haiku"])
    document["cohorts"]["pilot"]["models"] = labels
    assert mistakes(document) == ["cohorts.pilot.models: 21 of them; at most 20"]


NUMBERS = [
    ("models", "haiku", "input"),
    ("organization", "teams", "backend", "headcount"),
    ("budgets", "monthly_usd"),
    ("budgets", "alert_at"),
    ("throttle", "daily_tokens"),
    ("logs", "retention_days"),
]


@pytest.mark.parametrize("path", NUMBERS, ids=".".join)
def test_true_is_not_the_number_one(path: tuple[str, ...]) -> None:
    assert mistakes(changed(True, *path)) == [f"{'.'.join(path)}: not a number: true"]


def test_a_number_may_be_text_as_the_engine_writes_a_price_that_was_set_by_its_path() -> None:
    assert loaded(changed("0.1", "models", "haiku", "input")).models["haiku"].input == 0.1
    assert loaded(changed("60", "session_minutes")).session_minutes == 60


def test_the_okta_provider_must_mean_the_same_organization() -> None:
    with pytest.raises(StackFileError) as caught:
        load({**stacks.config(stacks.small()), "okta:orgName": "other"}, stacks.COMPANY, NOW)
    assert caught.value.lines == [
        "okta.domain: acme.okta.com, but okta:orgName and okta:baseUrl say other.okta.com; make them agree"
    ]


def test_nothing_at_all_says_what_is_needed() -> None:
    with pytest.raises(StackFileError) as caught:
        validate({}, stacks.COMPANY, NOW)
    assert caught.value.lines == [
        "models: missing; give `models`",
        "okta: missing; give `okta`",
        "organization: missing; give `organization`",
    ]


TOKEN, KEY = "xoxb-sandbox-1", "whsec_" + "a" * 43 + "="


def test_a_secret_is_never_shown_whatever_is_wrong_with_it() -> None:
    document = {**stacks.small(), "slack_bot_token": "xoxp-wrong-kind", "webhook_signing_key": "hunter2"}
    document["github_webhook_secret"] = "hunter2"
    assert mistakes(document) == [
        (
            "github_webhook_secret: not a secret of 32 to 128 characters made by `openssl rand -hex 32` "
            "(what is there is not shown)"
        ),
        "slack_bot_token: not a Slack bot token (xoxb-...) (what is there is not shown)",
        'webhook_signing_key: not a key made by `echo "whsec_$(openssl rand -base64 32)"` (what is there is not shown)',
    ]
    right = load(stacks.config({**stacks.small(), "slack_bot_token": TOKEN}), stacks.COMPANY, NOW)
    assert TOKEN not in repr(right)
    assert TOKEN not in right.model_dump_json()


def test_githubs_alerts_go_to_the_stack_that_has_the_findings_log() -> None:
    document = {**stacks.small(), "github_webhook_secret": "a" * 64, "adopt": {"meter": True}}
    assert mistakes(document) == [
        (
            "github_webhook_secret: not used under adopt.meter: the stack that counts has the findings log; "
            "set it there, and take it out here"
        )
    ]


def test_anomalies_of_cost_are_watched_by_the_stack_that_has_the_topics_and_the_meter() -> None:
    monitor = "arn:aws:ce::123456789012:anomalymonitor/1a2b"
    small = stacks.small()
    assert mistakes({**small, "budgets": {"anomaly_monitor": monitor}}) == [
        "budgets.anomaly_monitor: nobody is told of it; set anomaly_usd too, or take this out"
    ]
    assert mistakes({**small, "budgets": {"anomaly_usd": 50}, "adopt": {"announcer": True, "meter": True}}) == [
        "budgets.anomaly_usd: not used under adopt.announcer: the topics are another stack's; set it there, and take it out",
        "budgets.anomaly_usd: not used under adopt.meter: the budgets are another stack's; set it there, and take it out",
    ]
    (wrong,) = mistakes({**small, "budgets": {"anomaly_usd": 50, "anomaly_monitor": "Default-Services-Monitor"}})
    assert "the ARN of a cost monitor such as arn:aws:ce::123456789012:anomalymonitor/1a2b" in wrong
    assert load(
        stacks.config({**small, "budgets": {"anomaly_usd": 50, "anomaly_monitor": monitor}}), stacks.COMPANY, NOW
    )


def test_jamf_is_off_and_once_it_is_on_needs_its_secret() -> None:
    assert load(stacks.config(stacks.small()), stacks.COMPANY, NOW).jamf is None
    jamf = {"url": "https://acme.jamfcloud.com", "client_id": "3f2c9a54-8d11"}
    assert mistakes({**stacks.small(), "jamf": jamf}) == [
        "jamf_client_secret: missing; `pulumi config set --secret jamf_client_secret`, or take `jamf` out"
    ]
    right = load(stacks.config({**stacks.small(), "jamf": jamf, "jamf_client_secret": "s" * 64}), stacks.COMPANY, NOW)
    assert right.jamf
    assert (right.jamf.several_macs, right.jamf.no_mac, right.jamf.unconfirmed) == ("refuse", "refuse", "leave")
    assert "sss" not in repr(right)


def test_jamfs_address_is_a_server_with_nothing_behind_it() -> None:
    jamf = {"url": "http://acme.jamfcloud.com/api", "client_id": "3f2c9a54-8d11", "no_mac": "ignore"}
    assert mistakes({**stacks.small(), "jamf": jamf, "jamf_client_secret": "short"}) == [
        "jamf.no_mac: not one of warn, refuse: ignore",
        (
            "jamf.url: not a Jamf Pro server's address such as https://acme.jamfcloud.com (no path): "
            "http://acme.jamfcloud.com/api"
        ),
        (
            "jamf_client_secret: not the secret of a Jamf Pro API client (16 to 256 characters, no blank) "
            "(what is there is not shown)"
        ),
    ]


def test_a_secret_in_clear_text_is_refused_and_an_encrypted_one_is_not() -> None:
    config = stacks.config({**stacks.small(), "slack_bot_token": TOKEN, "webhook_signing_key": KEY})
    with pytest.raises(StackFileError) as refused:
        load(config, stacks.COMPANY, NOW, ["claude-code-rollout:webhook_signing_key"])
    [line] = refused.value.lines
    assert line.startswith("slack_bot_token: in clear text; `pulumi config set --secret slack_bot_token`")
    assert TOKEN not in line
    keys = [f"claude-code-rollout:{key}" for key in ("slack_bot_token", "webhook_signing_key")]
    assert load(config, stacks.COMPANY, NOW, keys).slack_bot_token


def test_a_cohort_cannot_be_called_what_something_of_ours_is_called_in_aws() -> None:
    assert mistakes(changed({"level": "planned", "models": ["haiku"]}, "cohorts", "meter")) == [
        "cohorts.meter: meter is the name of something of ours in AWS; not one of announcer, delivery, denials, meter, reviews"
    ]


@pytest.mark.parametrize(
    ("address", "is_right"),
    [
        ("https://wiki.acme.example/claude/{cohort}.html", True),
        ("https://wiki.acme.example:8443/x?cohort={cohort}&a=%20(b)#top", True),
        ("https://{cohort}.wiki.acme.example", True),
        ("https://x/|<!channel>", False),
        ("https://x/{x}", False),
        ("https://x/{cohort", False),
        ("https://x/{{cohort}}", False),
        ('https://x/"onclick', False),
        ("https://x/\\n", False),
        ("https://x/é", False),
        ("https://user:password@x/", False),
        ("http://x/{cohort}", False),
    ],
)
def test_the_onboarding_pages_address_has_a_urls_characters_and_no_other_placeholder(
    address: str, is_right: bool
) -> None:
    document = changed(address, "notify", "onboarding_page")
    if is_right:
        assert loaded(document).notify.onboarding_page == address
    else:
        [line] = mistakes(document)
        assert line.startswith("notify.onboarding_page: not an https:// address of URL characters alone, {cohort} as")
