"""What `rollout init` asks where there is no file of answers: each answer is judged as it is typed."""

from __future__ import annotations

from typing import Any

import pytest

from cli.company.interview import QUESTIONS, interview
from rollout.model.identity_center import IdentityCenter


def conversation(*lines: str) -> tuple[Any, str]:
    """What comes of these answers, and what was said meanwhile."""
    said: list[str] = []
    typed = iter([f"{line}\n" for line in lines])
    return interview(said.append, lambda: next(typed, "")), "".join(said)


def test_each_answer_is_judged_as_it_is_typed_and_asked_for_again() -> None:
    answers, said = conversation(
        *("", "Globex"),
        *("core", "core 9, core 1", "core 9, web 6 lead@globex.example"),
        *("https://globex.okta.com", "globex.okta.com"),
        *("ldap", "identity_center", "oidc"),
        *("moon", "eu-central-1"),
        *("12", "210987654321"),
        *("sonet", "haiku sonnet"),
        *("mars", "eu"),
        *("nowhere.csv", ""),
        *("T0123ABCD", "T0123ABCD C0123ABCD"),
        *("nobody", ""),
        "",
    )
    assert answers.organization == "Globex"
    assert answers.teams["web"].lead == "lead@globex.example"
    assert (answers.region, answers.account, answers.models) == ("eu-central-1", "210987654321", ("haiku", "sonnet"))
    assert answers.slack is not None
    assert answers.federation == "oidc"
    for refusal in (
        "  needs an answer",
        "  no head-count: core; write a team and its people, such as backend 12",
        "  twice: core; name each team once",
        "  not a domain such as acme.okta.com (no https://, no path): https://globex.okta.com",
        "  not one of saml, oidc, identity_center: ldap",
        f"  federation: identity_center and a map identity_center ({', '.join(IdentityCenter.model_fields)}) go together",
        "  not an AWS region such as us-east-1: moon",
        '  not an AWS account\'s id, 12 digits in quotes ("123456789012"): 12',
        "  0: not offered: sonet; did you mean sonnet? allowed: haiku, opus, sonnet",
        "  not one of global, us, eu, apac, au, jp, ca: mars",
        "  no such file: nowhere.csv; give the path of a CSV file, or press Enter",
        "  engineering: not a Slack channel's id, such as C0123ABCD: ",
    ):
        assert f"{refusal}\n" in said, said


def test_enter_alone_takes_what_stands_in_brackets() -> None:
    answers, said = conversation("Globex", "core 9", "globex.okta.com", *[""] * (len(QUESTIONS) - 3))
    assert "Which AWS region? [us-east-1] " in said
    assert (answers.region, answers.geography, answers.account) == ("us-east-1", "global", None)


def test_whoever_leaves_in_the_middle_has_written_nothing() -> None:
    with pytest.raises(EOFError):
        conversation("Globex")
