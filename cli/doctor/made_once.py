"""What is in an account and in Okta under the names that a stack would give to what it makes.

Who made it, names do not say: a stack's state has what is its own (`cli.live.engine.held`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from botocore.exceptions import ClientError

from cli.live.aws import Clients
from cli.live.okta import got
from rollout import names, okta_names
from rollout.access.federation import workflow_provider_arn
from rollout.account import Account
from rollout.model.rollout import Federation, Rollout
from rollout.observability.logs_kept import logs_of
from rollout.reconcile import billing_export

# What AWS's services call it, each in its own words.
ABSENT = {
    "NoSuchEntity",
    "NoSuchEntityException",
    "ResourceNotFoundException",
    "NotFoundException",
    "404",
    "NoSuchBucket",
}
RENAME = "another stack's cohort has this name: take another one, or set that one back and retire its logs"
LEFT = "a stack that is gone has left it: keep a copy of what it holds, take its deletion protection off, and delete it"


@dataclass(frozen=True, kw_only=True)
class There:
    """`what`: as a person calls it. `kind`, `id`: as a state has it. `adopt`: key and value by which it is adopted;
    without one, `fix` is what to do."""

    what: str
    kind: str
    id: str
    adopt: tuple[str, str | bool] | None = None
    fix: str = ""


def in_aws(clients: Clients, rollout: Rollout, account: Account) -> Iterator[There]:
    """Raises ClientError where AWS refuses to tell."""
    yield from _trusted(clients, rollout, account)
    yield from _functions(clients, rollout)
    yield from _log_groups(clients, rollout)
    yield from _roles(clients, rollout)
    yield from _others(clients, rollout, account)


def _trusted(clients: Clients, rollout: Rollout, account: Account) -> Iterator[There]:
    iam, adopt = clients("iam"), rollout.adopt
    if rollout.federation is Federation.SAML and not adopt.saml_provider_arn:
        arn = account.iam(f"saml-provider/{names.SAML_PROVIDER}")
        if _is_there(lambda: iam.get_saml_provider(SAMLProviderArn=arn)):
            what = f"SAML provider {names.SAML_PROVIDER}"
            yield There(what=what, kind="aws:iam/samlProvider:SamlProvider", id=arn, adopt=("saml_provider_arn", arn))
    if rollout.federation is Federation.OIDC and not adopt.oidc_provider_arn:
        arn = account.iam(f"oidc-provider/{rollout.okta.domain}")
        if _is_there(lambda: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)):
            kind = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
            what = f"OIDC provider {rollout.okta.domain}"
            yield There(what=what, kind=kind, id=arn, adopt=("oidc_provider_arn", arn))
    if rollout.has_workflows and not adopt.github_provider and audiences(clients, account) is not None:
        what, kind = f"OIDC provider {names.WORKFLOW_ISSUER}", "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
        yield There(what=what, kind=kind, id=workflow_provider_arn(account), adopt=("github_provider", True))


def audiences(clients: Clients, account: Account) -> list[str] | None:
    """Of GitHub's provider in this account; None where there is none. Raises ClientError where AWS refuses to tell."""
    arn, found = workflow_provider_arn(account), list[str]()

    def ask() -> None:
        answer = clients("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        found.extend(map(str, answer.get("ClientIDList") or ()))

    return found if _is_there(ask) else None


def _functions(clients: Clients, rollout: Rollout) -> Iterator[There]:
    for key, name in (("announcer", names.ANNOUNCER), ("meter", names.METER)):
        if not getattr(rollout.adopt, key) and _is_there(
            lambda name=name: clients("lambda").get_function_configuration(FunctionName=name)
        ):
            yield There(what=f"function {name}", kind="aws:lambda/function:Function", id=name, adopt=(key, True))


def _log_groups(clients: Clients, rollout: Rollout) -> Iterator[There]:
    """Those of the whole, and those of cohorts; logs outlive the stack that made them."""
    logs = clients("logs").get_paginator("describe_log_groups")
    beginnings = (f"/{names.PREFIX}/", names.function_log_group(names.PREFIX))
    known = {
        str(group["logGroupName"])
        for beginning in beginnings
        for page in logs.paginate(logGroupNamePrefix=beginning)
        for group in page["logGroups"]
    }
    for group in sorted(logs_of(rollout).groups & known):
        is_calls = group == names.INVOCATION_LOG_GROUP
        yield There(
            what=f"log group {group}",
            kind="aws:cloudwatch/logGroup:LogGroup",
            id=group,
            adopt=("invocation_log_group", group) if is_calls else None,
            fix=LEFT,
        )


def _roles(clients: Clients, rollout: Rollout) -> Iterator[There]:
    for cohort in (name for name, one in rollout.declared.items() if one.level.effects.role):
        role = names.role(cohort)
        if _is_there(lambda role=role: clients("iam").get_role(RoleName=role)):
            yield There(what=f"role {role}", kind="aws:iam/role:Role", id=role, fix=f"cohorts.{cohort}: {RENAME}")


def _others(clients: Clients, rollout: Rollout, account: Account) -> Iterator[There]:
    sender, adopt = rollout.notify.email_from, rollout.adopt
    if sender and not adopt.announcer and not adopt.email_identity:
        identity = str(sender)
        if _is_there(lambda: clients("sesv2").get_email_identity(EmailIdentity=identity)):
            kind = "aws:sesv2/emailIdentity:EmailIdentity"
            yield There(what=f"SES identity {identity}", kind=kind, id=identity, adopt=("email_identity", identity))
    if billing_export.declared(rollout.billing_export, adopts_meter=adopt.meter):
        bucket = names.billing_bucket(account.id)
        if _is_there(lambda: clients("s3").head_bucket(Bucket=bucket)):
            fix = f"name it: billing_export.bucket: {bucket}"
            yield There(what=f"bucket {bucket}", kind="aws:s3/bucket:Bucket", id=bucket, fix=fix)
    if rollout.budgets.anomaly_usd is not None and not rollout.budgets.anomaly_monitor:
        monitors = clients("ce").get_anomaly_monitors()["AnomalyMonitors"]
        for monitor in monitors:  # an account has one that watches services, whoever made it
            if monitor.get("MonitorDimension") == "SERVICE":
                arn = str(monitor["MonitorArn"])
                kind, fix = "aws:costexplorer/anomalyMonitor:AnomalyMonitor", f"name it: budgets.anomaly_monitor: {arn}"
                yield There(what=f"anomaly monitor {monitor['MonitorName']}", kind=kind, id=arn, fix=fix)


def in_okta(okta: httpx.Client, rollout: Rollout, account: Account) -> Iterator[There]:
    """CommandError where Okta does not tell."""
    domain, adopt, group = rollout.okta.domain, rollout.adopt, "okta:group/group:Group"
    umbrella = rollout.okta.umbrella_group
    if not adopt.umbrella_group_id and (id_ := _group(okta, domain, umbrella)):
        yield There(what=f"Okta group {umbrella}", kind=group, id=id_, adopt=("umbrella_group_id", id_))
    for cohort in rollout.declared:
        name = names.okta_group(account.id, cohort)
        if id_ := _group(okta, domain, name):
            yield There(what=f"Okta group {name}", kind=group, id=id_, fix=f"cohorts.{cohort}: {RENAME}")
    if rollout.federation is not Federation.SAML:
        return
    wanted = (
        ("okta_app_id", okta_names.aws_app_label(account.id), "okta:app/saml:Saml"),
        ("okta_sign_in_app_id", okta_names.sign_in_app(account.id), "okta:app/oAuth:OAuth"),
    )
    for key, label, kind in wanted:
        if not getattr(adopt, key) and (id_ := _app(okta, domain, label)):
            yield There(what=f"Okta app {label}", kind=kind, id=id_, adopt=(key, id_))


def _group(okta: httpx.Client, domain: str, name: str) -> str | None:
    found = got(okta, domain, "/api/v1/groups", {"search": f'profile.name eq "{name}"', "limit": "2"}).json()
    return next((str(each["id"]) for each in found if each["profile"]["name"] == name), None)


def _app(okta: httpx.Client, domain: str, label: str) -> str | None:
    found: list[Mapping[str, Any]] = got(okta, domain, "/api/v1/apps", {"q": label, "limit": "20"}).json()
    return next((str(each["id"]) for each in found if each["label"] == label), None)


def _is_there(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ABSENT:
            return False
        raise
    return True
