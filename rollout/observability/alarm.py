"""What an alarm is, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rollout.model.notify import Audience

BEDROCK, LAMBDA, LOGS, SQS = "AWS/Bedrock", "AWS/Lambda", "AWS/Logs", "AWS/SQS"
# Bedrock user guide, monitoring: under this `ModelId` it says whether records reached the log.
ALL_MODELS = "Across all model IDs"
METRICS_AT_MOST = 10
MINUTE, HOUR, DAY = 60, 3600, 86_400
Statistic = Literal["Sum", "Maximum", "Minimum", "Average", "p90"]
Missing = Literal["notBreaching", "breaching", "ignore", "missing"]
Comparison = Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    id: str
    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict[str, str])
    statistic: Statistic = "Sum"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """`expression`: of the metrics' ids; none where the one metric speaks for itself. `period`: seconds. Rings when
    `datapoints` of the last `periods` are past the threshold. `means` and `then`: its description."""

    name: str
    means: str
    then: str
    audiences: tuple[Audience, ...]
    metrics: Sequence[Metric]
    expression: str | None = None
    label: str
    period: int
    periods: int = 1
    datapoints: int = 1
    threshold: float
    comparison: Comparison = "GreaterThanOrEqualToThreshold"
    missing: Missing = "notBreaching"

    @property
    def waits_for_an_id(self) -> bool:
        """Whether it watches something that has no id yet."""
        return any("" in metric.dimensions.values() for metric in self.metrics)

    @property
    def description(self) -> str:
        return f"{self.means} {self.then}"


def waiting(name: str, queue: str, label: str, means: str, then: str, audiences: tuple[Audience, ...]) -> Alarm:
    """Of a dead-letter queue: it rings for as long as anything is in it."""
    visible = Metric(
        id="waiting",
        namespace=SQS,
        name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue},
        statistic="Maximum",
    )
    return Alarm(
        name=name,
        means=means,
        then=then,
        audiences=audiences,
        metrics=[visible],
        label=label,
        period=MINUTE,
        threshold=1,
    )


def metrics(profile_ids: Sequence[str], kinds: Mapping[str, str]) -> list[Metric]:
    return [
        Metric(id=f"{letter}{n}", namespace=BEDROCK, name=name, dimensions={"ModelId": profile})
        for letter, name in kinds.items()
        for n, profile in enumerate(profile_ids)
    ]


def total(letter: str, count: int) -> str:
    return "+".join(f"FILL({letter}{n},0)" for n in range(count))


def chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"
