"""`rollout doctor`: what is broken comes first with its fix, and what cannot be asked is a finding, not a crash."""

from __future__ import annotations

import pytest

from cli.commands.doctor import code, lines
from cli.doctor.aws import per_person, spoken, tokens_of
from cli.doctor.finding import Check, Finding, Health, broken, fine, looked
from cli.doctor.outside import slack_finding
from rollout.config import Model

SONNET = Model(source="global.anthropic.claude-sonnet-4-6", input=3, output=15, cache_read=0.3, cache_write=3.75)


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
    assert list(lines(found))[-1] == "1 broken, 1 not asked, 1 fine"
    assert [code(found), code(found[1:]), code(found[2:])] == [1, 3, 0]


def test_a_models_tokens_per_minute_are_held_against_its_people() -> None:
    name = "global cross-region model inference tokens per minute for anthropic claude sonnet 4.6"
    assert tokens_of("sonnet", SONNET, 25, {name: 500_000}).health is Health.BROKEN
    assert "about 1,250,000 advised for 25 people" in tokens_of("sonnet", SONNET, 25, {name: 500_000}).what
    assert tokens_of("sonnet", SONNET, 25, {name: 2_000_000}).health is Health.FINE
    other = {name.removeprefix("global "): 2_000_000.0}
    assert tokens_of("sonnet", SONNET, 25, other).health is Health.UNKNOWN
    assert [per_person(people) for people in (1, 25, 10_000)] == [200_000, 50_000, 10_000]


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


def test_a_slack_token_is_judged_by_what_slack_says_of_it() -> None:
    assert slack_finding({"ok": False, "error": "invalid_auth"}, None).health is Health.BROKEN
    assert slack_finding({"ok": True}, None).health is Health.UNKNOWN
    assert "users:read.email" in slack_finding({"ok": True}, "chat:write,users:read").what
    assert slack_finding({"ok": True}, "chat:write, users:read, users:read.email").health is Health.FINE
