"""What each level adds to Claude Code's managed settings, as one table (design 3). A level has all rows up to its own.

Rules are written in the forms that the client was seen to honour, version by version in `rollout.macs.facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rollout.levels import Level

# Both are needed, and the `//`: any other beginning leaves files outside the project readable (claude-code-client 5).
ENVIRONMENT_FILES = ("Read(//**/.env)", "Read(//**/.env.*)")
CREDENTIAL_FILES = (
    "Read(//**/.aws/credentials)",
    "Read(//**/.aws/cli/cache/**)",
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
# Prompts go to AWS's own address, not to one that somebody exported. Not AWS_ENDPOINT_URL: no prompt follows it, and
# commands in Bash may need it.
ADDRESSES = ("ANTHROPIC_BEDROCK_BASE_URL", "ANTHROPIC_BEDROCK_MANTLE_BASE_URL")
# Another session that somebody exported would call in place of the cohort's.
SESSIONS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
# The other ways by which the AWS SDK, or Claude Code, finds a session.
OTHER_WAYS = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "CLAUDE_CODE_OAUTH_TOKEN",
)


def _blank(*variables: str) -> dict[str, str]:
    """An empty value counts as unset, also where the person exported one (claude-code-client 9)."""
    return dict.fromkeys(variables, "")


@dataclass(frozen=True, kw_only=True)
class Added:
    """One row. `switches`: keys of the document. `allow`: whether the stack file's allow rules count. `sign_in`:
    whether there is a way to get credentials. `says`: shown under the banner; the last row's counts. `stops`: no prompt
    is sent.

    In texts `{incident}` is its id, `{model}` the one that is left, `{tokens}` those of a day.
    """

    deny: tuple[str, ...] = ()
    permissions: Mapping[str, str] = field(default_factory=dict[str, str])
    switches: Mapping[str, bool] = field(default_factory=dict[str, bool])
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    allow: bool = True
    sign_in: bool = True
    says: str = ""
    stops: bool = False


ADDITIONS: Mapping[Level, Added] = {
    Level.ACTIVE: Added(
        deny=(*ENVIRONMENT_FILES, *CREDENTIAL_FILES),
        # Without it the list of models restrains nothing (claude-code-client 7).
        switches={"enforceAvailableModels": True},
        # An exported CLAUDE_CODE_SIMPLE=1 would leave out hooks (claude-code-client 8).
        env={
            "CLAUDE_CODE_USE_BEDROCK": "1",
            "CLAUDE_CODE_USE_MANTLE": "0",
            "CLAUDE_CODE_SIMPLE": "0",
            **_blank(*KEYS, *ADDRESSES, *SESSIONS),
        },
    ),
    Level.RESTRICTED: Added(
        deny=PUSHES,
        permissions={"disableBypassPermissionsMode": "disable", "disableAutoMode": "disable"},
        switches={
            "allowManagedPermissionRulesOnly": True,
            "allowManagedHooksOnly": True,
            "disableSideloadFlags": True,
        },
        allow=False,
        says="Claude Code is restricted ({incident}): you approve each step, and you push yourself.",
    ),
    Level.THROTTLED: Added(
        says="Claude Code is throttled ({incident}): {model} alone, {tokens} tokens a day.",
    ),
    Level.SUSPENDED: Added(
        # One request and no other: with ten retries nothing is said for three minutes (claude-code-client 10).
        env={"CLAUDE_CODE_MAX_RETRIES": "0", "AWS_EC2_METADATA_DISABLED": "true", **_blank(*OTHER_WAYS)},
        sign_in=False,
        says="Claude Code is suspended ({incident}). Nothing you typed was sent. You will be told when it is back.",
        stops=True,
    ),
}
