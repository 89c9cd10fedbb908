"""`rollout check`: a stack file judged as it lies there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.terminal.check_tables import BUDGETS, LEVELS, TEAMS
from tests.cli.conftest import Command

PILOT = "rosters/pilot.csv"


def change(file: Path, was: str, becomes: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert was in text
    file.write_text(text.replace(was, becomes, 1), encoding="utf-8")


def test_the_committed_stack_files_have_no_mistakes_and_their_advice_is_none(rollout: Command) -> None:
    ended = rollout("check", "--json")
    assert ended.code == 0
    assert ended.document["errors"] == []
    assert list(ended.document["stacks"]) == ["dev", "prod", "sandbox"]
    assert any("backend is over-represented" in line for line in ended.document["advice"])
    assert rollout("check", "--strict").code == 1


def test_the_plans_three_risks_are_computed_against_the_other_teams(rollout: Command, project: Path) -> None:
    """The plan's own example: 3 of 8 platform engineers beside 10 of 43 others, no junior, one champion."""
    people = [("platform", 3), ("backend", 3), ("frontend", 3), ("data", 2), ("mobile", 2)]
    rows = [
        f"P{team}{n},{team}{n}@acme.example,{team},senior,{'yes' if n == 0 else 'no'}"
        for team, count in people
        for n in range(count)
    ]
    (project / PILOT).write_text("\n".join(["name,email,team,seniority,champion", *rows, ""]), encoding="utf-8")
    [pilot] = rollout("check", "-s", "sandbox", "--json").document["stacks"]["sandbox"]["cohorts"].values()
    assert pilot["teams"]["platform"] == {
        "people": 3,
        "headcount": 8,
        "champions": 1,
        "share_percent": 37.5,
        "others_percent": 23.26,
        "times": 1.61,
        "too_many": True,
    }
    assert [advice["rule"] for advice in pilot["advice"]] == [
        "teams-are-balanced",
        "two-champions-per-team",
        "seniority-is-mixed",
        "juniors-are-there",
    ]
    ended = rollout("check", "-s", "sandbox")
    assert ended.code == 0  # advice is no mistake
    assert "1.6 !" in ended.out


def test_a_line_below_each_table_says_what_its_heads_mean(rollout: Command) -> None:
    lines = [line.strip() for line in rollout("check", "-s", "sandbox").out.splitlines()]
    assert {TEAMS, BUDGETS, LEVELS} <= set(lines)


def test_a_cohort_that_could_not_be_throttled_is_said_before_an_incident(rollout: Command, project: Path) -> None:
    change(project / "Pulumi.dev.yaml", "models: [haiku]", "models: [sonnet]")
    ended = rollout("check", "-s", "dev", "--json")
    assert ended.code == 0
    [line] = [line for line in ended.document["advice"] if "throttled" in line]
    assert line.startswith("Pulumi.dev.yaml: cohorts.trial.models: without haiku, all that is left at throttled")
    assert "or set throttle.model to one of these" in line


def test_a_stack_file_in_which_a_silent_okta_holds_an_update_up_for_minutes_is_told_so(
    rollout: Command, project: Path
) -> None:
    for line in ("  okta:minWaitSeconds: 2\n", "  okta:maxWaitSeconds: 60\n"):
        change(project / "Pulumi.dev.yaml", line, "")
    ended = rollout("check", "-s", "dev", "--json")
    assert ended.document["stacks"]["dev"]["okta"]["longest_wait_seconds"] == 750
    [line] = [line for line in ended.document["advice"] if "okta:minWaitSeconds" in line]
    assert line.startswith(
        "Pulumi.dev.yaml: okta:minWaitSeconds, okta:maxWaitSeconds: missing; while Okta does not answer, its provider "
        "tries each call for 750 s; set "
    )
    assert "Okta's provider" in rollout("check", "-s", "dev").out


def test_all_mistakes_come_out_at_once_in_the_programs_own_words(rollout: Command, project: Path) -> None:
    change(project / "Pulumi.prod.yaml", "level: active", "level: activ")
    change(project / PILOT, ",mid,", ",medior,")
    ended = rollout("check", "--json")
    assert ended.code == 1
    levels = "not one of planned, active, restricted, throttled, suspended, rolled_back: activ"
    assert f"Pulumi.prod.yaml: cohorts.pilot.level: {levels}" in ended.document["errors"]
    medior = [line for line in ended.document["errors"] if "seniority: not one of senior, mid, junior: medior" in line]
    assert {line.split(":")[0] for line in medior} == {"Pulumi.prod.yaml", "Pulumi.sandbox.yaml"}
    for_people = rollout("check")
    assert for_people.code == 1
    assert all(line.partition(": ")[2] in for_people.out for line in ended.document["errors"])
    assert "Residual access" in for_people.out  # of dev, which has no mistake


def test_what_is_encrypted_is_said_to_be_unread_and_what_is_not_is_refused(rollout: Command, project: Path) -> None:
    ended = rollout("check", "-s", "sandbox", "--json")
    assert "slack_bot_token" in ended.document["stacks"]["sandbox"]["not_read"]
    assert "encrypted, and not read here: " in rollout("check", "-s", "sandbox").out
    stack_file = project / "Pulumi.dev.yaml"
    stack_file.write_text(
        f"{stack_file.read_text(encoding='utf-8')}  claude-code-rollout:slack_bot_token: xoxb-sandbox\n"
        "  claude-code-rollout:slak_token: {secure: v1:AAAA}\n",
        encoding="utf-8",
    )
    clear, unknown = rollout("check", "-s", "dev", "--json").document["errors"]
    assert "slack_bot_token: in clear text; `pulumi config set --secret slack_bot_token` a new one" in clear
    assert "slak_token: unknown key" in unknown


def test_residual_access_is_told_against_the_plans_minutes(rollout: Command, project: Path) -> None:
    change(project / "Pulumi.dev.yaml", "config:", "config:\n  claude-code-rollout:federation: oidc")
    ended = rollout("check", "-s", "dev", "--json")
    levels = ended.document["stacks"]["dev"]["residual"]["levels"]
    assert levels["suspended"] == {"minutes": 120, "aws": 5, "okta": 120, "mac": None, "met": False}
    assert levels["rolled_back"]["met"] is True
    assert any("after suspended a session may last 120 minutes" in line for line in ended.document["advice"])
    assert "too late" in rollout("check", "-s", "dev").out


@pytest.mark.parametrize("stack", ["dev", "prod", "sandbox"])
def test_the_tables_hold_in_eighty_columns_and_need_no_colours(rollout: Command, stack: str) -> None:
    out = rollout("check", "-s", stack).out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    for heading in ("Head-count", "Champions", "By Okta", "All in a month"):
        assert heading in out


def test_a_file_without_a_config_is_passed_over_unless_it_is_asked_for(rollout: Command, project: Path) -> None:
    (project / "Pulumi.new.yaml").write_text("encryptionsalt: v1:x\n", encoding="utf-8")
    ended = rollout("check", "--json")
    assert (ended.code, ended.document["passed_over"]) == (0, ["Pulumi.new.yaml"])
    asked = rollout("check", "-s", "new", "--json")
    assert (asked.code, asked.document["errors"]) == (
        1,
        ["Pulumi.new.yaml: config: missing; see the README for what it holds"],
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("config:\n  a: 1\n  a: 2\n", "no YAML: 3: a is there twice"),
        ("config: {a: [}\n", "no YAML: 1: "),
        ("config: " + "[" * 100_000, "no YAML: nested too deep"),
        ("config: " + "- " * 100_000, "no YAML: nested too deep"),
        ("config: &a [*a]\n", "no YAML: an alias that stands for what it is in"),
        (
            "a: &a [1, 1, 1, 1, 1, 1, 1, 1]\n"
            + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 8)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True))
            + "config: {x: *h}\n",
            "no YAML: its aliases unfold to more than 2000000 values",
        ),
        ("config: {x: 2026-02-31}\n", "no YAML: day is out of range for month"),
        ("config: {1: 2, null: 3}\n", "models: missing"),
    ],
    ids=["twice", "broken", "brackets", "rows", "circle", "bomb", "date", "keys"],
)
def test_whatever_a_stack_file_holds_is_answered_with_a_mistake(
    rollout: Command, project: Path, text: str, words: str
) -> None:
    (project / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    ended = rollout("check", "-s", "dev", "--json")
    assert ended.code == 1
    assert words in "\n".join(ended.document["errors"])


def test_a_folder_without_stack_files_is_said_to_be_the_wrong_one(rollout: Command, tmp_path: Path) -> None:
    ended = rollout("check", folder=tmp_path)
    assert ended.code == 1
    assert ended.err.startswith(
        "rollout: there is no Pulumi.<stack>.yaml here; stacks: none; go to the project's folder"
    )
    assert (
        rollout("check", "-s", "prd").err == "rollout: there is no Pulumi.prd.yaml here; stacks: dev, prod, sandbox\n"
    )


def test_whose_access_ends_is_said_the_earliest_first(rollout: Command, project: Path) -> None:
    lines = ["name,email,team,until"]
    lines += [f"P{n},p{n}@acme.example,platform,2099-03-31" for n in range(6)]
    lines += ["Q,q@acme.example,platform,2020-01-01", "R,r@acme.example,platform,"]
    (project / PILOT).write_text("\n".join([*lines, ""]), encoding="utf-8")
    said = rollout("check", "-s", "sandbox").out
    ended, ends = "access ended 2020-01-02 00:00:00 UTC: q@acme.example", "access ends 2099-04-01 00:00:00 UTC: "
    assert said.index(ended) < said.index(ends)
    assert "p3@acme.example and 2 more" in " ".join(said.split())
    assert "r@acme.example" not in said
