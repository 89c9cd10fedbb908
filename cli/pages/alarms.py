"""`python -m cli.pages.alarms`: docs/alarms.md, from the alarms themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic import SecretStr

from rollout.levels import Level
from rollout.model.cohort import Cohort, Incident
from rollout.model.models import Model
from rollout.model.organization import Okta, Organization
from rollout.model.rollout import Rollout
from rollout.model.success import Github
from rollout.observability.alarm import Alarm
from rollout.observability.alarms import PROOF_ALARMS, shared_alarms
from rollout.observability.cohort_alarms import cohort_alarms

HAIKU = Model(source="anthropic.claude-haiku-4-5-20251001-v1:0", input=1.0, output=1.0, cache_read=1.0, cache_write=1.0)
INTRODUCTION = (
    "# The alarms\n\n"
    "What rings, for whom, and what to do. Written by `make alarms-page` from `rollout/observability/alarms.py`, which "
    "is what is deployed.\n\n"
    "Each goes to the SNS topics of its audiences, and says so again when it is over. Missing data "
    "is `notBreaching` where nothing is said: what nobody used reports nothing. Of a cohort with more than ten models "
    "(five, for errors) there are several of a kind, numbered, since an alarm holds ten metrics. Those of "
    "enforcement are there where the stack file can stop somebody.\n"
)


def page() -> str:
    incident = Incident(id="INC-1", since=datetime(2026, 1, 1, tzinfo=UTC), reason="an example")
    rollout = Rollout(
        organization=Organization(name="acme"),
        okta=Okta(domain="acme.okta.com"),
        models={"haiku": HAIKU},
        github_webhook_secret=SecretStr("x" * 64),
        github=Github(organization="acme"),
        cohorts={"pilot": Cohort(level=Level.SUSPENDED, models=("haiku",), incident=incident)},
    )
    parts = [
        INTRODUCTION,
        "## Of each cohort\n",
        *_table(cohort_alarms(rollout, "pilot", {"haiku": "id"})),
        "\n## Of what all share\n",
        *_table([*shared_alarms(rollout), *PROOF_ALARMS]),
    ]
    return "\n".join(parts) + "\n"


def _table(alarms: Iterable[Alarm]) -> Iterable[str]:
    yield "| Alarm | For | Rings when | What it means, and what to do |"
    yield "| --- | --- | --- | --- |"
    for alarm in sorted(alarms, key=lambda alarm: alarm.name):
        audiences = ", ".join(audience.replace("_", " ") for audience in alarm.audiences)
        yield f"| `{alarm.name}` | {audiences} | {_rule(alarm)} | {alarm.description} |"


SIGNS = {"GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": ">=", "LessThanThreshold": "<"}


def _rule(alarm: Alarm) -> str:
    periods = f"{alarm.datapoints} of {alarm.periods} x {alarm.period // 60} min"
    missing = "" if alarm.missing == "notBreaching" else f", missing data {alarm.missing}"
    return f"{alarm.label} {SIGNS[alarm.comparison]} {alarm.threshold:,g}, {periods}{missing}"


if __name__ == "__main__":
    sys.stdout.write(page())
