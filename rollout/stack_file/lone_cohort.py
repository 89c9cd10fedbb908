"""A stack file of one cohort beside a rollout that is up: what it must not make a second time."""

from __future__ import annotations

from rollout.model.errors import Mistake, StackFileError, one_of
from rollout.model.rollout import Federation, Rollout

SHARED = ("announcer", "meter", "invocation_log_group", "umbrella_group_id")
BY_FEDERATION = {
    Federation.SAML: ("saml_provider_arn", "okta_app_id", "okta_sign_in_app_id"),
    Federation.OIDC: ("oidc_provider_arn",),
    Federation.IDENTITY_CENTER: (),
}


def require_beside(rollout: Rollout, cohort: str) -> None:
    """Raises StackFileError unless the file has this cohort alone, and adopts all that is there once per account."""
    mistakes: list[Mistake] = []
    if set(rollout.cohorts) != {cohort}:
        has = one_of(sorted(rollout.cohorts)) or "none"
        mistakes.append(Mistake(("cohorts",), f"a component Cohort called {cohort} is that cohort alone, not {has}"))
    mistakes += [
        Mistake(("adopt", key), "missing; of the rollout that this cohort is beside (docs/other-languages.md)")
        for key in (*SHARED, *BY_FEDERATION[rollout.federation])
        if not getattr(rollout.adopt, key)
    ]
    if mistakes:
        raise StackFileError([mistake.line({}) for mistake in mistakes])
