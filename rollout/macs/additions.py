"""What each level adds to Claude Code's managed settings, as one table (design 3). A level has all rows up to its own.

Rules are written in the forms that the client was seen to honour, version by version in `rollout.macs.facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollout.levels import Level

# Both are needed, and the `//`: any other beginning leaves files outside the project readable (claude-code-client 5).
ENVIRONMENT_FILES = ("Read(//**/.env)", "Read(//**/.env.*)")
CREDENTIAL_FILES = (
    "Read(//**/.aws/credentials)",
    "Read(//**/.aws/cli/cache/**)",
    "Read(//**/.aws/sso/cache/**)",
    "Read(//**/.cache/claude-code-rollout/**)",
    "Read(//**/.ssh/id_*)",
    "Read(//**/.netrc)",
    "Read(//**/.git-credentials)",
    "Read(//**/.pgpass)",
)
# B and D of claude-code-client 4: all usual spellings. `sh -c` and the like go round it; the repository's host is the
# barrier. It also refuses `git stash push` and `git log --grep push`.
PUSHES = ("Bash(git push:*)", "Bash(git * push)", "Bash(git * push *)")

# Never sent, at any level: an API key would go to Bedrock's endpoint as a header (claude-code-client 9).
KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "AWS_BEARER_TOKEN_BEDROCK")
# Prompts go to AWS's own address, not to one that somebody exported. Not AWS_ENDPOINT_URL: with it exported the newest
# client does not start, which is right; were it blank, a command in Bash that is meant for a stand-in of AWS would
# reach the real account in silence.
ADDRESSES = ("ANTHROPIC_BEDROCK_BASE_URL", "ANTHROPIC_BEDROCK_MANTLE_BASE_URL")
# Another session that somebody exported would call in place of the cohort's.
SESSIONS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
# What would change what a token costs: the meter counts five minutes of cache and the standard tier.
PRICED = (
    "ENABLE_PROMPT_CACHING_1H",
    "ENABLE_PROMPT_CACHING_1H_BEDROCK",
    "ANTHROPIC_BEDROCK_SERVICE_TIER",
    "ANTHROPIC_CUSTOM_HEADERS",
)
# The other ways by which the AWS SDK, or Claude Code, finds a session.
OTHER_WAYS = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "CLAUDE_CODE_OAUTH_TOKEN",
)


# What runs a command or changes a file: the mode acceptEdits would let edits through (claude-code-client 6). Not `Bash`
# alone: in the older client a rule about a whole tool goes before what is denied of it, and it would ask about a push.
# Every command that changes something has an argument; what is edited, written or noted is under `Edit`.
STEPS = ("Bash(* *)", "Edit(//**)")


def _blank(*variables: str) -> dict[str, str]:
    """An empty value counts as unset, also where the person exported one (claude-code-client 9)."""
    return dict.fromkeys(variables, "")


@dataclass(frozen=True, kw_only=True)
class Added:
    """One row. `switches`: keys of the document. `allow`: whether the stack file's allow rules count, and whether
    people may choose how much they are asked. `sign_in`: whether there is a way to get credentials. `says`: shown under
    the banner; the last row's counts. `slows`: the last row's says whether requests are kept apart. `stops`: no prompt
    is sent.

    In texts `{incident}` is its id, `{model}` the one that is left, `{tokens}` those of a day, `{pace}` what waits for
    how long, if anything does.
    """

    deny: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    permissions: Mapping[str, str] = field(default_factory=dict[str, str])
    switches: Mapping[str, Any] = field(default_factory=dict[str, Any])
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    allow: bool = True
    sign_in: bool = True
    says: str = ""
    slows: bool = False
    stops: bool = False


ADDITIONS: Mapping[Level, Added] = {
    Level.ACTIVE: Added(
        deny=(*ENVIRONMENT_FILES, *CREDENTIAL_FILES),
        switches={
            # Without it the list of models restrains nothing (claude-code-client 7).
            "enforceAvailableModels": True,
            # Without it `remote-settings.json` and a login, both in a person's own home, lift the whole document.
            "forceRemoteSettingsRefresh": True,
            # Without it whoever exports a sign of a host program takes the provider out of the settings' hands.
            "allowedProviders": ["bedrock"],
            # Otherwise a person's own command gives the session (claude-code#58876), at `suspended` too.
            "awsCredentialExport": "",
        },
        # An exported CLAUDE_CODE_SIMPLE=1 would leave out hooks (claude-code-client 8). In Code Mode a hook that fails
        # no longer refuses.
        env={
            "CLAUDE_CODE_USE_BEDROCK": "1",
            "CLAUDE_CODE_USE_MANTLE": "0",
            "CLAUDE_CODE_SIMPLE": "0",
            "CLAUDE_CODE_EXPERIMENTAL_CODE_MODE": "0",
            **_blank(*KEYS, *ADDRESSES, *SESSIONS, *PRICED),
        },
    ),
    Level.RESTRICTED: Added(
        deny=PUSHES,
        ask=STEPS,
        permissions={"disableBypassPermissionsMode": "disable"},
        switches={
            # A command in the sandbox would run unasked.
            "sandbox": {"autoAllowBashIfSandboxed": False},
            # A server of a person's own could answer for them (--permission-prompt-tool).
            "allowManagedMcpServersOnly": True,
            "allowManagedPermissionRulesOnly": True,
            "allowManagedHooksOnly": True,
            "disableSideloadFlags": True,
        },
        allow=False,
        says="Claude Code is restricted ({incident}): you approve each step, and you push yourself.",
    ),
    Level.THROTTLED: Added(
        says="Claude Code is throttled ({incident}): {model} alone, {tokens} tokens a day{pace}.",
        slows=True,
    ),
    Level.SUSPENDED: Added(
        # One request and no other: with ten retries nothing is said for three minutes (claude-code-client 10).
        env={"CLAUDE_CODE_MAX_RETRIES": "0", "AWS_EC2_METADATA_DISABLED": "true", **_blank(*OTHER_WAYS)},
        sign_in=False,
        says="Claude Code is suspended ({incident}). Nothing you typed was sent. You will be told when it is back.",
        stops=True,
    ),
}
