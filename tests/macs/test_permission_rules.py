"""Rules that the client takes without a word, and that deny nothing, are refused with the form that binds."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from rollout.macs.additions import ADDITIONS
from rollout.model.fields import AllowRule, PermissionRule
from rollout.model.permission_rules import TOOLS

RULE = TypeAdapter[str](PermissionRule)
ALLOW = TypeAdapter[str](AllowRule)
BIND = [
    *(
        "Bash(curl:*)",
        "Bash(rm -rf:*)",
        "Bash(rm -rf /*)",
        "Bash(npm run test:unit)",
        "Bash(git * push *)",
        "Bash(* made)",
    ),
    *("Bash(dd if=*)", "Bash(docker run --privileged*)", "Bash(awk '{print $1}' *)", "PowerShell(Remove-Item *)"),
    *("Read(.env)", "Read(./secrets/**)", "Read(~/.aws/**)", "Read(//etc/**)", "Read(**/*.pem)", "Read(//**/.env.*)"),
    *("Edit(.github/workflows/**)", "Edit(plan.txt)", "Edit(//**/*.ipynb)"),
    *("WebFetch", "WebFetch(domain:example.com)", "WebFetch(domain:*.example.com)", "WebFetch(domain:*)"),
    *(
        "Agent(Explore)",
        "Task(Explore)",
        "Skill(deploy)",
        "Skill(deploy *)",
        "Skill(deploy:*)",
        "Skill(plug-in:deploy)",
        "Skill(plug-in:*)",
    ),
    *("mcp__github", "mcp__github__*", "mcp__github__get_issue", "mcp__*", "mcp__claude_ai_Slack__*", "mcp__git*", "*"),
]
# With words of what is to be written in its place.
BIND_NOTHING = {
    "Write(//**/.env)": "Edit(//**/.env)",
    "MultiEdit(//**/x)": "Edit(//**/x)",
    "NotebookEdit(//**/x.ipynb)": "Edit(//**/x.ipynb)",
    "Write(file_path://**/x)": "Edit(//**/x)",
    "Write(/etc/passwd)": "there one / is the project's folder; write // for the machine's",
    "Grep(pattern:x)": "Read(x)",
    "Agent(*)": "the tool alone",
    "Skill(*)": "the tool alone",
    "Glob(//**/x)": "Read(//**/x)",
    "Grep(//**/x)": "Read(//**/x)",
    "Bash(command:rm -rf *)": "Bash(word *)",
    "Bash(make:all)": "Bash(word *)",
    "Bash(rm -rf:* x)": "`:*` may stand at the end alone",
    "Bash(git * push:*)": "`:*` may stand at the end alone",
    "Bash(:*)": "`:*` may stand at the end alone",
    "Bash()": "the tool alone",
    "Bash(echo (x))": "no bracket",
    "Bash(echo $HOME)": "Jamf replaces $NAME",
    "WebFetch(example.com)": "WebFetch(domain:example.com)",
    "WebFetch(https://example.com/*)": "WebFetch(domain:example.com)",
    "WebFetch(url:https://example.com)": "WebFetch(domain:example.com)",
    "WebSearch(claude*)": "WebSearch alone",
    "Read(/etc/passwd)": "write // for the machine's",
    "Edit(/src/**)": "or none for the project's",
    "Read(../other/**)": "the whole path",
    "Read(file_path:x)": "a path alone",
    r"Read(C:\Users\**)": "with / between its parts",
    "Read(//**/*.{pem,key})": "write a rule for each",
    "Read(${HOME}/.aws/**)": "write a rule for each",
    "Read(~bob/.ssh/**)": "the home of whoever runs it",
    "Read(#x/**)": "begins a comment",
    "Read(!.env)": "lifts what others deny",
    "Read(///etc/passwd)": "write // for the machine's",
    "Read(//**/.env/)": "folder/**",
    "Bash(git push :*)": "without a blank",
    "Bash(git\u00a0push *)": "that binds",
    "Read(//**/.env\u200b)": "that binds",
    "WebFetch(domain:Example.com)": "WebFetch(domain:example.com)",
    "MultiEdit": "write Edit",
    "Cd(//etc/**)": "Read or Bash",
    "SlashCommand(/deploy:*)": "Skill(name)",
    "Skill(deploy*)": "that binds",
    "mcp__github(x)": "without brackets",
    "mcp__plugin:docs": "mcp__plugin_",
    "bash": "that binds",
    "Nonsense": "that binds",
    "Foo_bar": "that binds",
    "": "that binds",
}


@pytest.mark.parametrize("rule", [*BIND, *TOOLS])
def test_what_binds_is_taken_as_it_is(rule: str) -> None:
    assert RULE.validate_python(rule) == rule


@pytest.mark.parametrize(("rule", "instead"), BIND_NOTHING.items())
def test_what_binds_nothing_is_refused_with_what_to_write(rule: str, instead: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(instead)):
        RULE.validate_python(rule)


@pytest.mark.parametrize("rule", ["mcp__*", "mcp__git*", "*"])
def test_a_star_that_names_no_server_denies_and_does_not_allow(rule: str) -> None:
    with pytest.raises(ValidationError, match="a star gives only what is beneath a server"):
        ALLOW.validate_python(rule)
    assert ALLOW.validate_python("mcp__github__*") == "mcp__github__*"


def test_an_editor_is_told_the_same() -> None:
    pattern = RULE.json_schema()["pattern"]
    assert [rule for rule in BIND if not re.search(pattern, rule)] == []
    assert [rule for rule in BIND_NOTHING if re.search(pattern, rule)] == []


def test_the_levels_own_rules_are_such_rules() -> None:
    for added in ADDITIONS.values():
        for rule in added.deny:
            assert RULE.validate_python(rule) == rule
