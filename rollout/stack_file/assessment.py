"""All that can be said of a rollout from its stack file alone: rosters, budgets, and how long access may linger.

One document, for people's tables and for programs: `rollout check --json` prints it, so its keys are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from rollout.access.residual import IAM_SECONDS_AFTER_END, missed, residual_access
from rollout.levels import Level
from rollout.model.cohort import Cohort
from rollout.model.errors import Mistake, one_of
from rollout.model.rollout import Rollout
from rollout.model.times import moment
from rollout.observability.queries import LOG_GROUPS_AT_MOST
from rollout.people.composition import Composition, Share, advice, composition, shares
from rollout.people.selection import SENIORITIES
from rollout.stack_file.budget_consistency import doubts
from rollout.stack_file.model_catalogue import model_doubts

# What advice about somebody whose access is over is called; no rule of the pack's.
ENDED = "access-ended"


def judgement(rollout: Rollout, today: date) -> dict[str, Any]:
    """`cohorts`, `models`, `budgets` and `residual`, each with its `advice`; none of that is a mistake."""
    return {
        "cohorts": {name: _cohort(rollout, name) for name in rollout.cohorts},
        "models": {"advice": list(model_doubts(rollout, today))},
        "budgets": {
            **rollout.budgets.model_dump(mode="json"),
            "headcount": sum(team.headcount for team in rollout.organization.teams.values()),
            "advice": list(doubts(rollout)),
        },
        "residual": {
            "levels": {
                level.value: {
                    "minutes": residual.service_level,
                    "aws": residual.aws,
                    "okta": residual.okta,
                    "mac": residual.mac,
                    "met": residual.met,
                }
                for level, residual in residual_access(rollout).items()
            },
            "advice": [
                mistake.line({})
                for doubts_of in (missed, _not_to_be_throttled, _restricted_machines, _many_cohorts)
                for mistake in doubts_of(rollout)
            ],
        },
    }


def advice_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """All advice of a judgement, a line each."""
    for name, cohort in document["cohorts"].items():
        yield from (f"cohorts.{name}: {one['text']}" for one in cohort["advice"])
    yield from document["models"]["advice"]
    yield from document["budgets"]["advice"]
    yield from document["residual"]["advice"]


def _not_to_be_throttled(rollout: Rollout) -> Iterator[Mistake]:
    """Said before an incident: in one, `throttled` is refused."""
    label = rollout.throttle.model
    for name, cohort in rollout.cohorts.items():
        if label not in cohort.models:
            text = f"without {label}, all that is left at throttled, so that level is refused"
            yield Mistake(("cohorts", name, "models"), f"{text}; add it, or set throttle.model to one of these")
    if rollout.adopt.meter:
        text = "the meter is another stack's, which stops nobody of this one: at throttled a day's tokens have no end"
        yield Mistake(("adopt", "meter"), f"{text}; suspend instead where that matters")


def _restricted_machines(rollout: Rollout) -> Iterator[Mistake]:
    """Said where somebody may rely on it: what the level adds are rules for Claude Code on a Mac."""
    for name, cohort in rollout.cohorts.items():
        if restricted := sorted(m for m in cohort.machines if cohort.level_of(m) is Level.RESTRICTED):
            text = f"restricted takes nothing from {one_of(restricted)}; throttled or suspended does (docs/machines.md)"
            yield Mistake(("cohorts", name, "machines"), text)


def _many_cohorts(rollout: Rollout) -> Iterator[Mistake]:
    """What works with fifty cohorts and shows less than all from there on."""
    if (count := len(rollout.logged)) > LOG_GROUPS_AT_MOST:
        text = f"{count} in one stack: saved queries and dashboards read the logs of {LOG_GROUPS_AT_MOST} at most"
        yield Mistake(("cohorts",), f"{text}, and a first update is slow; about twenty make a stack (docs/your-own.md)")


def _cohort(rollout: Rollout, name: str) -> dict[str, Any]:
    found = composition(rollout, name)
    return {
        "level": rollout.cohorts[name].level.value,
        "people": found.size,
        **({"machines": len(machines)} if (machines := rollout.cohorts[name].machines) else {}),
        "teams": {team: _team(found, team, share) for team, share in shares(found).items()},
        "seniority": {kind: found.seniority.get(kind, 0) for kind in SENIORITIES},
        # A cohort that is planned may have nobody yet.
        "advice": [
            *({"rule": rule, "text": text} for rule, text in (advice(found) if found.size else ())),
            *({"rule": ENDED, "text": text} for text in _over(rollout.cohorts[name])),
        ],
        **({"ends": ends} if (ends := _ends(rollout.cohorts[name])) else {}),
    }


def _ends(cohort: Cohort) -> dict[str, Any]:
    """By e-mail address, or a machine's name. From `until` on IAM allows nothing: `aws_seconds` is how long access
    outlives it there. Okta's groups follow with the next update."""
    found = {email: end for email in sorted(cohort.holders) if (end := cohort.end_of(email))}
    return {
        email: {"until": end.isoformat(), "has_ended": email in cohort.ended, "aws_seconds": IAM_SECONDS_AFTER_END}
        for email, end in found.items()
    }


def _over(cohort: Cohort) -> Iterator[str]:
    for email in cohort.ended:
        if end := cohort.end_of(email):
            yield (
                f"access of {email} ended {moment(end)}; `rollout remove-member` takes them out, `rollout set-until` "
                "gives them longer"
            )


def _team(found: Composition, team: str, share: Share) -> dict[str, Any]:
    return {
        "people": share.people,
        "headcount": share.headcount,
        "champions": found.champions.get(team, 0),
        "share_percent": _rounded(share.own, 100),
        "others_percent": _rounded(share.usual, 100),
        "times": _rounded(share.times, 1),
        "too_many": share.is_too_many,
    }


def _rounded(value: float | None, times: int) -> float | None:
    return None if value is None else round(value * times, 2)
