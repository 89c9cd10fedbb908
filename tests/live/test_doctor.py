"""`rollout doctor`: what is broken comes first with its fix, and what cannot be asked is a finding, not a crash."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from cli.commands.doctor import code, show
from cli.doctor import aws
from cli.doctor.aws import per_person, spoken, tokens_of
from cli.doctor.engine import Plugin, engine, own_plugins, packages, plugins
from cli.doctor.finding import Check, Finding, Health, broken, document, fine, looked
from cli.doctor.jamf import needed, privileges_finding
from cli.doctor.okta import people_findings
from cli.doctor.slack import token_finding
from rollout.model.macs import Channel
from rollout.model.models import Model
from rollout.people.directory import Person
from rollout.stack_file.load import load
from tests import stacks

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CALLABLE = {
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}
SONNET = Model(source="global.anthropic.claude-sonnet-4-6", input=3, output=15, cache_read=0.3, cache_write=3.75)


def shown(found: list[Finding]) -> list[str]:
    into = io.StringIO()
    show(Console(file=into, width=80), found)
    return [line.rstrip() for line in into.getvalue().splitlines()]


def test_what_is_broken_comes_first_and_a_check_that_crashes_is_a_finding() -> None:
    def crash() -> list[Finding]:
        raise OSError("no route")

    found = looked(
        [
            Check(name="a", look=lambda: [fine("a", "well")], fix="x"),
            Check(name="b", look=crash, fix="mend the network"),
            Check(name="c", look=lambda: [broken("c", "bad", "mend it")], fix="x"),
        ]
    )
    assert [(one.check, one.health) for one in found] == [
        ("c", Health.BROKEN),
        ("b", Health.UNKNOWN),
        ("a", Health.FINE),
    ]
    assert (found[1].what, found[1].fix) == ("OSError: no route", "mend the network")
    assert shown(found)[-1] == "1 broken, 1 not asked, 1 fine"
    assert [code(found), code(found[1:]), code(found[2:])] == [1, 3, 0]


def test_long_words_stay_in_their_column_and_what_to_do_is_below_them() -> None:
    found = [broken("invocation logging", f"goes to {'x' * 70} [bold]", "mend it"), fine("Okta", "well")]
    first, *more, fix, okta, _ = shown(found)
    assert first == "broken  invocation logging  goes to"
    assert {line[:28] for line in more} == {" " * 28}
    assert "".join(line.strip() for line in more) == f"{'x' * 70} [bold]"
    assert fix == f"{'':28}do: mend it"
    assert okta == "fine    Okta                well"


def test_a_models_tokens_per_minute_are_held_against_its_people() -> None:
    name = "global cross-region model inference tokens per minute for anthropic claude sonnet 4.6"
    assert tokens_of("sonnet", SONNET, 25, {name: 500_000}).health is Health.BROKEN
    assert "about 1,250,000 advised for 25 people" in tokens_of("sonnet", SONNET, 25, {name: 500_000}).what
    assert tokens_of("sonnet", SONNET, 25, {name: 2_000_000}).health is Health.FINE
    other = {name.removeprefix("global "): 2_000_000.0}
    assert tokens_of("sonnet", SONNET, 25, other).health is Health.UNKNOWN
    assert [per_person(people) for people in (1, 25, 10_000)] == [200_000, 50_000, 10_000]


def test_another_models_tokens_and_those_of_a_long_context_are_not_this_ones() -> None:
    kind = "global cross-region model inference tokens per minute for anthropic claude sonnet"
    others = {f"{kind} 4.65": 1.0, f"{kind} 4.6.1": 1.0, f"{kind} 4.6 v1 1m context length": 1.0}
    assert tokens_of("sonnet", SONNET, 1, others).health is Health.UNKNOWN
    assert tokens_of("sonnet", SONNET, 1, {**others, f"{kind} 4.6 v1": 200_000}).health is Health.FINE


class Account:
    """AWS that answers what it was given, by operation; what it was not given is not found."""

    def __init__(self, **answers: dict[str, Any]) -> None:
        self.answers = answers

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        def answer(**_: Any) -> dict[str, Any]:
            if operation not in self.answers:
                raise ClientError({"Error": {"Code": "NotFoundException", "Message": "none"}}, operation)
            return self.answers[operation]

        return answer


def of_aws(account: Account, check: str) -> list[Finding]:
    """What one check finds for the sandbox's stack file."""
    rollout = load(stacks.committed("sandbox"), stacks.COMPANY, NOW)
    return looked([one for one in aws.checks(lambda _: account, rollout, set()) if one.name == check])


def test_a_form_that_was_never_sent_is_broken_and_not_a_question_without_an_answer() -> None:
    [absent] = of_aws(Account(), "use case form")
    assert (absent.health, absent.what) == (Health.BROKEN, "was not sent")
    assert [one.health for one in of_aws(Account(get_use_case_for_model_access={"formData": b"{}"}), absent.check)] == [
        Health.FINE
    ]


def test_mail_says_whether_its_sender_is_still_to_come_or_to_be_verified() -> None:
    production = {"ProductionAccessEnabled": True}
    [absent] = of_aws(Account(get_account=production), "mail")
    assert (absent.health, absent.what) == (Health.UNKNOWN, "claude-rollout@acme.example is not there yet")
    waiting = Account(get_account={}, get_email_identity={"VerifiedForSendingStatus": False})
    assert [one.health for one in of_aws(waiting, "mail")] == [Health.BROKEN, Health.BROKEN]
    verified = Account(get_account=production, get_email_identity={"VerifiedForSendingStatus": True})
    assert [one.health for one in of_aws(verified, "mail")] == [Health.FINE]


@pytest.mark.parametrize(
    ("field", "value", "fix"),
    [
        ("agreementAvailability", {"status": "NOT_AVAILABLE"}, "accept the model's agreement in Bedrock"),
        ("entitlementAvailability", "NOT_AVAILABLE", "ask for access to the model in Bedrock"),
        ("regionAvailability", "NOT_AVAILABLE", "take a model that this region has"),
    ],
)
def test_a_model_that_cannot_be_called_says_why_and_what_to_do(field: str, value: Any, fix: str) -> None:
    good = CALLABLE
    [found] = of_aws(Account(get_foundation_model_availability={**good, field: value}), "model opus")
    assert (found.health, found.fix) == (Health.BROKEN, fix)
    active = {"modelDetails": {"modelLifecycle": {"status": "ACTIVE"}}}
    [found] = of_aws(Account(get_foundation_model_availability=good, get_foundation_model=active), "model opus")
    assert found.health is Health.FINE


@pytest.mark.parametrize(
    ("days", "health"), [(None, Health.BROKEN), (30, Health.BROKEN), (89, Health.BROKEN), (200, Health.FINE)]
)
def test_a_model_that_aws_ends_soon_is_broken_and_one_that_it_ends_later_is_told_of(
    days: int | None, health: Health
) -> None:
    end = {} if days is None else {"endOfLifeTime": datetime.now(UTC) + timedelta(days=days)}
    legacy = {"modelDetails": {"modelLifecycle": {"status": "LEGACY", **end}}}
    [found] = of_aws(Account(get_foundation_model_availability=CALLABLE, get_foundation_model=legacy), "model opus")
    assert found.health is health
    assert "is legacy: AWS ends it on " in found.what
    assert bool(found.fix) is (health is Health.BROKEN)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("anthropic.claude-sonnet-4-6", "claude sonnet 4.6"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "claude haiku 4.5"),
        ("anthropic.claude-opus-4-6-v1", "claude opus 4.6"),
        ("anthropic.claude-opus-5", "claude opus 5"),
    ],
)
def test_a_model_is_called_as_service_quotas_calls_it(model: str, name: str) -> None:
    assert spoken(model) == name


def test_an_answer_that_is_none_is_said_in_few_words() -> None:
    def look() -> list[Finding]:
        return [document(httpx.Response(503, request=httpx.Request("POST", "https://slack.com/api/auth.test")))]

    [found] = looked([Check(name="Slack", look=look, fix="wait")])
    assert (found.health, found.what) == (Health.UNKNOWN, "slack.com answers 503")


def test_a_slack_token_is_judged_by_what_slack_says_of_it() -> None:
    assert token_finding({"ok": False, "error": "invalid_auth"}, None).health is Health.BROKEN
    assert token_finding({"ok": True}, None).health is Health.UNKNOWN
    assert "users:read.email" in token_finding({"ok": True}, "chat:write,users:read").what
    assert token_finding({"ok": True}, "chat:write, users:read, users:read.email").health is Health.FINE


def test_packages_are_held_against_what_the_requirements_ask_for() -> None:
    text = "httpx==1.0\npulumi==3.258.0 \\\n    --hash=sha256:0\npulumi-aws==7.51.1 \\\npulumi-okta==7.0.1 \\\n"
    there = {"pulumi-aws": "7.51.1", "pulumi-okta": "7.0.1"}
    assert list(packages(text, there.get)) == [fine("packages", "pulumi-aws 7.51.1, pulumi-okta 7.0.1")]
    old, absent = packages(text, {"pulumi-aws": "7.50.0"}.get)
    assert old.what == "requirements.txt asks for pulumi-aws 7.51.1; 7.50.0 is installed"
    assert absent.what == "requirements.txt asks for pulumi-okta 7.0.1; it is not installed"
    assert {old.health, absent.health} == {Health.BROKEN}
    assert "`make setup`" in old.fix


@pytest.mark.parametrize(
    ("said", "okta_token", "health", "word"),
    [
        ("v3.257.9", False, Health.BROKEN, "older than 3.258.0"),
        ("v3.258.0", True, Health.FINE, ""),
        ("v3.276.0", False, Health.FINE, ""),
        ("v3.276.0", True, Health.BROKEN, "while Okta is away"),
        ("v3.258.0-dev.0", True, Health.FINE, ""),
    ],
)
def test_an_engine_that_would_wait_for_an_okta_that_is_away_is_named_before_an_incident(
    said: str, okta_token: bool, health: Health, word: str
) -> None:
    [found] = engine(said, okta_token=okta_token)
    assert found.health is health
    assert word in found.what


def test_a_plug_in_that_is_not_there_is_broken_unless_the_engine_fetches_it() -> None:
    wanted = {Plugin("aws", "7.51.1"), Plugin("okta", "7.0.1")}
    present = {Plugin("aws", "7.50.0"), Plugin("aws", "7.49.0"), Plugin("okta", "7.0.1")}
    assert list(plugins(wanted, present, fetches=False)) == [
        broken(
            "plug-ins",
            "aws 7.51.1 is not there, but 7.49.0, 7.50.0",
            "`pulumi plugin install resource aws 7.51.1`",
        )
    ]
    [later] = plugins(wanted, present, fetches=True)
    assert later == fine("plug-ins", "aws 7.51.1 (fetched by the next update), okta 7.0.1")
    assert list(plugins(wanted, wanted, fetches=False)) == [fine("plug-ins", "aws 7.51.1, okta 7.0.1")]


def test_a_plug_in_of_the_project_needs_its_folder_and_its_python(tmp_path: Path) -> None:
    declared = "plugins:\n  providers:\n    - {name: jamf, path: providers/jamf}\n"
    (tmp_path / "Pulumi.yaml").write_text(declared, encoding="utf-8")
    [absent] = own_plugins(tmp_path)
    assert absent.what == "jamf: no providers/jamf/PulumiPlugin.yaml"

    folder = tmp_path / "providers" / "jamf"
    folder.mkdir(parents=True)
    manifest = "runtime: {name: python, options: {virtualenv: ../../.venv}}\n"
    (folder / "PulumiPlugin.yaml").write_text(manifest, encoding="utf-8")
    [without] = own_plugins(tmp_path)
    assert (without.health, without.fix) == (Health.BROKEN, "`make setup`")

    (tmp_path / ".venv").mkdir()
    assert list(own_plugins(tmp_path)) == [fine("own plug-ins", "jamf in providers/jamf")]
    (tmp_path / "Pulumi.yaml").write_text("name: x\n", encoding="utf-8")
    assert list(own_plugins(tmp_path)) == []


def test_jamfs_privileges_are_those_of_the_page_and_each_missing_one_is_named() -> None:
    by_profile, by_file = (needed(channel) for channel in (Channel.PROFILE, Channel.FILE))
    page = stacks.PROJECT / "docs" / "jamf.md"
    rows = re.findall(
        r"^\| (?:(Create, [\w, ]+): )?([^|]+) \| [^|]+ \|$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {
        f"{verb} {thing}" if verb else thing
        for verbs, things in rows
        if verbs or things.startswith(("Read ", "View "))
        for verb in (verbs.split(", ") if verbs else [""])
        for thing in things.split(", ")
    }
    assert by_profile == told
    assert by_file < by_profile

    def judged(**sites: list[str]) -> Finding:
        return privileges_finding(by_profile, {"account": {"privilegesBySite": sites}})

    assert judged(**{"-1": sorted(by_profile)}).health is Health.FINE
    lacking = judged(**{"-1": sorted(by_profile - {"Delete Scripts", "Create Policies"})})
    assert (lacking.health, lacking.what) == (Health.BROKEN, "missing: Create Policies, Delete Scripts")
    assert judged(**{"3": sorted(by_profile)}).health is Health.BROKEN
    assert privileges_finding(by_profile, {}).health is Health.UNKNOWN


def test_a_member_who_left_okta_is_named_with_what_to_do() -> None:
    rollout = load(stacks.committed("sandbox"), stacks.COMPANY, NOW)
    members = [Person(email, email, email, "ACTIVE") for email in rollout.cohorts["pilot"].members]
    assert [finding.health for finding in people_findings(rollout, members)] == [Health.FINE]
    first, second, *rest = members
    left = Person(second.id, second.email, second.login, "DEPROVISIONED")
    gone, deactivated = people_findings(rollout, [left, *rest])
    assert gone.what == f"{first.email} of pilot: nobody in acme.okta.com has this e-mail address"
    assert gone.fix == "correct it, or take the member out"
    assert deactivated.what == f"{second.email} of pilot: deprovisioned in acme.okta.com"
    assert {gone.health, deactivated.health} == {Health.BROKEN}
