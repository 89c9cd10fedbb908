"""Macs behind a gateway: their settings, the files beside them, and what an update and a reviewer say of the change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollout.access.residual import missed, residual_access
from rollout.access.update_warnings import changed_ways_in, refused_spellings, tokens_that_outlive
from rollout.account import Account
from rollout.incidents.cut_record import CohortRecord, Record, read
from rollout.incidents.cut_rules import advance
from rollout.levels import Level
from rollout.macs import commit_guard, gateway_files, own_usage_view
from rollout.macs.bundle import bundle
from rollout.macs.checks import findings
from rollout.macs.places import PLACES, Platform
from rollout.model.rollout import Rollout
from rollout.onboarding.page import page
from rollout.review.comment import comment
from rollout.review.diff import diff
from tests.macs.world import INCIDENT, NOW, SET, arns, document, rollout

URL = "https://claude.acme.example"
KINDS = ("claude_apps", "litellm")
ACCOUNT = Account("123456789012", "us-east-1")
SHELLS = [platform for platform in Platform if PLACES[platform].shell]


def behind(kind: str, pilot: dict[str, Any] | None = None, **changes: Any) -> Rollout:
    role = "arn:aws:iam::123456789012:role/claude-gateway"
    return rollout(pilot, gateway={"kind": kind, "url": URL, "role_arn": role}, **changes)


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("level", SET)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_aws_is_left_at_any_level(kind: str, level: Level, platform: Platform) -> None:
    made = document(behind(kind), level, platform)
    assert [name for name in made["env"] if name.startswith("AWS_")] == []
    assert (made["env"]["CLAUDE_CODE_USE_BEDROCK"], made["env"]["ANTHROPIC_API_KEY"]) == ("0", "")
    assert {"awsAuthRefresh", "statusLine"} & {*made} == set()
    assert "SessionStart" not in made.get("hooks", {})
    assert "arn:" not in json.dumps({key: made[key] for key in ("model", "availableModels", "env")})
    assert findings(made) == []


@pytest.mark.parametrize("level", SET)
def test_the_vendors_gateway_is_the_one_place_to_sign_in_to(level: Level) -> None:
    made = document(behind("claude_apps"), level)
    assert made["allowedProviders"] == ["gateway"]
    assert (made["forceLoginMethod"], made["forceLoginGatewayUrl"]) == ("gateway", URL)
    assert "apiKeyHelper" not in made
    assert "ANTHROPIC_BASE_URL" not in made["env"]


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("level", SET)
def test_litellm_is_asked_with_the_persons_token_and_at_suspended_with_none(level: Level, platform: Platform) -> None:
    made = document(behind("litellm"), level, platform)
    assert (made["allowedProviders"], made["env"]["ANTHROPIC_BASE_URL"]) == (["customEndpoint"], URL)
    helper = f'"{PLACES[platform].folder}/rollout-token" token' if PLACES[platform].shell else None
    assert made.get("apiKeyHelper") == (None if level is Level.SUSPENDED else helper)


@pytest.mark.parametrize("kind", KINDS)
def test_what_each_level_takes_is_taken_behind_a_gateway_too(kind: str) -> None:
    for level in SET:
        direct, by_gateway = document(rollout(), level), document(behind(kind), level)
        for key in ("permissions", "sandbox", "allowManagedHooksOnly", "disableSideloadFlags"):
            assert by_gateway.get(key) == direct.get(key)
        if kind == "claude_apps" or level is not Level.THROTTLED:  # who waits then is below
            assert by_gateway.get("companyAnnouncements") == direct.get("companyAnnouncements")
            for event in ("PreToolUse", "UserPromptSubmit"):
                assert by_gateway.get("hooks", {}).get(event) == direct.get("hooks", {}).get(event)
        assert len(by_gateway["availableModels"]) == len(direct["availableModels"])


@pytest.mark.parametrize(
    ("stack", "waits", "words"),
    [
        (rollout(), 2, "5 seconds before each step"),
        (behind("claude_apps"), 2, "5 seconds before each step"),
        (behind("litellm"), 0, "5 seconds before each request"),
        (behind("litellm", throttle={"delay_seconds": 0}), 0, None),
    ],
)
def test_at_throttled_either_the_client_waits_or_the_gateway_and_the_words_say_which(
    stack: Rollout, waits: int, words: str | None
) -> None:
    made = document(stack, Level.THROTTLED)
    assert json.dumps(made["hooks"]).count("/bin/sleep 5") == waits
    [said] = made["companyAnnouncements"]
    assert said.endswith(f"tokens a day, {words}." if words else "tokens a day.")


@pytest.mark.parametrize("platform", SHELLS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_file_that_signs_in_to_aws_is_put_on_a_machine(kind: str, platform: Platform) -> None:
    stack = behind(kind)
    names = {piece.name.rpartition("/")[2] for piece in bundle(stack, "pilot", arns(stack), "okta-aws-cli web")}
    assert {"aws-config", "rollout-credentials", "rollout-credentials.conf", "rollout-me"} & names == set()
    assert ("rollout-token" in names) == (kind == "litellm")
    given = {"aws_profile": "claude-code", "aws_config_file": "x"}
    assert commit_guard.settings(stack, ACCOUNT, **given)["queue"] is None
    assert own_usage_view.files(stack, ACCOUNT, platform, **given) == ()
    entries = [file.path for file in gateway_files.files(stack, ACCOUNT, platform)]
    assert entries[-1:] == ([f"{PLACES[platform].folder}/rollout-token"] if kind == "litellm" else [])


@pytest.mark.parametrize("kind", KINDS)
def test_what_signed_in_to_aws_is_taken_off_the_macs_in_the_same_run(kind: str) -> None:
    from rollout.macs.credential_helper import files as direct_files

    stack, place = behind(kind), PLACES[Platform.MACOS]
    given = {"aws_profile": "claude-code", "aws_config_file": place.aws_config}
    process = "okta-aws-cli web --org-domain a --aws-iam-idp b --aws-iam-role c/d --aws-region e"
    before = {
        place.aws_config,
        *(file.path for file in direct_files(rollout(), "pilot", Platform.MACOS, process)),
        *(file.path for file in own_usage_view.files(rollout(), ACCOUNT, Platform.MACOS, **given)),
    }
    kept = [
        *gateway_files.files(stack, ACCOUNT, Platform.MACOS),
        *commit_guard.files(stack, ACCOUNT, Platform.MACOS, **given),
    ]
    gone = gateway_files.gone(stack, ACCOUNT, Platform.MACOS)
    assert before - {file.path for file in kept} <= set(gone)
    assert {file.path for file in kept} & set(gone) == set()
    assert gateway_files.gone(rollout(), ACCOUNT, Platform.MACOS) == ()


@pytest.mark.parametrize(("kind", "mac"), [("claude_apps", 60), ("litellm", None)])
def test_what_is_kept_after_okta_is_the_sign_in_to_the_gateway_and_not_a_session_of_aws(
    kind: str, mac: int | None
) -> None:
    found = residual_access(behind(kind, federation="oidc"))[Level.SUSPENDED]
    assert (found.aws, found.okta, found.mac) == (5, 60, mac)


def test_a_gateway_whose_settings_are_asked_for_hourly_misses_the_first_levels_and_says_so() -> None:
    lines = [mistake.line({}) for mistake in missed(behind("claude_apps"))]
    assert len(lines) == 2
    assert lines[0].startswith("gateway.kind: claude_apps: Claude Code asks this gateway for its settings every 60 min")
    assert "restricted" in lines[0]
    assert "15 are allowed" in lines[0]
    assert missed(behind("litellm")) == []
    assert residual_access(behind("claude_apps", session_minutes=30))[Level.SUSPENDED].okta == 30
    jamf = {"url": "https://acme.jamfcloud.com", "client_id": "12345678-1234-1234-1234-123456789012"}
    pushed = behind("claude_apps", jamf=jamf, jamf_client_secret="x" * 20, mac={"check_in_minutes": 5})
    assert residual_access(pushed)[Level.RESTRICTED].mac == 6


def recorded(stack: Rollout) -> Record:
    return read(advance(Record(), stack, None, NOW).document())


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (rollout(), behind("litellm"), f"now reach Bedrock by {URL} alone; AWS sessions by Okta's sign-in that exist"),
        (behind("litellm"), rollout(), f"sign in to AWS through Okta again; AWS sessions by {URL} that exist"),
        (behind("litellm"), behind("claude_apps"), None),
        (rollout(), rollout(), None),
    ],
)
def test_a_preview_says_that_people_come_in_otherwise(before: Rollout, after: Rollout, said: str | None) -> None:
    lines = changed_ways_in(recorded(before), after)
    assert len(lines) == bool(said)
    assert said is None or said in lines[0]
    assert said is None or "end within 60 minutes" in lines[0]


def test_of_a_cohort_that_is_new_or_gone_no_preview_says_so() -> None:
    assert changed_ways_in(Record(), behind("litellm")) == []
    assert changed_ways_in(recorded(rollout()), behind("litellm", {"level": "rolled_back", "incident": INCIDENT})) == []


def test_a_review_comment_says_so_at_its_head_and_in_a_table() -> None:
    text = comment("dev", diff(rollout(), behind("litellm")))
    assert text.splitlines()[2].endswith("**2 come in by another way**")
    assert f"Okta's sign-in to AWS | **`{URL}`** | 2 |" in text
    assert "end within 60 min" in text
    assert "Ways in" not in comment("dev", diff(rollout(), rollout()))


def test_a_sign_in_from_before_a_suspension_is_good_again_after_it_for_a_while() -> None:
    cut = CohortRecord(level=Level.SUSPENDED)
    [line] = tokens_that_outlive(Record(cohorts={"pilot": cut}), behind("litellm"))
    assert "a sign-in that its gateway issued before the suspension" in line
    assert "60 minutes" in line


def test_who_has_no_place_for_their_capitals_is_named_in_the_preview() -> None:
    people = {f"somebody.number{each:02d}@acme.example": {"name": "x", "team": "backend"} for each in range(80)}
    stack = behind("litellm", {"members": people})
    known = {email: (email.title(),) for email in people}
    [line] = refused_spellings(stack, advance(Record(), stack, known, NOW))
    assert "cohorts.pilot: too large" in line
    assert "Somebody.Number79@Acme.Example" in line
    assert refused_spellings(stack, advance(Record(), stack, {email: (email,) for email in people}, NOW)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_for_beginners_leads_to_the_gateway_and_to_nothing_of_aws(kind: str) -> None:
    text = page(behind(kind), "pilot")
    assert URL in text
    assert ("<code>/login</code>: Okta's page opens" in text) == (kind == "claude_apps")
    assert "brew install okta-aws-cli" not in text
    assert "status line" not in text
