"""What a rollout needs of IAM Identity Center, where people sign in by it: the instance, and what Okta pushed there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from cli.doctor.finding import Check, Finding, broken, fine, unknown
from cli.doctor.steps import Step
from cli.live.aws import Clients
from rollout import names
from rollout.model.identity_center import IdentityCenter
from rollout.model.rollout import Rollout

NAME = "Identity Center"
# Elsewhere the instance is seen, and nothing of it may be made (Identity Center user guide, delegated administration).
DELEGATE = "make this account a delegated administrator of IAM Identity Center, or deploy to the management account"
PUSH = "in Okta's app, Push Groups, by a rule on that beginning; then `pulumi up` (docs/identity-center.md)"


def check(clients: Clients, rollout: Rollout) -> list[Check]:
    """None where people sign in otherwise."""
    center = rollout.identity_center
    if center is None:
        return []
    look = Check(name=NAME, look=lambda: _looked(clients, rollout, center), fix=DELEGATE, step=Step.COHORT)
    return [look]


def _looked(clients: Clients, rollout: Rollout, center: IdentityCenter) -> Iterator[Finding]:
    admin = clients("sso-admin")
    if away := elsewhere(admin, center):
        yield unknown(NAME, away, "look there")
        return
    found: list[dict[str, Any]] = admin.list_instances()["Instances"]
    instance = next((each for each in found if each["InstanceArn"] == center.instance_arn), None)
    if instance is None:
        seen = ", ".join(each["InstanceArn"] for each in found) or "none"
        yield broken(NAME, f"no instance {center.instance_arn} here; seen: {seen}", "mend identity_center.instance_arn")
        return
    if instance.get("IdentityStoreId") != center.identity_store_id:
        fix = f"set identity_center.identity_store_id to {instance.get('IdentityStoreId')}"
        yield broken(NAME, f"its identity store is not {center.identity_store_id}", fix)
        return
    try:
        admin.list_permission_sets(InstanceArn=center.instance_arn, MaxResults=1)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        yield broken(NAME, "permission sets may not be seen, and so not be made, from this account", DELEGATE)
        return
    yield fine(NAME, center.instance_arn)
    account = clients("sts").get_caller_identity()["Account"]
    for cohort in rollout.declared:
        if rollout.by_permission_set(cohort):
            yield _group(clients("identitystore"), center, names.okta_group(account, cohort))


def _group(store: Any, center: IdentityCenter, name: str) -> Finding:
    if found_by(store.get_group_id, center, "DisplayName", name) is None:
        return broken(NAME, f"Okta has not pushed the group {name}", PUSH)
    return fine(NAME, f"group {name}")


def elsewhere(client: Any, center: IdentityCenter) -> str | None:
    """That another region is asked than the instance's; None where it is the same."""
    asked = client.meta.region_name
    return None if asked == center.region else f"the instance is in {center.region}, and {asked} is asked"


def found_by(get_id: Any, center: IdentityCenter, attribute: str, value: str) -> dict[str, Any] | None:
    """What `get_id`, a call of the identity store, answers of whatever has this value; None where nothing has."""
    wanted = {"UniqueAttribute": {"AttributePath": attribute, "AttributeValue": value}}
    try:
        return get_id(IdentityStoreId=center.identity_store_id, AlternateIdentifier=wanted)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
