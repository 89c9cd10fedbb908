"""What the client was seen to do with each thing that our settings say, and the versions it was tried on.

The words are those of the measurements (claude-code-client, its sections in brackets). A fact without a version was
read in Claude Code's documentation, and not tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rollout.model.client_versions import FLOOR, NEWEST

BOTH = (FLOOR, NEWEST)
# What the older client ignores without a word.
NEW = (NEWEST,)


@dataclass(frozen=True)
class Fact:
    says: str
    tried: tuple[str, ...] = BOTH


# By key of the document.
KEYS: Mapping[str, Fact] = {
    "permissions": Fact("one wrong type or value within drops the whole block, deny rules included (11)", (FLOOR,)),
    "permissions.deny": Fact("holds in every mode, with --bare and against --settings (3, 4, 5)"),
    "permissions.ask": Fact(
        "asks a person, in the mode acceptEdits too; refuses under -p. In the older a whole tool (Bash, Bash(*)) "
        "goes before what is denied of it"
    ),
    "permissions.defaultMode": Fact('"default": a session begins by asking; auto mode is the newest\'s own default'),
    "permissions.allow": Fact("runs without a question; a deny of the same still holds (4)"),
    "permissions.disableBypassPermissionsMode": Fact(
        '"disable" alone; in the older client a boolean drops the block (3)'
    ),
    "permissions.disableAutoMode": Fact('"disable" alone; --permission-mode auto falls to default (3)'),
    "forceRemoteSettingsRefresh": Fact(
        "true: with a login, and settings of a server that cannot be fetched, the client does not start; else files in "
        "a person's home replace the whole document"
    ),
    "allowedProviders": Fact('["bedrock"]: what leads elsewhere keeps the client from starting, by name', NEW),
    "requiredMinimumVersion": Fact("an older client ends with a sentence; nonsense is ignored without a word (10)"),
    "awsCredentialExport": Fact("empty: a person's own command is not run"),
    "apiKeyHelper": Fact("what it prints is sent as bearer token and as key; a person's own is not run"),
    "forceLoginMethod": Fact('"gateway": `/login` offers that alone', NEW),
    "forceLoginGatewayUrl": Fact("where `/login` goes; of the machine's own sources alone", NEW),
    "modelPricing": Fact("by foundation model: the client's own figure of a session's cost", NEW),
    "sandbox": Fact("one key within"),
    "sandbox.autoAllowBashIfSandboxed": Fact("false: a command in the sandbox is asked about as any other"),
    "allowManagedMcpServersOnly": Fact("the list of the managed settings alone counts"),
    "allowedMcpServers": Fact("empty: no server of a person's own is started; by command, address or name"),
    "enforceAvailableModels": Fact("without it the list never restrains the default model (7)"),
    "availableModels": Fact("ARNs; an alias does not recognise a pinned profile (7)"),
    "model": Fact("the default within the list, not a lock (7)"),
    "allowManagedPermissionRulesOnly": Fact("top level only; drops a project's rules, its deny rules too (6)"),
    "allowManagedHooksOnly": Fact("drops hooks of users and projects, keeps managed ones (8)"),
    "disableSideloadFlags": Fact("--agents and --plugin-dir end the client (14)"),
    "hooks": Fact("one wrong type drops all hooks in the older client, its entry in the newer (11)"),
    "hooks.PreToolUse": Fact(
        "runs before the rules, with --bare in the newer client alone; a timeout lets the command run, unless "
        "onFailure says block, which the older client ignores (8)"
    ),
    "hooks.UserPromptSubmit": Fact(
        '{"continue": false} ends a prompt at once with stopReason, with --bare in the newer client alone (8)'
    ),
    "hooks.SessionStart": Fact("what it writes into CLAUDE_ENV_FILE comes before each Bash command, and only there"),
    "awsAuthRefresh": Fact("run where no session is found or STS refuses it; a terminal shows what it prints (10)"),
    "statusLine": Fact("what its command prints is shown below the prompt, in a terminal alone"),
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
    "CLAUDE_CODE_EXPERIMENTAL_CODE_MODE": ("0", Fact("off; in it a hook that fails no longer refuses", ())),
    "ENABLE_PROMPT_CACHING_1H": ("", Fact("empty: an exported 1 asks for no cache of an hour")),
    "ENABLE_PROMPT_CACHING_1H_BEDROCK": ("", Fact("empty: as the one before")),
    "ANTHROPIC_BEDROCK_SERVICE_TIER": ("", Fact("empty: no header asks for a tier of another price", NEW)),
    "ANTHROPIC_CUSTOM_HEADERS": ("", Fact("empty: no header of a person's own is sent")),
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": (
        r"https://bedrock-runtime\.[a-z0-9-]+\.amazonaws\.com",
        Fact("pinned: nothing of a conversation goes to an exported address, or to AWS_ENDPOINT_URL"),
    ),
    "AWS_ENDPOINT_URL_STS": (
        r"https://sts\.[a-z0-9-]+\.amazonaws\.com",
        Fact("an exported address is not asked who calls; the session's token goes along with that"),
    ),
    "AWS_ENDPOINT_URL_BEDROCK": (
        r"https://bedrock\.[a-z0-9-]+\.amazonaws\.com",
        Fact("pinned: as the one before, for what there is of profiles"),
    ),
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
    "OTEL_LOG_RAW_API_BODIES": ("0", Fact("an exported 1 sends no prompt; unpinned it does")),
    "OTEL_LOG_TOOL_DETAILS": ("0", Fact("an exported 1 sends no command; unpinned it does")),
    "OTEL_TRACES_EXPORTER": ("none", Fact("an exported otlp sends no traces")),
    "OTEL_EXPORTER_OTLP_PROTOCOL": ("http/protobuf|http/json", Fact("both work (12)")),
    "OTEL_EXPORTER_OTLP_ENDPOINT": (r"https://\S+", Fact("a user's own has no effect (12)")),
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": (r"https://\S+", Fact("pinned: an exported one diverts metrics (12)")),
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": (r"https://\S+", Fact("pinned as the one for metrics (12)")),
    "OTEL_RESOURCE_ATTRIBUTES": ("[a-z.]+=[^,=]+(,[a-z.]+=[^,=]+)*", Fact("on each metric and event (12)")),
}

_NAME = Fact("an alias calls the gateway's model of that name")
# What stands otherwise where people come by a gateway (`rollout.macs.gateway_settings`).
GATEWAY_VARIABLES: Mapping[str, tuple[str, Fact]] = {
    "CLAUDE_CODE_USE_BEDROCK": ("0", Fact("beats an exported 1: nothing is sent to AWS")),
    "ANTHROPIC_BASE_URL": (r"https://[a-z0-9.-]+(:[0-9]{1,5})?", Fact("beats an exported one")),
    "CLAUDE_CODE_API_KEY_HELPER_TTL_MS": ("[0-9]{4,7}", Fact("how long what `apiKeyHelper` printed is sent", ())),
    **{f"ANTHROPIC_DEFAULT_{alias}_MODEL": ("claude-.+", _NAME) for alias in ("OPUS", "SONNET", "HAIKU", "FABLE")},
}
