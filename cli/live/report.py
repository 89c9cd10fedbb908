"""What a report is made of, read from the stack file, the engine and AWS; each source by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from cli.billing import reconciled
from cli.live import alarms, aws, engine, incidents, success, usage
from cli.live.asking import Unreachable, asked, asking
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from rollout import names
from rollout.model.rollout import Rollout
from rollout.report.facts import Facts, Source, Topic, Update, Use
from rollout.report.figures import MOST_DAYS

Found = TypeVar("Found")
# The engine's list is asked for no more than this: a year of one update a day.
UPDATES_AT_MOST = 400


def read(project: Path, stack: str, now: datetime, since: date | None) -> Facts:
    """All sources side by side. Nothing of AWS is read with credentials of another account.

    Raises StackFileError and CommandError where the stack file itself cannot be read; its secrets are not needed.
    """
    path = stack_path(project, stack)
    rollout, config = with_config(path)
    sources = [Source(topic=Topic.FILE, where=path.name, read_at=now)]
    today = now.astimezone(UTC).date()
    first = min(since or today, today - timedelta(days=MOST_DAYS), today.replace(day=1))
    with asking() as ask:
        outputs_ = ask.of("outputs", engine.outputs, project, stack)
        updates_ = ask.of("history", engine.updates, project, stack, UPDATES_AT_MOST)
        outputs = outputs_.get()
        clients = asked("AWS", aws.own_clients, config, {} if isinstance(outputs, Unreachable) else outputs)

        def of_aws(read: Callable[..., Found], *args: Any) -> Callable[[], Found | Unreachable]:
            """Where there are no credentials of the stack's account, that is what every source of AWS says."""
            if isinstance(clients, Unreachable):
                refused = clients
                return lambda: refused
            return ask.of("AWS", read, clients, *args).get

        changes_ = of_aws(incidents.level_changes)
        people_ = of_aws(usage.people_by_day, rollout.logged, first, today)
        weeks_ = of_aws(success.success_parameters)
        alarms_ = of_aws(alarms.alarm_states, rollout)
        obstructed = reconciled.obstructed(rollout, now)
        bill_ = (lambda: obstructed) if obstructed else of_aws(reconciled.last_billed, rollout, now)
        updates, changes, people, weeks, states = updates_.get(), changes_(), people_(), weeks_(), alarms_()
        billed = bill_()

    def told(topic: Topic, where: str, found: Found | Unreachable) -> Found | None:
        problem = found.why if isinstance(found, Unreachable) else None
        sources.append(Source(topic=topic, where=where, read_at=datetime.now(UTC), problem=problem))
        return None if isinstance(found, Unreachable) else found

    logs = ", ".join(map(names.usage_log_group, rollout.logged)) or "no usage log yet"
    deployed = told(Topic.STANDING, "outputs of the stack's last update", outputs)
    logged = told(Topic.HISTORY, f"log group {names.INCIDENT_LOG_GROUP}", changes)
    done = told(Topic.UPDATES, "the engine's history of the stack", updates)
    used = told(Topic.USE, f"{logs}, by Logs Insights: what the meter counted", people)
    seen = told(Topic.SUCCESS, f"SSM parameters below {names.SUCCESS_PATH}, as read from GitHub", weeks)
    ringing = told(Topic.ALARMS, "CloudWatch", states)
    # An account's stacks have one incident log.
    own = {*rollout.cohorts, *rollout.logged}
    bill = told(Topic.BILL, reconciled.where(rollout), billed)
    return Facts(
        stack=stack,
        rollout=rollout,
        now=now,
        sources=sources,
        since=since,
        deployed=_levels(deployed) if deployed is not None else None,
        changes=[change for change in logged if change.cohort in own] if logged is not None else None,
        updates=[_update(update) for update in done] if done is not None else None,
        use=[_use(row) for row in used] if used is not None else None,
        weeks=_weeks(rollout, seen) if seen is not None else None,
        ringing=[state.name for state in ringing if state.firing] if ringing is not None else None,
        bill=bill,
    )


def _levels(outputs: Mapping[str, Any]) -> dict[str, str]:
    cohorts: Mapping[str, Mapping[str, Any]] = outputs.get("cohorts") or {}
    return {name: str(cohort.get("level")) for name, cohort in cohorts.items()}


def _weeks(rollout: Rollout, parameters: Mapping[str, str]) -> dict[str, str]:
    found = {name: parameters.get(names.weeks_parameter(name)) for name in rollout.cohorts}
    return {name: text for name, text in found.items() if text is not None}


def _update(update: engine.Update) -> Update:
    return Update(start=update.started, end=update.ended or update.started, succeeded=update.succeeded)


def _use(row: usage.PersonDay) -> Use:
    return Use(day=row.day, cohort=row.cohort, team=row.team, person=row.user, usd=row.usd, requests=row.requests)
