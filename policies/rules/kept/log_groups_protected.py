"""A log group is protected, and expires when somebody said so. That it is also kept when it is undeclared
(`retain_on_delete`), no policy can see; tests/graph holds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity

LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"


def judge(resource: Resource) -> Iterator[Finding]:
    if not resource.protect:
        yield Breach("not protected: taking it out of the program would delete the log")
    days: Any = resource.props.get("retentionInDays")
    if days is UNKNOWN:
        yield Breach("its retention is not known in a preview; give it plainly")


RULE = ResourceRule(
    name="log-groups-protected",
    severity=Severity.HIGH,
    description="Log groups are protected: no change of the program deletes one, and their retention is plain to see.",
    remediation="Make it in `components.audit_trail`, which sets protect and retain_on_delete.",
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    types={LOG_GROUP},
    judge=judge,
)
