"""What no rollback removes is protected: a mistake there locks everybody out, or forgets what was used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.accounts import FEDERATION
from policies.engine.resources import Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity
from rollout.names import USAGE_TABLE

PROVIDERS = {"aws:iam/samlProvider:SamlProvider", "aws:iam/openIdConnectProvider:OpenIdConnectProvider"}
TABLE: Final = "aws:dynamodb/table:Table"
GROUP: Final = "okta:group/group:Group"


def applies(resource: Resource) -> bool:
    if resource.type == TABLE:
        return resource.props.get("name") == USAGE_TABLE
    # A group that was adopted is only read, and is not ours to protect.
    return FEDERATION in resource.ancestors and (resource.type in PROVIDERS or "name" in resource.props)


def judge(resource: Resource) -> Iterator[Finding]:
    if not resource.protect:
        yield Breach("not protected, and no rollback removes it")


RULE = ResourceRule(
    name="kept-is-protected",
    severity=Severity.HIGH,
    description="The identity provider, the umbrella group and the table of what was used are protected.",
    remediation="Set protect=True.",
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    types={*PROVIDERS, TABLE, GROUP},
    applies=applies,
    judge=judge,
)
