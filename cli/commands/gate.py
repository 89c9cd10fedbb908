"""`rollout gate`: whether a cohort's success metrics meet its targets, with the numbers and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

from cli.live.asking import Unreachable, asked
from cli.live.own_account import clients_of
from cli.live.stack import CommandError
from cli.live.success import Parameters, success_parameters
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from cli.terminal.json_out import print_json
from rollout import names
from rollout.model.errors import nearest
from rollout.model.rollout import Rollout
from rollout.success import metrics
from rollout.success.gates import verdict_of
from rollout.success.metrics import State, Verdict

MET, NOT_MET, NOT_ENOUGH_DATA = 0, 1, 3
CODES = {State.MET: MET, State.NOT_MET: NOT_MET, State.NOT_ENOUGH_DATA: NOT_ENOUGH_DATA}


def run(stack: str, cohort: str, as_json: bool) -> int:
    """The exit code. CommandError where the cohort has nothing to be judged by, or AWS does not answer."""
    project = Path.cwd()
    path = stack_path(project, stack)
    rollout, config = with_config(path)
    judged(rollout, cohort)
    parameters = _parameters(project, stack, config)
    try:
        verdict = verdict_of(rollout, cohort, parameters.get(names.weeks_parameter(cohort)))
    except ValueError as error:
        raise CommandError(
            f"{names.weeks_parameter(cohort)} cannot be read: {error}; the collector writes it anew at its next run"
        ) from None
    if as_json:
        print_json(document(rollout, cohort, verdict, parameters))
    else:
        print("\n".join(lines(rollout, cohort, verdict, parameters)))
    return CODES[verdict.state]


def judged(rollout: Rollout, cohort: str) -> None:
    """CommandError where the file gives nothing to judge a cohort by."""
    known = rollout.cohorts.get(cohort)
    if known is None:
        raise CommandError(f"no such cohort: {cohort}; {nearest(cohort, rollout.cohorts)}")
    missing = {
        "success": rollout.success,
        f"cohorts.{cohort}.targets": known.targets,
        f"cohorts.{cohort}.opened": known.opened,
    }
    lacks = [path for path, value in missing.items() if value is None]
    if lacks:
        raise CommandError(f"{cohort} cannot be judged: the stack file has no {', no '.join(lacks)}")


def _parameters(project: Path, stack: str, config: dict[str, Any]) -> Parameters:
    found = asked("AWS", success_parameters, clients_of(project, stack, config))
    if isinstance(found, Unreachable):
        raise CommandError(found.line)
    return found


def lines(rollout: Rollout, cohort: str, verdict: Verdict, parameters: Parameters) -> Iterator[str]:
    """For a person: the verdict, each metric, and what is missing or waits."""
    yield f"{cohort}: {verdict.state}"
    yield from (f"  {line}" for line in verdict.lines)
    yield from (f"  {line}" for line in missing(rollout, cohort, verdict))
    yield from (f"  {line}" for line in _waiting(rollout, cohort, parameters))


def missing(rollout: Rollout, cohort: str, verdict: Verdict) -> Iterator[str]:
    """What there is to wait for, or to do, before there is enough data."""
    if verdict.state is not State.NOT_ENOUGH_DATA:
        return
    known = rollout.cohorts[cohort]
    assert rollout.success is not None  # noqa: S101  `judged`
    assert known.opened is not None  # noqa: S101
    if not rollout.github:
        yield "missing: nothing collects the figures; configure `github`"
    elif not verdict.weeks:
        first = metrics.first_monday(known.opened.astimezone(UTC))
        yield f"missing: no whole week since {first} is known; the collector has not run since, or is not deployed"
    elif len(verdict.weeks) < rollout.success.weeks:
        yield f"missing: {rollout.success.weeks - len(verdict.weeks)} more whole weeks"


def _waiting(rollout: Rollout, cohort: str, parameters: Parameters) -> Iterator[str]:
    for name, other in sorted(rollout.cohorts.items()):
        if other.opens_after == cohort:
            passed = names.gate_parameter(name) in parameters
            gate = "its gate was passed" if passed else f"its gate is shut; it is {other.level}"
            yield f"{name} opens after it: {gate}"


def document(rollout: Rollout, cohort: str, verdict: Verdict, parameters: Parameters) -> dict[str, Any]:
    known = rollout.cohorts[cohort]
    assert rollout.success is not None  # noqa: S101  `judged`
    assert known.targets is not None  # noqa: S101
    baseline, targets = rollout.success.baseline.model_dump(), known.targets.given
    return {
        "cohort": cohort,
        "state": verdict.state.value,
        "weeks": [week.monday.isoformat() for week in verdict.weeks],
        "metrics": {
            finding.metric: {
                "state": finding.state.value,
                "value": finding.value,
                "baseline": baseline[finding.metric],
                "target": targets[finding.metric],
                "line": finding.line,
            }
            for finding in verdict.findings
        },
        "missing": list(missing(rollout, cohort, verdict)),
        "gates": {
            name: names.gate_parameter(name) in parameters
            for name, other in sorted(rollout.cohorts.items())
            if other.opens_after == cohort
        },
    }
