"""What the client was seen to do with each thing that our settings say, and the versions it was tried on.

The words are those of the measurements (claude-code-client, its sections in brackets). A fact without a version was
read in Claude Code's documentation, and not tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The oldest client that the facts are true of, which settings demand at least, and the newest they were tried on;
# `tests/client/package.json` pins the same two.
FLOOR = "2.1.197"
NEWEST = "2.1.332"
BOTH = (FLOOR, NEWEST)


@dataclass(frozen=True)
class Fact:
    says: str
    tried: tuple[str, ...] = BOTH


# By key of the document.
KEYS: Mapping[str, Fact] = {
    "permissions": Fact("one wrong type or value within drops the whole block, deny rules included (11)"),
    "permissions.deny": Fact("holds in every mode, with --bare and against --settings (3, 4, 5)"),
    "permissions.ask": Fact("asks a person; refuses under -p", ()),
    "permissions.allow": Fact("runs without a question; a deny of the same still holds (4)"),
    "permissions.disableBypassPermissionsMode": Fact('"disable" alone; a boolean drops the block (3)'),
    "permissions.disableAutoMode": Fact('"disable" alone; --permission-mode auto falls to default (3)'),
    "enforceAvailableModels": Fact("without it the list never restrains the default model (7)"),
    "availableModels": Fact("ARNs; an alias does not recognise a pinned profile (7)"),
    "model": Fact("the default within the list, not a lock (7)"),
    "allowManagedPermissionRulesOnly": Fact("top level only; drops a project's rules, its deny rules too (6)"),
    "allowManagedHooksOnly": Fact("drops hooks of users and projects, keeps managed ones (8)"),
    "disableSideloadFlags": Fact("--agents and --plugin-dir end the client (14)"),
    "hooks": Fact("one wrong type drops all hooks (11)"),
    "hooks.PreToolUse": Fact("runs before the rules, not with --bare; a timeout lets the command run (8)"),
    "hooks.UserPromptSubmit": Fact('{"continue": false} ends a prompt at once with stopReason, not with --bare (8)'),
    "hooks.SessionStart": Fact("what it writes into CLAUDE_ENV_FILE comes before each Bash command, and only there"),
    "awsAuthRefresh": Fact("run where no session is found or STS refuses it; a terminal shows what it prints (10)"),
    "companyAnnouncements": Fact("under the banner; -p never shows them (10)"),
    "env": Fact("beats exported variables and the user's settings; an empty value counts as unset (9)"),
}

_PIN = Fact("an alias calls this profile; a user's own pin has no effect (7)")
_NEVER_SENT = Fact("empty: an exported one vanishes (9)")

# By name. `pattern`: what a value matches as a whole.
VARIABLES: Mapping[str, tuple[str, Fact]] = {
    "CLAUDE_CODE_USE_BEDROCK": ("1", Fact("beats an exported 0, and Vertex (9)")),
    "CLAUDE_CODE_USE_MANTLE": ("0", Fact("no model goes by Bedrock's second address", ())),
    "ANTHROPIC_BEDROCK_BASE_URL": ("", Fact("empty: an exported one is not called, AWS's own address is (9)")),
    "ANTHROPIC_BEDROCK_MANTLE_BASE_URL": ("", Fact("empty: counts as unset", ())),
    "CLAUDE_CODE_SIMPLE": ("0", Fact("keeps hooks where a person exported 1 (8)")),
    "CLAUDE_CODE_MAX_RETRIES": ("[0-9]{1,2}", Fact("beats the user's; 0 is one request (10)")),
    "ANTHROPIC_API_KEY": ("", Fact("empty: otherwise sent to Bedrock's endpoint as x-api-key (9)")),
    "ANTHROPIC_AUTH_TOKEN": ("", _NEVER_SENT),
    "AWS_BEARER_TOKEN_BEDROCK": ("", Fact("empty: SigV4 in its place (9)")),
    "AWS_ACCESS_KEY_ID": ("", Fact("empty, with AWS_PROFILE: the profile's credential_process is used (9)")),
    "AWS_SECRET_ACCESS_KEY": ("", _NEVER_SENT),
    "AWS_SESSION_TOKEN": ("", _NEVER_SENT),
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": ("", Fact("empty: not asked for a session", ())),
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ("", Fact("empty: not asked for a session", ())),
    "AWS_ROLE_ARN": ("", Fact("empty: no session from a web identity", ())),
    "AWS_WEB_IDENTITY_TOKEN_FILE": ("", Fact("empty: no session from a web identity", ())),
    "CLAUDE_CODE_OAUTH_TOKEN": ("", Fact("empty: counts as unset", ())),
    "AWS_EC2_METADATA_DISABLED": ("true", Fact("the machine's own role is not asked for (10)")),
    "AWS_REGION": ("[a-z]{2}(-[a-z]+)+-[0-9]", Fact("where the calls go (1)")),
    "AWS_PROFILE": ("[A-Za-z0-9_-]*", Fact("whose credential_process is run, 3 to 5 times per session (10)")),
    "AWS_CONFIG_FILE": (r"/\S.*|[A-Z]:\\.+|NUL", Fact("read in place of ~/.aws/config (9)")),
    "AWS_SHARED_CREDENTIALS_FILE": (
        "/dev/null|NUL",
        Fact("else its [default] is used; a broken one: no session (10)"),
    ),
    "ANTHROPIC_DEFAULT_OPUS_MODEL": ("arn:.+", _PIN),
    "ANTHROPIC_DEFAULT_SONNET_MODEL": ("arn:.+", _PIN),
    "ANTHROPIC_DEFAULT_HAIKU_MODEL": ("arn:.+", _PIN),
    "ANTHROPIC_DEFAULT_FABLE_MODEL": ("arn:.+", _PIN),
    "CLAUDE_CODE_ENABLE_TELEMETRY": ("1", Fact("metrics and events are sent (12)")),
    "OTEL_METRICS_EXPORTER": ("otlp", Fact("POST /v1/metrics (12)")),
    "OTEL_LOGS_EXPORTER": ("otlp", Fact("POST /v1/logs (12)")),
    "OTEL_LOG_USER_PROMPTS": ("0", Fact("an exported 1 sends no prompt (12)")),
    "OTEL_EXPORTER_OTLP_PROTOCOL": ("http/protobuf|http/json", Fact("both work (12)")),
    "OTEL_EXPORTER_OTLP_ENDPOINT": (r"https://\S+", Fact("a user's own has no effect (12)")),
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": (r"https://\S+", Fact("pinned: an exported one diverts metrics (12)")),
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": (r"https://\S+", Fact("pinned as the one for metrics (12)")),
    "OTEL_RESOURCE_ATTRIBUTES": ("[a-z.]+=[^,=]+(,[a-z.]+=[^,=]+)*", Fact("on each metric and event (12)")),
}
