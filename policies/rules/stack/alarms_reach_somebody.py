"""An alarm that nobody hears is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity

ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"


def judge(resource: Resource) -> Iterator[Finding]:
    actions: Any = resource.props.get("alarmActions")
    if not actions or resource.props.get("actionsEnabled") is False:
        yield Breach("it tells nobody")
    elif actions is UNKNOWN or UNKNOWN in actions:
        yield Breach("whom it tells is not known in a preview; compose the topics' ARNs from names")
    if not resource.props.get("treatMissingData"):
        yield Breach("what missing data means is left to the default")


RULE = ResourceRule(
    name="alarms-reach-somebody",
    severity=Severity.MEDIUM,
    description="Each alarm tells a topic, and says what missing data means.",
    remediation="Declare it by `components.observability.alarms`, with audiences.",
    url="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
    types={ALARM},
    judge=judge,
)
