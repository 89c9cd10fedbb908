"""What people may try against the settings on their own machine: each attack as data, with where it still works.

Most were found by others (findings of 2026-11-28, sections 3 and 4); `OWN` names those that were thought of here.
`{home}`, `{project}`, `{sink}`, `{socket}`, `{sonnet}`, `{opus}` and `{python}` are filled in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rollout.levels import Level
from tests.client import told
from tests.client.deployed import Deployed
from tests.client.installed import Client
from tests.client.laptop import Laptop, Session
from tests.client.sink import Sink

# In what a person asks; whoever has it, has the prompt.
WORD = "quince-7391"
SECRET = "planted-5527"
TOUCH = f"{WORD} {told.bash('touch made')}"
ANY_MODE = "--dangerously-skip-permissions"
ASKED = (Level.RESTRICTED, Level.THROTTLED)
STRICT = (Level.RESTRICTED, Level.THROTTLED, Level.SUSPENDED)


class Bedrock(StrEnum):
    """Where it answers: the sandbox; AWS's own address, which the cell does not reach; or the address of the attack."""

    SANDBOX = "sandbox"
    AWS = "aws"
    SINK = "sink"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How one attack went."""

    pilot: Deployed
    laptop: Laptop
    sink: Sink
    session: Session


Worked = Callable[[Trial], bool]


def ran(trial: Trial) -> bool:
    """A step that nobody approved."""
    return (trial.laptop.project / "made").exists()


def unasked(trial: Trial) -> bool:
    """A step that was taken without a question, whatever became of it in the sandbox."""
    return trial.session.code == 0 and '"permission_denials":[]' in trial.session.output


def shown(trial: Trial) -> bool:
    return SECRET in trial.session.output


def left(trial: Trial) -> bool:
    """Something of the conversation went to another address."""
    return any(received.method in {"POST", "CONNECT"} for received in trial.sink.received)


def told_word(trial: Trial) -> bool:
    return trial.sink.saw(WORD)


def another_model(trial: Trial) -> bool:
    return any(model != trial.pilot.profile_arns["haiku"] for model in trial.session.invoked)


def sent(trial: Trial) -> bool:
    return trial.session.requests != []


def started(trial: Trial) -> bool:
    """A program of the person's own that was to be kept from being used."""
    return (trial.laptop.home / "started").exists()


def bypassed(trial: Trial) -> bool:
    return '"permissionMode":"bypassPermissions"' in trial.session.output


def in_header(name: str, value: str) -> Worked:
    return lambda trial: any(received.headers.get(name) == value for received in trial.sink.received)


def in_body(text: str) -> Worked:
    return lambda trial: trial.sink.saw(text)


def in_output(text: str) -> Worked:
    return lambda trial: "".join(text.split()) in "".join(trial.session.output.split())


def ended_well(trial: Trial) -> bool:
    return trial.session.code == 0


@dataclass(frozen=True, kw_only=True)
class Attack:
    """`does`: for docs/macs.md. `files`: by path beneath the person's home; one that begins with `#!` may be run.
    `asked_of`: of one client in place of `prompt`. `flags`: beside `-p` and the prompt; `arguments`: in place of both; `typed`: at a terminal. `without`: takes out of
    the document what stops it, and where it works then. `works`: where it works all the same, and is said to."""

    name: str
    does: str
    levels: tuple[Level, ...]
    worked: Worked
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    flags: tuple[str, ...] = ()
    exported: Mapping[str, str] = field(default_factory=dict[str, str])
    prompt: str = TOUCH
    asked_of: Mapping[Client, str] = field(default_factory=dict[Client, str])
    arguments: tuple[str, ...] | None = None
    typed: tuple[tuple[str, str], ...] = ()
    typed_of: Mapping[Client, tuple[tuple[str, str], ...]] = field(
        default_factory=dict[Client, tuple[tuple[str, str], ...]]
    )
    bedrock: Bedrock = Bedrock.SANDBOX
    telemetry: bool = False
    without: Callable[[dict[str, Any]], object] | None = None
    works_without: tuple[Client, ...] = tuple(Client)
    works: Mapping[Client, tuple[Level, ...]] = field(default_factory=dict[Client, tuple[Level, ...]])

    def is_stopped(self, client: Client, level: Level) -> bool:
        return level not in self.works.get(client, ())


def settings(**said: Any) -> str:
    return json.dumps(said)


def _drop(*keys: str) -> Callable[[dict[str, Any]], object]:
    """`a.b`: within."""

    def drop(document: dict[str, Any]) -> None:
        for key in keys:
            *way, last = key.split(".")
            held = document
            for step in way:
                held = held[step]
            held.pop(last, None)

    return drop


USER, PROJECT = ".claude/settings.json", "project/.claude/settings.json"
SANDBOXED = settings(sandbox={"enabled": True, "autoAllowBashIfSandboxed": True})
# On a Mac the sandbox is part of the system; here the client looks for two programs, and these stand in for them.
BWRAP = {
    "bin/bwrap": '#!/bin/bash\nwhile [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n',
    "bin/socat": "#!/bin/sh\nexec /bin/sleep 60\n",
}
# What the client keeps of a server's settings, and any login.
CACHED = {
    ".claude/remote-settings.json": settings(permissions={"allow": ["Bash(*)"], "defaultMode": "bypassPermissions"}),
    ".claude/.credentials.json": settings(
        claudeAiOauth={
            "accessToken": "sk-ant-oat01-made-up",
            "refreshToken": "sk-ant-ort01-made-up",
            "expiresAt": 4102444800000,
            "scopes": ["user:inference", "user:profile"],
            "subscriptionType": "enterprise",
        }
    ),
}
MCP = """#!/usr/bin/env python3
import json, pathlib, sys
pathlib.Path.home().joinpath("started").touch()
ANSWERS = {
    "initialize": lambda p: {"protocolVersion": p["protocolVersion"], "capabilities": {"tools": {}},
                             "serverInfo": {"name": "x", "version": "1"}},
    "tools/list": lambda p: {"tools": [{"name": "ok", "description": "says yes", "inputSchema": {"type": "object"}}]},
    "tools/call": lambda p: {"content": [{"type": "text", "text": json.dumps(
        {"behavior": "allow", "updatedInput": p["arguments"].get("input", {})})}]},
}
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("method") in ANSWERS:
        answer = {"jsonrpc": "2.0", "id": asked["id"], "result": ANSWERS[asked["method"]](asked.get("params", {}))}
        print(json.dumps(answer), flush=True)
"""
SERVER = {"x": {"type": "stdio", "command": "{python}", "args": ["{home}/mcp.py"]}}
# Claude Code reads a person's own servers from here.
STATE = json.dumps(
    {
        "hasCompletedOnboarding": True,
        "projects": {"{project}": {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}},
        "mcpServers": SERVER,
    }
)
OWN_KEY = """#!/bin/sh
: > "$HOME/started"
printf '{"Credentials":{"AccessKeyId":"ASIAOLDWAYOLDWAYOLDW","SecretAccessKey":"x","SessionToken":"y","Expiration":"2036-01-01T00:00:00Z"}}'
"""
ALLOW_HOOK = {
    "hooks": [{"type": "command", "command": "{home}/allow.sh", "timeout": 10}],
}
ALLOW = """#!/bin/sh
: > "$HOME/started"
printf '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow"}}'
"""
SAY_YES = """#!/bin/sh
printf '{"hookSpecificOutput":{"hookEventName":"PermissionRequest","decision":{"behavior":"allow"}}}'
"""
PUSHING = "Bash(git push:*)"
AGENT = "---\nname: helper\ndescription: does it\npermissionMode: bypassPermissions\nmodel: opus\n---\nDo it.\n"
SKILL = "---\nname: doer\ndescription: does it\nallowed-tools: Bash(*)\nmodel: opus\n---\nDo it.\n"
COMMAND = "---\ndescription: does it\nallowed-tools: Bash(*)\n---\n!`touch made`\n"
HOST = {"CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1", "ANTHROPIC_BASE_URL": "{sink}", "ANTHROPIC_API_KEY": "sk-ant-x"}
# The older client does not know `allowedProviders`.
OLD_CLIENT = {Client.FLOOR: (Level.ACTIVE,)}
ELSEWHERE = (Level.ACTIVE, Level.SUSPENDED)
ONLY_NEW = (Client.NEWEST,)


def _exported(
    name: str,
    does: str,
    *,
    levels: tuple[Level, ...] = (Level.ACTIVE,),
    works: Mapping[Client, tuple[Level, ...]] | None = None,
    **said: str,
) -> Attack:
    """Leads prompts elsewhere by what the shell has set."""
    return Attack(
        name=name,
        does=does,
        levels=levels,
        worked=told_word,
        exported=said,
        prompt=WORD,
        bedrock=Bedrock.AWS,
        works=works or {},
    )


def _asks_for(name: str, does: str, *flags: str, prompt: str = WORD, **said: Any) -> Attack:
    """Wants another model at `throttled`."""
    return Attack(
        name=name,
        does=does,
        levels=(Level.THROTTLED,),
        worked=another_model,
        flags=flags,
        prompt=prompt,
        exported=said.get("exported", {}),
        files=said.get("files", {}),
    )


FOUND = (
    # 3, F1. In the newest client `allowedProviders` stops these too, which still binds where the file in their home takes
    # the place of all else: without both they work.
    Attack(
        name="cached-server-settings",
        does="two files in their home: `remote-settings.json` with bypass mode, and a made-up claude.ai login",
        levels=STRICT,
        worked=bypassed,
        files=CACHED,
        flags=(ANY_MODE,),
        without=_drop("forceRemoteSettingsRefresh", "allowedProviders"),
    ),
    Attack(
        name="cached-server-settings-and-key",
        does="the same file, and an exported `ANTHROPIC_API_KEY` in place of the login",
        levels=(Level.RESTRICTED,),
        worked=bypassed,
        files={".claude/remote-settings.json": CACHED[".claude/remote-settings.json"]},
        exported={"ANTHROPIC_API_KEY": "sk-ant-api03-x"},
        flags=(ANY_MODE,),
        without=_drop("forceRemoteSettingsRefresh", "allowedProviders"),
    ),
    Attack(
        name="cached-server-settings-read-env",
        does="the same two files, to read a `.env`",
        levels=(Level.ACTIVE,),
        worked=shown,
        files={**CACHED, "project/.env": SECRET},
        flags=(ANY_MODE,),
        prompt=told.bash("cat .env"),
    ),
    # 3, F2
    Attack(
        name="exported-endpoint",
        does="exports `AWS_ENDPOINT_URL`, and `/context` counts the conversation there",
        levels=(Level.ACTIVE,),
        worked=left,
        exported={"AWS_ENDPOINT_URL": "{sink}"},
        files={"project/CLAUDE.md": WORD},
        prompt="/context",
        # It counts by asking Haiku, thirty times, at an address that does not answer here.
        asked_of={Client.FLOOR: WORD},
        bedrock=Bedrock.AWS,
        without=_drop("allowedProviders", "env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "env.AWS_ENDPOINT_URL_BEDROCK"),
        works_without=ONLY_NEW,
    ),
    Attack(
        name="exported-runtime-endpoint",
        does="exports `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` and `AWS_ENDPOINT_URL_BEDROCK`",
        levels=ELSEWHERE,
        worked=left,
        exported={"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "{sink}", "AWS_ENDPOINT_URL_BEDROCK": "{sink}"},
        files={"project/CLAUDE.md": WORD},
        prompt="/context",
        # It counts by asking Haiku, thirty times, at an address that does not answer here.
        asked_of={Client.FLOOR: WORD},
        bedrock=Bedrock.AWS,
        without=_drop("allowedProviders", "env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "env.AWS_ENDPOINT_URL_BEDROCK"),
        works_without=ONLY_NEW,
    ),
    # 3, F3
    Attack(
        name="auto-mode-by-default",
        does="starts it at a terminal, and gets the newest client's own default: auto mode",
        levels=(Level.ACTIVE, Level.RESTRICTED),
        worked=in_output("auto mode on"),
        typed=(("mode on", ""),),
        typed_of={Client.FLOOR: (("Bedrock", ""),)},  # it names no mode
        without=_drop("permissions.defaultMode", "permissions.disableAutoMode"),
        works_without=ONLY_NEW,
    ),
    Attack(
        name="auto-mode-by-flag",
        does="`--permission-mode auto`",
        levels=(Level.ACTIVE, Level.RESTRICTED),
        worked=in_output('"permissionMode":"auto"'),
        flags=("--permission-mode", "auto"),
        without=_drop("permissions.disableAutoMode"),
        works_without=ONLY_NEW,
    ),
    # 3, F4
    Attack(
        name="sandboxed-unasked-user",
        does="switches on the sandbox in their settings, whose commands run unasked",
        levels=ASKED,
        worked=unasked,
        files={**BWRAP, USER: SANDBOXED},
        without=_drop("sandbox", "permissions.ask"),
    ),
    Attack(
        name="sandboxed-unasked-project",
        does="the same in a checked-in project",
        levels=ASKED,
        worked=unasked,
        files={**BWRAP, PROJECT: SANDBOXED},
        without=_drop("sandbox", "permissions.ask"),
    ),
    Attack(
        name="approving-mcp-server",
        does="an MCP server of their own that approves each step (`--permission-prompt-tool`)",
        levels=ASKED,
        worked=ran,
        files={"mcp.py": MCP, ".claude.json": STATE},
        flags=("--permission-prompt-tool", "mcp__x__ok"),
        without=_drop("allowManagedMcpServersOnly", "allowedMcpServers"),
    ),
    Attack(
        name="accept-edits",
        does="`--permission-mode acceptEdits` (Shift+Tab): edits, `touch`, `mkdir`, `mv` run unasked",
        levels=ASKED,
        worked=ran,
        flags=("--permission-mode", "acceptEdits"),
        without=_drop("permissions.ask"),
    ),
    Attack(
        name="accept-edits-write",
        does="the same, to write a file",
        levels=ASKED,
        worked=ran,
        flags=("--permission-mode", "acceptEdits"),
        prompt='[tool Write {"file_path": "{project}/made", "content": "x"}]',
        without=_drop("permissions.ask"),
    ),
    # 3, F5
    _exported(
        "host-provider",
        "exports `CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST` with an address and a key",
        **HOST,
        works=OLD_CLIENT,
        levels=ELSEWHERE,
    ),
    _exported(
        "host-desktop",
        "exports `CLAUDE_CODE_ENTRYPOINT=claude-desktop` with an address and a key",
        **{**HOST, "CLAUDE_CODE_ENTRYPOINT": "claude-desktop"},
        works=OLD_CLIENT,
        levels=ELSEWHERE,
    ),
    Attack(
        name="unix-socket",
        does="exports `ANTHROPIC_UNIX_SOCKET`",
        levels=ELSEWHERE,
        worked=left,
        exported={"ANTHROPIC_UNIX_SOCKET": "{socket}"},
        prompt=WORD,
        bedrock=Bedrock.AWS,
        works=OLD_CLIENT,
    ),
    _exported(
        "vertex",
        "exports `CLAUDE_CODE_USE_VERTEX` with an address",
        CLAUDE_CODE_USE_VERTEX="1",
        ANTHROPIC_VERTEX_BASE_URL="{sink}",
        ANTHROPIC_VERTEX_PROJECT_ID="x",
        CLAUDE_CODE_SKIP_VERTEX_AUTH="1",
    ),
    _exported(
        "foundry",
        "exports `CLAUDE_CODE_USE_FOUNDRY` with an address",
        CLAUDE_CODE_USE_FOUNDRY="1",
        ANTHROPIC_FOUNDRY_BASE_URL="{sink}",
        ANTHROPIC_FOUNDRY_API_KEY="x",
    ),
    _exported(
        "mantle",
        "exports `CLAUDE_CODE_USE_MANTLE` with an address",
        CLAUDE_CODE_USE_MANTLE="1",
        ANTHROPIC_BEDROCK_MANTLE_BASE_URL="{sink}",
        CLAUDE_CODE_SKIP_MANTLE_AUTH="1",
    ),
    _exported(
        "anthropic-aws",
        "exports `CLAUDE_CODE_USE_ANTHROPIC_AWS` with an address",
        CLAUDE_CODE_USE_ANTHROPIC_AWS="1",
        ANTHROPIC_AWS_BASE_URL="{sink}",
        ANTHROPIC_AWS_API_KEY="x",
    ),
    _exported("bedrock-address", "exports `ANTHROPIC_BEDROCK_BASE_URL`", ANTHROPIC_BEDROCK_BASE_URL="{sink}"),
    _exported(
        "no-bedrock",
        "exports `CLAUDE_CODE_USE_BEDROCK=0` with an address and a key",
        CLAUDE_CODE_USE_BEDROCK="0",
        ANTHROPIC_BASE_URL="{sink}",
        ANTHROPIC_API_KEY="sk-ant-x",
    ),
    # 3, F7
    Attack(
        name="hour-cache",
        does="exports `ENABLE_PROMPT_CACHING_1H=1`: cache writes at 2.0 times the price of input, metered at 1.25",
        levels=(Level.ACTIVE,),
        worked=in_body('"ttl":"1h"'),
        exported={
            "ENABLE_PROMPT_CACHING_1H": "1",
            "ENABLE_PROMPT_CACHING_1H_BEDROCK": "1",
        },
        prompt=WORD,
        bedrock=Bedrock.SINK,
        without=_drop("env.ENABLE_PROMPT_CACHING_1H", "env.ENABLE_PROMPT_CACHING_1H_BEDROCK"),
    ),
    Attack(
        name="service-tier",
        does="sets `ANTHROPIC_BEDROCK_SERVICE_TIER=priority` in their settings",
        levels=(Level.ACTIVE, Level.THROTTLED),
        worked=in_header("x-amzn-bedrock-service-tier", "priority"),
        files={USER: settings(env={"ANTHROPIC_BEDROCK_SERVICE_TIER": "priority"})},
        prompt=WORD,
        bedrock=Bedrock.SINK,
        without=_drop("env.ANTHROPIC_BEDROCK_SERVICE_TIER"),
    ),
    Attack(
        name="custom-header",
        does="exports the same as `ANTHROPIC_CUSTOM_HEADERS`",
        levels=(Level.ACTIVE, Level.THROTTLED),
        worked=in_header("x-amzn-bedrock-service-tier", "priority"),
        exported={"ANTHROPIC_CUSTOM_HEADERS": "x-amzn-bedrock-service-tier: priority"},
        prompt=WORD,
        bedrock=Bedrock.SINK,
        without=_drop("env.ANTHROPIC_CUSTOM_HEADERS"),
    ),
    # 3, F8
    Attack(
        name="raw-bodies",
        does="exports `OTEL_LOG_RAW_API_BODIES=1`: prompts in the company's telemetry",
        levels=(Level.ACTIVE,),
        worked=told_word,
        exported={"OTEL_LOG_RAW_API_BODIES": "1", "OTEL_LOGS_EXPORT_INTERVAL": "200"},
        prompt=TOUCH,
        telemetry=True,
        without=_drop("env.OTEL_LOG_RAW_API_BODIES"),
    ),
    Attack(
        name="tool-details",
        does="exports `OTEL_LOG_TOOL_DETAILS=1`: commands in the company's telemetry",
        levels=(Level.ACTIVE,),
        worked=in_body("touch made"),
        exported={"OTEL_LOG_TOOL_DETAILS": "1", "OTEL_LOGS_EXPORT_INTERVAL": "200"},
        flags=(ANY_MODE,),
        telemetry=True,
        without=_drop("env.OTEL_LOG_TOOL_DETAILS"),
    ),
    # public-reports, 3
    Attack(
        name="own-credentials",
        does="`awsCredentialExport` of their own in their settings, which gives another session",
        levels=(Level.ACTIVE,),
        worked=started,
        files={"old-way": OWN_KEY, USER: settings(awsCredentialExport="{home}/old-way")},
        prompt=WORD,
        without=_drop("awsCredentialExport"),
    ),
    Attack(
        name="own-credentials-bare",
        does="the same with `--bare`",
        levels=(Level.SUSPENDED,),
        worked=sent,
        files={"old-way": OWN_KEY, USER: settings(awsCredentialExport="{home}/old-way")},
        flags=("--bare",),
        prompt=WORD,
        without=_drop("awsCredentialExport"),
        works_without=(Client.FLOOR,),
    ),
    # 4
    Attack(name="bypass-flag", does=f"`{ANY_MODE}`", levels=(Level.RESTRICTED,), worked=ran, flags=(ANY_MODE,)),
    Attack(
        name="bypass-mode",
        does="`--permission-mode bypassPermissions`",
        levels=(Level.RESTRICTED,),
        worked=ran,
        flags=("--permission-mode", "bypassPermissions"),
    ),
    Attack(
        name="do-not-ask",
        does="`--permission-mode dontAsk`",
        levels=(Level.RESTRICTED,),
        worked=ran,
        flags=("--permission-mode", "dontAsk"),
    ),
    Attack(
        name="allowed-tools",
        does="`--allowedTools Bash`",
        levels=(Level.RESTRICTED,),
        worked=ran,
        flags=("--allowedTools", "Bash"),
    ),
    Attack(
        name="permission-hook",
        does="a `PermissionRequest` hook of their own, and of the project, that says yes",
        levels=(Level.RESTRICTED,),
        worked=ran,
        files={
            "allow.sh": SAY_YES,
            USER: settings(hooks={"PermissionRequest": [ALLOW_HOOK]}),
            PROJECT: settings(hooks={"PermissionRequest": [ALLOW_HOOK]}),
        },
    ),
    Attack(
        name="tool-hook",
        does="a `PreToolUse` hook of their own, and of the project, that says yes",
        levels=(Level.RESTRICTED,),
        worked=ran,
        files={
            "allow.sh": ALLOW,
            USER: settings(hooks={"PreToolUse": [ALLOW_HOOK]}),
            PROJECT: settings(hooks={"PreToolUse": [ALLOW_HOOK]}),
        },
    ),
    Attack(
        name="settings-flag",
        does="`--settings` that allow everything",
        levels=(Level.RESTRICTED,),
        worked=ran,
        flags=(
            "--settings",
            settings(permissions={"allow": ["Bash(*)"], "defaultMode": "bypassPermissions"}, disableAllHooks=True),
        ),
    ),
    Attack(
        name="bare", does=f"`--bare {ANY_MODE}`", levels=(Level.RESTRICTED,), worked=ran, flags=("--bare", ANY_MODE)
    ),
    Attack(
        name="plugin-dir",
        does="`--plugin-dir` with a hook that says yes",
        levels=(Level.RESTRICTED,),
        worked=ran,
        files={
            "allow.sh": ALLOW,
            "plugin/.claude-plugin/plugin.json": settings(name="p", version="1.0.0", description="d"),
            "plugin/hooks/hooks.json": settings(hooks={"PreToolUse": [ALLOW_HOOK]}),
        },
        flags=("--plugin-dir", "{home}/plugin"),
    ),
    Attack(
        name="agents-flag",
        does="`--agents` with one that asks nobody",
        levels=(Level.RESTRICTED,),
        worked=ended_well,
        flags=("--agents", settings(x={"description": "d", "prompt": "p", "permissionMode": "bypassPermissions"})),
    ),
    Attack(
        name="mcp-config",
        does="`--mcp-config` with a server of their own",
        levels=(Level.RESTRICTED,),
        worked=started,
        files={"mcp.py": MCP},
        flags=("--mcp-config", json.dumps({"mcpServers": SERVER})),
    ),
    Attack(
        name="agent-file",
        does="an agent of their own with `permissionMode: bypassPermissions`",
        levels=(Level.RESTRICTED,),
        worked=ran,
        files={".claude/agents/helper.md": AGENT},
        flags=("--agent", "helper"),
    ),
    Attack(
        name="skill",
        does="a skill of their own with `allowed-tools: Bash(*)`",
        levels=(Level.RESTRICTED,),
        worked=ran,
        files={".claude/skills/doer/SKILL.md": SKILL},
        prompt=f"[tool Skill {json.dumps({'skill': 'doer'})}] {told.bash('touch made')}",
    ),
    Attack(
        name="push-by-monitor",
        does="has Monitor push, in place of Bash",
        levels=(Level.RESTRICTED,),
        worked=in_output("not a git repository"),
        flags=(ANY_MODE,),
        prompt=f"[tool Monitor {json.dumps({'command': 'git push', 'description': 'd', 'timeout_ms': 1000, 'persistent': False})}]",
    ),
    Attack(
        name="remote-control",
        does="`claude remote-control`",
        levels=(Level.ACTIVE,),
        worked=ended_well,
        arguments=("remote-control",),
    ),
    Attack(
        name="teleport",
        does="`claude --teleport` of a cloud session",
        levels=(Level.ACTIVE,),
        worked=ended_well,
        arguments=("-p", WORD, "--teleport", "session_x"),
    ),
    # 4, throttled
    _asks_for("model-best", "`--model best`", "--model", "best"),
    _asks_for("model-fable", "`--model fable`", "--model", "fable"),
    _asks_for("model-haiku-newer", "`--model claude-haiku-5-5`", "--model", "claude-haiku-5-5"),
    _asks_for("model-opusplan", "`--model opusplan` in plan mode", "--model", "opusplan", "--permission-mode", "plan"),
    _asks_for("model-haiku-large", "`--model haiku[1m]`", "--model", "haiku[1m]"),
    _asks_for("model-arn-large", "`--model` with Sonnet's profile and `[1m]`", "--model", "{sonnet}[1m]"),
    _asks_for(
        "model-variables",
        "exports every variable that names a model",
        exported=dict.fromkeys(
            (
                "ANTHROPIC_MODEL",
                "ANTHROPIC_DEFAULT_MODEL",
                "ANTHROPIC_SMALL_FAST_MODEL",
                "ANTHROPIC_DEFAULT_HAIKU_MODEL",
                "CLAUDE_CODE_SUBAGENT_MODEL",
                "CLAUDE_CODE_AUTO_MODE_MODEL",
                "CLAUDE_CODE_BG_CLASSIFIER_MODEL",
            ),
            "{sonnet}",
        )
        | {"CLAUDE_CODE_ALLOW_OTHER_MODELS": "1", "CLAUDE_CODE_SUBAGENT_MODEL_FORCE": "1"},
    ),
    _asks_for(
        "model-settings",
        "their own `model`, `availableModels`, `modelOverrides`, `fallbackModel`",
        files={
            USER: settings(
                model="{sonnet}",
                availableModels=["{sonnet}", "opus"],
                enforceAvailableModels=False,
                fallbackModel=["{sonnet}"],
                modelOverrides={"claude-haiku-4-5-20251001": "{sonnet}", "claude-haiku-5-5": "{sonnet}"},
            )
        },
    ),
    _asks_for(
        "model-agent",
        "an agent of their own with `model: opus`",
        "--agent",
        "helper",
        files={".claude/agents/helper.md": AGENT},
    ),
    _asks_for(
        "model-skill",
        "a skill of their own with `model: opus`",
        files={".claude/skills/doer/SKILL.md": SKILL},
        prompt=f"[tool Skill {json.dumps({'skill': 'doer'})}]",
    ),
)

OWN = (
    Attack(
        name="config-folder",
        does="the two files in another folder, named by `CLAUDE_CONFIG_DIR`",
        levels=(Level.RESTRICTED,),
        worked=bypassed,
        files={name.replace(".claude/", "elsewhere/"): text for name, text in CACHED.items()},
        exported={"CLAUDE_CONFIG_DIR": "{home}/elsewhere"},
        flags=(ANY_MODE,),
    ),
    Attack(
        name="managed-path",
        does="exports `CLAUDE_CODE_MANAGED_SETTINGS_PATH` with a folder of their own",
        levels=(Level.RESTRICTED,),
        worked=bypassed,
        files={"mine/managed-settings.json": settings(permissions={"defaultMode": "bypassPermissions"})},
        exported={
            "CLAUDE_CODE_MANAGED_SETTINGS_PATH": "{home}/mine",
            "CLAUDE_CODE_MANAGED_SETTINGS_DIR": "{home}/mine",
        },
        flags=(ANY_MODE,),
    ),
    Attack(
        name="project-endpoint",
        does="opens a project whose checked-in settings set `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` and `ANTHROPIC_BASE_URL`",
        levels=ELSEWHERE,
        worked=left,
        files={
            PROJECT: settings(
                env={
                    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "{sink}",
                    "ANTHROPIC_BASE_URL": "{sink}",
                    "ANTHROPIC_BEDROCK_BASE_URL": "{sink}",
                    "CLAUDE_CODE_USE_BEDROCK": "0",
                }
            ),
            "project/CLAUDE.md": WORD,
        },
        prompt="/context",
        # It counts by asking Haiku, thirty times, at an address that does not answer here.
        asked_of={Client.FLOOR: WORD},
        bedrock=Bedrock.AWS,
    ),
    Attack(
        name="project-server",
        does="opens a project whose `.mcp.json` names a server, with `enableAllProjectMcpServers`",
        levels=(Level.RESTRICTED,),
        worked=started,
        files={
            "mcp.py": MCP,
            "project/.mcp.json": json.dumps({"mcpServers": SERVER}),
            PROJECT: settings(enableAllProjectMcpServers=True),
            USER: settings(enableAllProjectMcpServers=True),
        },
        prompt=WORD,
        without=_drop("allowManagedMcpServersOnly", "allowedMcpServers"),
    ),
    Attack(
        name="command-file",
        does="a slash command of their own that runs a shell line as it is read",
        levels=(Level.RESTRICTED,),
        worked=ran,
        files={".claude/commands/doit.md": COMMAND},
        prompt="/doit",
    ),
    Attack(
        name="no-sources",
        does=f'`--setting-sources ""` with `{ANY_MODE}`',
        levels=(Level.RESTRICTED,),
        worked=ran,
        flags=("--setting-sources", "", ANY_MODE),
    ),
    Attack(
        name="local-settings",
        does="`settings.local.json` with every tool allowed and `defaultMode: dontAsk`",
        levels=(Level.RESTRICTED,),
        worked=ran,
        files={
            "project/.claude/settings.local.json": settings(
                permissions={"allow": ["Bash", "Bash(*)", "Write"], "defaultMode": "dontAsk"}
            )
        },
    ),
    Attack(
        name="in-background",
        does="has a command run in the background",
        levels=(Level.RESTRICTED,),
        worked=ran,
        prompt=f"[tool Bash {json.dumps({'command': 'touch made', 'description': 'd', 'run_in_background': True})}]",
        flags=(ANY_MODE,),
    ),
    Attack(
        name="subagent",
        does="has a subagent run it",
        levels=(Level.RESTRICTED,),
        worked=ran,
        prompt=f"[tool Agent {json.dumps({'description': 'd', 'prompt': told.bash('touch made'), 'subagent_type': 'general-purpose'})}]",
        flags=(ANY_MODE,),
    ),
    Attack(
        name="own-prompt-hook",
        does="a `UserPromptSubmit` hook of their own that says go on",
        levels=(Level.SUSPENDED,),
        worked=sent,
        files={
            "allow.sh": "#!/bin/sh\nprintf '{\"continue\": true}'\n",
            USER: settings(hooks={"UserPromptSubmit": [ALLOW_HOOK]}),
        },
        prompt=WORD,
    ),
    Attack(
        name="own-shell",
        does="exports `SHELL` and `CLAUDE_CODE_SHELL` with a program that answers every hook with nothing",
        levels=(Level.SUSPENDED,),
        worked=sent,
        files={"bash": "#!/bin/sh\nexit 0\n"},
        exported={"SHELL": "{home}/bash", "CLAUDE_CODE_SHELL": "{home}/bash"},
        prompt=WORD,
    ),
    Attack(
        name="own-profile",
        does="exports `AWS_PROFILE` and `AWS_CONFIG_FILE` with another session, also in their settings",
        levels=ELSEWHERE,
        worked=started,
        files={
            "old-way": OWN_KEY,
            "aws": "[profile mine]\ncredential_process = {home}/old-way\n",
            USER: settings(env={"AWS_PROFILE": "mine", "AWS_CONFIG_FILE": "{home}/aws"}),
        },
        exported={"AWS_PROFILE": "mine", "AWS_CONFIG_FILE": "{home}/aws"},
        prompt=WORD,
    ),
    Attack(
        name="key-helper",
        does="`apiKeyHelper` of their own, whose key is to go to Bedrock as a header",
        levels=(Level.ACTIVE,),
        worked=in_header("x-api-key", "sk-ant-helped"),
        files={"helper.sh": "#!/bin/sh\necho sk-ant-helped\n", USER: settings(apiKeyHelper="{home}/helper.sh")},
        prompt=WORD,
        bedrock=Bedrock.SINK,
    ),
    Attack(
        name="context-when-suspended",
        does="`/context`, which is no prompt",
        levels=(Level.SUSPENDED,),
        worked=sent,
        prompt="/context",
    ),
)
ATTACKS = (*FOUND, *OWN)
