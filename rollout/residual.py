"""How long access may outlive a level, at worst, and whether the plan's minutes hold.

Two lines of defence are counted apart. AWS: what IAM denies or no longer allows, which acts on sessions that exist.
Okta: who left its groups, which only keeps people from beginning anew; whoever has signed in keeps what was issued. The
second has to hold too, for the day on which the first is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from rollout.config import Federation, Rollout
from rollout.levels import Level
from rollout.words import Mistake

# "Seconds to a few minutes" until IAM's change is felt everywhere (domain 2.3; 20 s were measured).
IAM_MINUTES = 5
# Fixed lifetime of an ID token of Okta's org server; until then it buys sessions (domain 2.1). An assertion: minutes.
TOKEN_MINUTES = {Federation.SAML: 5, Federation.OIDC: 60}


@dataclass(frozen=True, kw_only=True)
class Residual:
    """Worst case in minutes after the update, and the plan's. None: the level changes nothing in that plane."""

    service_level: int
    aws: int | None
    okta: int | None

    @property
    def met(self) -> bool:
        """With a margin: an access that ends in the very last minute is not one that ended in time."""
        return all(minutes is None or minutes < self.service_level for minutes in (self.aws, self.okta))


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
                okta=None if effects.members else TOKEN_MINUTES[rollout.federation] + rollout.session_minutes,
            )
    return found


def missed(rollout: Rollout) -> list[Mistake]:
    """The levels whose minutes do not hold, with the setting that would mend it."""
    return [
        Mistake(
            ("session_minutes",),
            f"{rollout.session_minutes}: after {level} a session may last {residual.okta} minutes where AWS's Deny is "
            f"refused, and {residual.service_level} are allowed; set at most "
            f"{residual.service_level - 1 - TOKEN_MINUTES[rollout.federation]}",
        )
        for level, residual in residual_access(rollout).items()
        if not residual.met
    ]
