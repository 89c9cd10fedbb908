"""Claude Code's permission rules: the forms that bind. The client takes many more without a word that deny nothing.

Which bind was tried on both clients of `docs/upstream.md` (tests/client/test_rules.py). Nothing is rewritten: a rule
that binds nothing is refused, with the one that does what it means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from rollout.model.errors import shown

# Tools that the clients know; of any other word a rule binds nothing. A rule of the word alone takes the tool away.
TOOLS = (
    "Agent", "Artifact", "AskUserQuestion", "Bash", "BashOutput", "CronCreate", "CronDelete", "CronList", "Edit",
    "EnterPlanMode", "EnterWorktree", "ExitPlanMode", "ExitWorktree", "Glob", "Grep", "KillBash", "KillShell", "LSP",
    "ListAgents", "ListMcpResourcesTool", "Monitor", "NotebookEdit", "PowerShell", "PushNotification", "Read",
    "ReadMcpResourceTool", "RemoteTrigger", "ReportFindings", "ScheduleWakeup", "SendMessage", "SendUserFile", "Skill",
    "Task", "TaskCreate", "TaskGet", "TaskList", "TaskOutput", "TaskStop", "TaskUpdate", "TodoWrite", "ToolSearch",
    "WebFetch", "WebSearch", "Workflow", "Write",
)  # fmt: skip
# What may stand between the brackets of a rule, by tool; of a tool that is not here, nothing may.
# No bracket within, which the schema refuses; no blank at either end, which Jamf trims (jamf-api 2.3, 3).
_TEXT = r"[^\s()](?:[^\x00-\x1f()]{0,298}[^\s()])?"
# No character that looks like a blank, or like nothing, and is none that anybody types.
_SEEN = r"(?!.*[\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff])"
# `:*` at the end is "and whatever follows"; elsewhere one client skips the rule. `word:` at the beginning names a
# parameter of the tool, and the command itself is not matched so.
_COMMAND = rf"{_SEEN}(?!:\*)(?!.* :\*\)$)(?![A-Za-z_]\w*:(?!\*\)$))(?!.*:\*(?!\)$))(?!.*\*.*:\*\)$){_TEXT}"
# Of the project's files without `/` at the beginning, of the home's with `~/`, of all with `//`. One `/` is the
# project's top, not the machine's, and nobody means it; the client does not follow `..`. Patterns are .gitignore's: no
# braces and no variables, `~` is the own home's alone, `#` begins a comment, `!` lifts what others deny, and a `/` at
# the end is a folder, which nobody reads.
_PATH = rf"{_SEEN}(?!/(?!/[^/]))(?!(?:.*/)?\.\./)(?!\w+:)(?!.*:\*)(?!.*[\\{{}}$])(?!~[^/])(?![#!])(?!.*/\)$){_TEXT}"
# With a blank or a colon before the star; `Skill(name*)` was not seen to bind. A plug-in's skill has the plug-in's name
# before it.
_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?::[A-Za-z0-9][A-Za-z0-9_-]{0,99})?(?: \*|:\*)?"
_AGENT = r"[A-Za-z0-9][A-Za-z0-9_:-]{0,99}"
_DOMAIN = r"domain:(?:\*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:\.\*)?)"
FORMS: Mapping[str, str] = {
    "Agent": _AGENT,
    "Task": _AGENT,
    "Bash": _COMMAND,
    "PowerShell": _COMMAND,
    "Read": _PATH,
    "Edit": _PATH,
    "Skill": _NAME,
    "WebFetch": _DOMAIN,
}
# Servers are named as their tools are: letters, digits, _ and -. A star may stand for any part of that.
_SERVER = r"mcp__[A-Za-z0-9_*-]{1,200}"
# Gives: only what is beneath a server that is named.
_GIVEN_SERVER = r"mcp__[A-Za-z0-9_-]{1,100}(?:__[A-Za-z0-9_*-]{1,99})?"
# What Jamf replaces in a profile: $NAME.
_NO_NAME = r"(?![^\n]*\$[A-Z])"


def _pattern(servers: str, *others: str) -> str:
    bound = [rf"{tool}(?:\((?:{form})\))?" for tool, form in FORMS.items()]
    return _NO_NAME + "(?:" + "|".join([*bound, *(tool for tool in TOOLS if tool not in FORMS), servers, *others]) + ")"


TAKES = _pattern(_SERVER, r"\*")
GIVES = _pattern(_GIVEN_SERVER)

# By what is wrong: what to write instead. The first that matches is said.
ADVICE: tuple[tuple[str, str], ...] = (
    (r"\w+\(\s*\*?\s*\)", "binds nothing; write the tool alone, or what of it"),
    (
        r"(?:Write|MultiEdit|NotebookEdit)\((?:\w+:)?(?P<of>.*)\)",
        "binds nothing; Edit({of}) is for every tool that writes files",
    ),
    (
        r"(?:Glob|Grep|NotebookRead|LS)\((?:\w+:)?(?P<of>.*)\)",
        "binds nothing; Read({of}) is for every tool that reads files",
    ),
    (r"(?:MultiEdit)", "no tool of the client's any more; write Edit"),
    (r"(?:NotebookRead|LS|Cd)(?:\(.*\))?", "no tool of the client's; write a rule of Read or Bash"),
    (r"SlashCommand(?:\(.*\))?", "no tool of the client's any more; write Skill(name)"),
    (r"WebFetch\(.*\)", "binds nothing; write WebFetch(domain:example.com)"),
    (r"WebSearch\(.*\)", "binds nothing; write WebSearch alone"),
    (r"(?:Bash|PowerShell)\([A-Za-z_]\w*:.*\)", "binds nothing, since `word:` names a parameter; write Bash(word *)"),
    (
        r"(?:Bash|PowerShell)\(.*:\*.*\)",
        "binds nothing so; `:*` may stand at the end alone, without a blank and without another *",
    ),
    (
        r"(?:Read|Edit)\(/(?:[^/]|//).*\)",
        "one / is the project's folder; write // for the machine's, or none for the project's",
    ),
    (r"(?:Read|Edit)\((?:.*/)?\.\./.*\)", "binds nothing, since .. is not followed; write // and the whole path"),
    (r"(?:Read|Edit)\(.*[{}].*\)", "binds nothing, since braces are no part of a pattern; write a rule for each"),
    (r"(?:Read|Edit)\(~[^/].*\)", "binds nothing; ~/ is the home of whoever runs it, and // begins any other path"),
    (r"(?:Read|Edit)\([#!].*\)", "# begins a comment and ! lifts what others deny; write a path"),
    (r"(?:Read|Edit)\(.*/\)", "a folder, which nobody reads; write folder/** for what is in it"),
    (r"(?:Read|Edit)\(\w+:.*\)", "binds nothing; write a path alone, with / between its parts"),
    (r"mcp__[^()]*:[^()]*", "binds nothing; the server of a plug-in is mcp__plugin_<plug-in>_<server>"),
    (r"mcp__[^()]*\(.*\)", "binds nothing; write mcp__server or mcp__server__tool, without brackets"),
    (r"[^\n]*\$[A-Z][^\n]*", "Jamf replaces $NAME in a profile; write the rule without it"),
    (r"\w+\(.*[()].*\)", "no bracket may stand within"),
)
ALLOWED = (
    "a permission rule of Claude Code that binds, such as Bash(git push *), Read(//**/.env), "
    "WebFetch(domain:example.com) or mcp__server (one of its tools; no bracket and no $NAME within)"
)


@dataclass(frozen=True)
class Rule:
    """A rule in a form that binds. `gives`: in a list that allows, where a star names no server."""

    gives: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            **handler(schema),
            "pattern": f"^(?:{GIVES if self.gives else TAKES})$",
            "errorMessage": f"not {ALLOWED}",
        }

    def _check(self, value: str) -> str:
        rule = value.strip()
        if not binds(rule, gives=self.gives):
            raise ValueError(f"{refusal(rule, gives=self.gives)}: {shown(rule)}")
        return rule


def binds(rule: str, *, gives: bool = False) -> bool:
    return re.fullmatch(GIVES if gives else TAKES, rule) is not None


def refusal(rule: str, *, gives: bool = False) -> str:
    """What is wrong with a rule that does not bind, and what to write."""
    if gives and re.fullmatch(TAKES, rule):
        return "not a rule that may allow: a star gives only what is beneath a server, as mcp__server__*"
    return f"not a permission rule: {advice}" if (advice := _advice(rule)) else f"not {ALLOWED}"


def _advice(rule: str) -> str | None:
    for pattern, text in ADVICE:
        if found := re.fullmatch(pattern, rule):
            path = found.groupdict().get("of")
            # The rule to write instead has a form of its own to be in.
            more = None if path is None or binds(f"Read({path})") else _advice(f"Read({path})")
            return text.format(**found.groupdict()) + (f"; there {more}" if more else "")
    return None
