"""Alarms as they are declared in AWS, from `rollout.observability.alarms`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.functions.audiences import Audiences
from rollout import names
from rollout.account import Account
from rollout.observability.alarm import Alarm, Metric


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    account: Account
    audiences: Audiences
    alarms: Sequence[Alarm]
    resolved: pulumi.Input[Sequence[Alarm]] | None = None
    """The same, once what they watch has its id."""
    tags: Mapping[str, str]
    after: Sequence[pulumi.Resource] = ()
    """What must have happened before silence means something."""


class Alarms(pulumi.ComponentResource):
    """One metric alarm each; it says so, and when it is over, to the topics of its audiences."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Alarms", name, {}, opts)
        resolved = pulumi.Output.from_input(args.resolved or list(args.alarms))
        for number, alarm in enumerate(args.alarms):
            topics = [args.account.topic_arn(audience) for audience in alarm.audiences]
            aws.cloudwatch.MetricAlarm(
                f"{name}-{alarm.name.removeprefix(f'{names.PREFIX}-')}",
                name=alarm.name,
                alarm_description=alarm.description,
                metric_queries=(
                    resolved.apply(lambda found, number=number: _queries(found[number]))  # pyright: ignore
                    if alarm.waits_for_an_id
                    else _queries(alarm)
                ),
                comparison_operator=alarm.comparison,
                threshold=alarm.threshold,
                evaluation_periods=alarm.periods,
                datapoints_to_alarm=alarm.datapoints,
                treat_missing_data=alarm.missing,
                alarm_actions=topics,
                ok_actions=topics,
                tags=args.tags,
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=[
                        *args.after,
                        *(args.audiences.topics[a] for a in alarm.audiences if a in args.audiences.topics),
                    ],
                ),
            )


def _queries(alarm: Alarm) -> list[dict[str, Any]]:
    shown = alarm.expression is None
    queries: list[dict[str, Any]] = [
        {
            "id": metric.id,
            "label": alarm.label if shown else metric.name,
            "metric": _metric(metric, alarm.period),
            "return_data": shown,
        }
        # In state's own order: a refresh takes the inputs from there place by place, and would mix two up.
        for metric in sorted(alarm.metrics, key=lambda metric: metric.id)
    ]
    if not shown:
        queries.append({"id": "rings", "expression": alarm.expression, "label": alarm.label, "return_data": True})
    return queries


def _metric(metric: Metric, period: int) -> dict[str, Any]:
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "period": period,
        "stat": metric.statistic,
    }
