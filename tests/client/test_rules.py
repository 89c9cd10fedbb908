"""Each form of permission rule that a stack file takes is shown to bind: denied with it, done without it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from rollout.levels import Level
from rollout.model.fields import PermissionRule
from rollout.model.permission_rules import FORMS, TOOLS
from tests.client import told
from tests.client.deployed import Deployed
from tests.client.laptop import Laptop, Session

# Words of the client's refusals, by kind of tool.
REFUSALS = (
    "has been denied",
    "denied by your permission settings",
    "WebFetch denied access",
    "blocked by permission rules",
    "has been denied by permission rule",
)
EVERY_TOOL = {"ENABLE_TOOL_SEARCH": "false"}  # else some are offered only once they were searched for
ANY_MODE = ("--permission-mode", "bypassPermissions")
NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def calls(project: Path) -> Mapping[str, str]:
    """By rule, what it denies: a prompt that has the model do it."""
    name = project.name

    def write(path: str) -> str:
        return told.tool("Write", file_path=str(project / path), content="x")

    def fetch(url: str) -> str:
        return told.tool("WebFetch", url=url, prompt="p")

    def agent(kind: str) -> str:
        return told.tool("Agent", description="d", prompt="hello", subagent_type=kind)

    return {
        "Bash(touch b1)": told.bash("touch b1"),
        "Bash(touch b2:*)": told.bash("touch b2 b3"),
        "Bash(touch b4 *)": told.bash("touch b4 b5"),
        "Bash(* b6)": told.bash("touch b6"),
        "Bash(touch b7*)": told.bash("touch b7x"),
        "Read(r1.txt)": told.read(project / "sub" / "r1.txt"),
        "Read(./r2.txt)": told.read(project / "r2.txt"),
        "Read(//**/r3.txt)": told.read(project / "r3.txt"),
        "Read(**/r4.txt)": told.read(project / "r4.txt"),
        f"Read(~/{name}/r5.txt)": told.read(project / "r5.txt"),
        f"Read(/{project}/r6.txt)": told.read(project / "r6.txt"),
        "Read(r7.*)": told.read(project / "r7.txt"),
        "Edit(w1.txt)": write("w1.txt"),
        "Edit(./w2.txt)": write("w2.txt"),
        "Edit(//**/w3.txt)": write("w3.txt"),
        "Edit(**/w4.txt)": write("w4.txt"),
        f"Edit(~/{name}/w5.txt)": write("w5.txt"),
        "Edit(.github/workflows/**)": write(".github/workflows/w6.yml"),
        "WebFetch(domain:a.example)": fetch("https://a.example/x"),
        "WebFetch(domain:*.b.example)": fetch("https://x.b.example/"),
        "WebFetch(domain:c.*)": fetch("https://c.example/"),
        "Skill(s1)": told.tool("Skill", skill="s1"),
        "Skill(s2 *)": told.tool("Skill", skill="s2"),
        "Skill(s3:*)": told.tool("Skill", skill="s3"),
        "Agent(Explore)": agent("Explore"),
        "Task(Plan)": agent("Plan"),
    }


@pytest.fixture
def furnished(alice: Laptop) -> Laptop:
    """Her laptop with files to read and skills to use."""
    (alice.project / "sub").mkdir()
    for file in ("sub/r1.txt", *(f"r{number}.txt" for number in range(2, 8))):
        (alice.project / file).write_text("SECRET", encoding="utf-8")
    for name in ("s1", "s2", "s3"):
        skill = alice.home / ".claude" / "skills" / name / "SKILL.md"
        skill.parent.mkdir(parents=True)
        skill.write_text(f"---\nname: {name}\ndescription: d\n---\nText", encoding="utf-8")
    return alice


def asked(pilot: Deployed, laptop: Laptop, rules: list[str], *prompts: str) -> Session:
    document = pilot.settings(Level.ACTIVE)
    document["permissions"]["deny"] += rules
    pilot.install(laptop, document)
    return laptop.asks(" ".join(prompts) or "hello", *ANY_MODE, exported=EVERY_TOOL)


def refused(session: Session) -> list[bool]:
    return [any(words in result for words in REFUSALS) for result in session.tool_results]


def test_every_form_that_a_stack_file_takes_is_tried_here() -> None:
    rules = calls(Path("/home/project"))
    taken = TypeAdapter[str](PermissionRule)
    assert [rule for rule in rules if taken.validate_python(rule) != rule] == []
    assert {rule.partition("(")[0] for rule in rules} == FORMS.keys() - {"PowerShell"}  # which is Windows' own


def test_each_rule_denies_what_it_says(pilot: Deployed, furnished: Laptop) -> None:
    by_rule = calls(furnished.project)
    session = asked(pilot, furnished, list(by_rule), *by_rule.values())
    assert session.errors == ""
    assert [rule for rule, denied in zip(by_rule, refused(session), strict=True) if not denied] == []


def test_without_the_rules_all_of_it_is_done(pilot: Deployed, furnished: Laptop) -> None:
    by_rule = calls(furnished.project)
    session = asked(pilot, furnished, [], *by_rule.values())
    assert [rule for rule, denied in zip(by_rule, refused(session), strict=True) if denied] == []


def test_a_tool_by_its_name_alone_is_taken_away_and_no_name_is_unknown(pilot: Deployed, furnished: Laptop) -> None:
    document = pilot.settings(Level.ACTIVE)
    document["permissions"]["deny"] += TOOLS
    pilot.install(furnished, document)
    session = furnished.asks("hello", *ANY_MODE)
    assert session.errors == ""
    [began] = [event for event in session.events if event.get("subtype") == "init"]
    assert [tool for tool in began["tools"] if tool in TOOLS] == []


def test_a_star_takes_every_tool_away(pilot: Deployed, furnished: Laptop) -> None:
    assert asked(pilot, furnished, ["*"], told.bash("touch made")).tool_results == []
    assert not (furnished.project / "made").exists()


@pytest.mark.parametrize("rule", ["Skill(plug:s4)", "Skill(plug:*)", "Skill(plug:s4:*)", ""])
def test_a_skill_of_a_plug_in_is_denied_by_the_plug_ins_name(pilot: Deployed, alice: Laptop, rule: str) -> None:
    plug = alice.project / "plug"
    for file, text in (
        (".claude-plugin/plugin.json", json.dumps({"name": "plug", "version": "1.0.0"})),
        ("skills/s4/SKILL.md", "---\nname: s4\ndescription: d\n---\nText"),
    ):
        (plug / file).parent.mkdir(parents=True)
        (plug / file).write_text(text, encoding="utf-8")
    document = pilot.settings(Level.ACTIVE)
    document["permissions"]["deny"] += [TypeAdapter[str](PermissionRule).validate_python(rule)] if rule else []
    pilot.install(alice, document)
    prompt = told.tool("Skill", skill="plug:s4")
    assert refused(alice.asks(prompt, *ANY_MODE, "--plugin-dir", str(plug), exported=EVERY_TOOL)) == [bool(rule)]
