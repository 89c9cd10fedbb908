"""Which cohorts may open: one that names another waits until that one's targets are met, or somebody answers for it.

A gate is judged when its cohort's level goes above `planned`. Passed once, it stays so: what was seen, or who overrode
it, is kept in an SSM parameter, and figures that turn worse later take nothing from anybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rollout import names
from rollout.model.cohort import Cohort
from rollout.model.errors import Mistake
from rollout.model.rollout import Rollout
from rollout.success import metrics
from rollout.success.metrics import Least, State, Verdict


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Of a cohort that is to be open. `passed`: what the parameter holds from now on; none where it is shut. `refused`:
    why it is. `overridden`: a line on who answers for it."""

    cohort: str
    passed: str | None
    refused: Sequence[Mistake] = ()
    overridden: str | None = None


def waiting(rollout: Rollout) -> dict[str, Cohort]:
    """The cohorts whose gates matter: above `planned`, and after another."""
    return {name: cohort for name, cohort in rollout.declared.items() if cohort.opens_after}


def gates(rollout: Rollout, parameters: Mapping[str, str]) -> list[Gate]:
    """`parameters`: those below `names.SUCCESS_PATH`, by name."""
    return [_gate(rollout, name, cohort, parameters) for name, cohort in waiting(rollout).items()]


def _gate(rollout: Rollout, name: str, cohort: Cohort, parameters: Mapping[str, str]) -> Gate:
    before = str(cohort.opens_after)
    passed = parameters.get(names.gate_parameter(name))
    if override := cohort.gate_override:
        record = {"after": before, "overridden": {"by": override.by, "reason": override.reason}}
        line = f"cohorts.{name}: opened without waiting for {before}: {override.by} overrides: {override.reason}"
        return Gate(cohort=name, passed=passed or json.dumps(record), overridden=line)
    if passed is not None:
        return Gate(cohort=name, passed=passed)
    path = ("cohorts", name, "level")
    if before not in rollout.declared:
        return Gate(cohort=name, passed=None, refused=[Mistake(path, f"opens after {before}, which is planned itself")])
    try:
        verdict = verdict_of(rollout, before, parameters.get(names.weeks_parameter(before)))
    except ValueError as error:
        text = f"{names.weeks_parameter(before)} cannot be read: {error}; the collector writes it anew at its next run"
        return Gate(cohort=name, passed=None, refused=[Mistake(path, text)])
    if verdict.state is State.MET:
        return Gate(cohort=name, passed=json.dumps({"after": before, "met": verdict.lines}))
    return Gate(cohort=name, passed=None, refused=list(_refused(rollout, path, before, verdict)))


def _refused(rollout: Rollout, path: tuple[str, ...], before: str, verdict: Verdict) -> Iterator[Mistake]:
    found = f"{before} has not met its targets" if verdict.state is State.NOT_MET else f"{before} cannot be judged yet"
    then = "leave it planned, or set gate_override: {by, reason}"
    if not verdict.weeks:
        then = f"no week of it is known; {_why(rollout)}; {then}"
    yield Mistake(path, f"{found}; {then}")
    for line in verdict.lines:
        yield Mistake(("cohorts", before, "targets"), line)


def _why(rollout: Rollout) -> str:
    return "the collector has not run, or not been deployed" if rollout.github else "configure `github`"


def verdict_of(rollout: Rollout, cohort: str, weeks: str | None) -> Verdict:
    """Of a cohort with targets. ValueError where `weeks`, as the collector wrote them, cannot be read."""
    known = rollout.cohorts[cohort]
    assert rollout.success is not None  # noqa: S101  these three: `rollout.stack_file.success_checks`
    assert known.targets is not None  # noqa: S101
    assert known.opened is not None  # noqa: S101
    return metrics.judge(
        rollout.success.baseline.model_dump(),
        known.targets.given,
        metrics.read(weeks) if weeks else [],
        metrics.first_monday(known.opened),
        Least(weeks=rollout.success.weeks, prs=rollout.success.least_prs, bugs=rollout.success.least_bugs),
    )
