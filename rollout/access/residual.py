"""How long access may outlive a level, at worst, and whether the plan's minutes hold.

Two lines of defence are counted apart. AWS: what IAM denies or no longer allows, which acts on sessions that exist.
Okta: who left its groups, which only keeps people from beginning anew; whoever has signed in keeps what was issued. The
second has to hold too, for the day on which the first is refused. Apart from both, the Macs: what Claude Code itself
refuses, which is all that `restricted` is made of.
"""

from __future__ import annotations

from dataclasses import dataclass

from rollout.levels import Level
from rollout.macs.channels import pushes, remedy, worst_minutes
from rollout.macs.credential_helper import MINUTES_BEYOND_SESSION
from rollout.model.errors import Mistake
from rollout.model.gateway import GatewayKind
from rollout.model.rollout import Federation, Rollout

# "Seconds to a few minutes" until IAM's change is felt everywhere (domain 2.3; 20 s were measured).
IAM_MINUTES = 5
# After an `until`, which IAM has known since the person came: AWS judges each call by its own clock, and nothing has to
# be changed, felt or waited for (`rollout.access.ends`).
IAM_SECONDS_AFTER_END = 0
# What a member's machine keeps (`rollout.macs.credential_helper`) is the session itself, and ends with it.
CACHE_MINUTES = MINUTES_BEYOND_SESSION
# Fixed lifetime of an ID token of Okta's org server; until then it buys sessions (domain 2.1). An assertion: minutes.
# Identity Center: until Okta's push has taken somebody out of its group too. Okta pushes at once and nobody promises a
# time (docs/identity-center.md); from then on the access portal gives no new session.
TOKEN_MINUTES = {Federation.SAML: 5, Federation.OIDC: 60, Federation.IDENTITY_CENTER: 30}
# By a gateway nothing buys a session of AWS but the gateway's role; what a person keeps is what they signed in to it
# with. LiteLLM's: the ID token of Okta's org server, at whose end each request is refused; the hook asks Okta and reads
# levels each minute before. The vendor's: a session of `session_minutes`, after which it asks Okta again.
LITELLM_TOKEN_MINUTES = 60
# Of a session out of a session, such as the gateway's for a person, at most (IAM user guide, role chaining).
CHAINED_MINUTES = 60
# How often Claude Code asks the vendor's gateway for its settings (2.1.332: an hour). What the machine has beside them
# holds too (`rollout.gateway.policies`), so that what is pushed to it is not waited for.
GATEWAY_SETTINGS_MINUTES = 60
# Of a workflow (`exp` and `iat` in the example of GitHub's documentation, OpenID Connect reference). Nobody leaves a
# group to end its use: what denies a machine is IAM alone.
WORKFLOW_TOKEN_MINUTES = 15


@dataclass(frozen=True, kw_only=True)
class Residual:
    """Worst case in minutes after the update, and the plan's. None: the level changes nothing in that plane, or for
    `mac`, that nothing is pushed: then managed settings are nobody's defence, and do not count."""

    service_level: int
    aws: int | None
    okta: int | None
    mac: int | None = None

    @property
    def met(self) -> bool:
        """With a margin: an access that ends in the very last minute is not one that ended in time."""
        return all(minutes is None or minutes < self.service_level for minutes in (self.aws, self.okta, self.mac))


def residual_access(rollout: Rollout) -> dict[Level, Residual]:
    """Of each level that has a service level."""
    active = Level.ACTIVE.effects
    found: dict[Level, Residual] = {}
    for level in Level:
        effects = level.effects
        if effects.minutes is not None:
            found[level] = Residual(
                service_level=effects.minutes,
                aws=IAM_MINUTES if effects.models != active.models else None,
                okta=None if effects.members else outlives_okta(rollout),
                # Each level from restricted on has another document than the one before it.
                mac=_mac(rollout),
            )
    return found


def sign_in_minutes(rollout: Rollout) -> int:
    """Of a sign-in to the gateway."""
    return LITELLM_TOKEN_MINUTES if rollout.goes_by(GatewayKind.LITELLM) else rollout.session_minutes


def lasting_minutes(rollout: Rollout, *, by_gateway: bool) -> int:
    """Of an AWS session that exists: nothing but a Deny ends it earlier."""
    return CHAINED_MINUTES if by_gateway else rollout.session_minutes


def outlives_okta(rollout: Rollout) -> int:
    """Minutes in which whoever has left Okta's groups may still call, where AWS's Deny is refused."""
    if rollout.gateway:
        return sign_in_minutes(rollout)
    return _after_okta(rollout) + rollout.session_minutes


def _mac(rollout: Rollout) -> int | None:
    if _is_hourly(rollout):
        return GATEWAY_SETTINGS_MINUTES
    return worst_minutes(rollout.mac) if pushes(rollout) else None


def _is_hourly(rollout: Rollout) -> bool:
    """Whether settings come by the vendor's gateway alone."""
    return rollout.goes_by(GatewayKind.CLAUDE_APPS) and not pushes(rollout)


def _hourly(level: Level, allowed: int) -> str:
    return (
        f"{GatewayKind.CLAUDE_APPS.value}: Claude Code asks this gateway for its settings every "
        f"{GATEWAY_SETTINGS_MINUTES} minutes, so what it refuses itself may take as long to be {level}, and {allowed} "
        "are allowed; what IAM denies holds before. Have Jamf Pro bring them (jamf), or set service_levels: warn"
    )


def _after_okta(rollout: Rollout) -> int:
    """Minutes in which whoever has left Okta's groups can still begin a session."""
    return TOKEN_MINUTES[rollout.federation] + CACHE_MINUTES


def missed(rollout: Rollout) -> list[Mistake]:
    """The levels whose minutes do not hold, with the setting that would mend it."""
    found: list[Mistake] = []
    for level, residual in residual_access(rollout).items():
        allowed = residual.service_level
        if residual.okta is not None and residual.okta >= allowed:
            text = (
                f"{rollout.session_minutes}: after {level} a session may last {residual.okta} minutes where AWS's Deny "
                f"is refused, and {allowed} are allowed; set at most {allowed - 1 - _after_okta(rollout)}"
            )
            found.append(Mistake(("session_minutes",), text))
        if residual.mac is not None and residual.mac >= allowed and _is_hourly(rollout):
            found.append(Mistake(("gateway", "kind"), _hourly(level, allowed)))
        elif residual.mac is not None and residual.mac >= allowed:
            setting, advice = remedy(rollout.mac, allowed)
            text = f"{advice}; as it is, Macs may take {residual.mac} minutes to be {level}, and {allowed} are allowed"
            found.append(Mistake(("mac", setting), text))
    return found
