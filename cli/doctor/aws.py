"""What a rollout needs of AWS: an account, models, quotas, logs, mail, functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from cli.doctor.finding import Check, Finding, broken, fine, unknown
from cli.doctor.steps import Step
from cli.doctor.trail import trail
from cli.live.aws import Clients, checked_account
from rollout import names
from rollout.model.models import Model
from rollout.model.rollout import Rollout

# Service Quotas' code for application inference profiles of an account and region.
PROFILES_QUOTA = "L-40EC9882"
# A model that ends sooner wants another one now: profiles of it are made anew, and people are told.
NEAR = timedelta(days=90)
# Functions of ours that may run at once, with room; a new account may have 10 in all.
CONCURRENCY_AT_LEAST = 50
# Tokens per minute and person by the number of people, the lower end of each row of "Rate limit recommendations" on
# Claude Code's page "Manage costs effectively" (docs.anthropic.com, later code.claude.com; the same rows in the copies
# of 2025 and of spring 2026): more people, fewer each, since fewer are at work at once. The last row has no end.
TOKENS_PER_MINUTE = ((5, 200_000), (20, 100_000), (50, 50_000), (100, 25_000), (500, 15_000), (None, 10_000))
QUOTA_WORDS = {
    "global": "global cross-region model inference tokens per minute",
    None: "on-demand model inference tokens per minute",
}
# Bedrock's word for it, and SES's.
NOT_FOUND = {"ResourceNotFoundException", "NotFoundException"}
CROSS_REGION = "cross-region model inference tokens per minute"


def checks(clients: Clients, rollout: Rollout, expected: set[str]) -> list[Check]:
    """In order of importance."""
    console = "look at what it says; the credentials may lack the right to ask"
    models = {
        f"model {label}": lambda label=label, model=model: _model(clients, label, model)
        for label, model in sorted(rollout.models.items())
    }
    looks: dict[Step, dict[str, Callable[[], Iterator[Finding]]]] = {
        Step.MODELS: {
            **models,
            "use case form": lambda: _use_case(clients),
            "quotas of IAM": lambda: _iam(clients, rollout),
            "quota of profiles": lambda: _profiles(clients, rollout),
            "tokens per minute": lambda: _tokens(clients, rollout),
            "Lambda concurrency": lambda: _concurrency(clients),
        },
        Step.TRAIL: {"trail": lambda: trail(clients("cloudtrail"))},
        Step.UPDATE: {
            "invocation logging": lambda: _logging(clients, rollout),
            "log retention": lambda: _retention(clients, rollout),
        },
        Step.NOTICES: {"mail": lambda: _mail(clients, rollout)} if rollout.notify.email_from else {},
    }
    return [
        Check(
            name="AWS account",
            look=lambda: _account(clients, expected),
            fix="sign in to AWS, or set AWS_PROFILE or aws:profile",
            step=Step.SHELL,
        ),
        *(
            Check(name=name, look=look, fix=console, step=step)
            for step, by_name in looks.items()
            for name, look in by_name.items()
        ),
    ]


def _account(clients: Clients, expected: set[str]) -> Iterator[Finding]:
    account = checked_account(clients, expected)
    if expected:
        yield fine("AWS account", account)
    else:
        yield unknown("AWS account", f"{account}, which nothing vouches for", "set aws:allowedAccountIds")


def _model(clients: Clients, label: str, model: Model) -> Iterator[Finding]:
    found = clients("bedrock").get_foundation_model_availability(modelId=model.foundation_model)
    wanted = {
        "agreementAvailability": ("AVAILABLE", "accept the model's agreement in Bedrock"),
        "authorizationStatus": ("AUTHORIZED", "an SCP or IAM policy is in the way"),
        "entitlementAvailability": ("AVAILABLE", "ask for access to the model in Bedrock"),
        "regionAvailability": ("AVAILABLE", "take a model that this region has"),
    }
    for field, (good, fix) in wanted.items():
        value: Any = found.get(field)
        state: Any = value["status"] if isinstance(value, dict) else value
        if state != good:
            yield broken(f"model {label}", f"{model.foundation_model}: {field}: {state}", fix)
            return
    yield _until_its_end(clients, label, model)


def _until_its_end(clients: Clients, label: str, model: Model) -> Finding:
    """AWS announces a model's end as `LEGACY`, with the day (Bedrock API reference, FoundationModelLifecycle)."""
    name = model.foundation_model
    lifecycle = clients("bedrock").get_foundation_model(modelIdentifier=name)["modelDetails"].get("modelLifecycle", {})
    if lifecycle.get("status") != "LEGACY":
        return fine(f"model {label}", f"{name} can be called")
    end = lifecycle.get("endOfLifeTime")
    what = f"{name} is legacy: AWS ends it " + (f"on {end:%Y-%m-%d}" if end else "on a day it does not say")
    if end and end - datetime.now(UTC) > NEAR:
        return fine(f"model {label}", f"{what}; until then it can be called")
    return broken(f"model {label}", what, f"give models.{label} a newer source")


def _use_case(clients: Clients) -> Iterator[Finding]:
    found = _unless_not_found(clients("bedrock").get_use_case_for_model_access)
    if found.get("formData"):
        yield fine("use case form", "was sent")
    else:
        yield broken("use case form", "was not sent", "send the form for Claude in Bedrock")


def _unless_not_found(ask: Callable[..., Mapping[str, Any]], **given: str) -> Mapping[str, Any]:
    """What is not there is an answer; every other error is none."""
    try:
        return ask(**given)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in NOT_FOUND:
            return {}
        raise


def _iam(clients: Clients, rollout: Rollout) -> Iterator[Finding]:
    """A cohort has a role, and a managed policy as its boundary. As if none of them were there yet."""
    summary, needed = clients("iam").get_account_summary()["SummaryMap"], len(rollout.declared)
    for what, name in (("roles", "Roles"), ("policies", "Policies")):
        left = summary[f"{name}Quota"] - summary[name]
        if left < needed:
            fix = f"ask Service Quotas for more {'customer managed ' if what == 'policies' else 'IAM '}{what}"
            yield broken(f"quota of {what}", f"{left} left, for {needed} cohorts", fix)
        else:
            yield fine(f"quota of {what}", f"{left} left")


def _profiles(clients: Clients, rollout: Rollout) -> Iterator[Finding]:
    quota = clients("service-quotas").get_service_quota(ServiceCode="bedrock", QuotaCode=PROFILES_QUOTA)["Quota"][
        "Value"
    ]
    needed = sum(len(cohort.models) for cohort in rollout.declared.values() if cohort.level.effects.role)
    others = _profiles_of_others(clients, rollout)
    if needed + others > quota:
        beside = f" beside {others} of others" if others else ""
        what = f"{needed} needed{beside}, {quota:,.0f} allowed"
        yield broken("quota of profiles", what, f"ask for more of {PROFILES_QUOTA}")
    else:
        yield fine("quota of profiles", f"{needed} of {quota:,.0f}")


def _profiles_of_others(clients: Clients, rollout: Rollout) -> int:
    """Application inference profiles of the account that are no cohort's of this stack."""
    ours = tuple(names.profile_prefix(cohort) for cohort in rollout.declared)
    pages = clients("bedrock").get_paginator("list_inference_profiles").paginate(typeEquals="APPLICATION")
    return sum(
        not each["inferenceProfileName"].startswith(ours)
        for page in pages
        for each in page["inferenceProfileSummaries"]
    )


def _tokens(clients: Clients, rollout: Rollout) -> Iterator[Finding]:
    """Of each model against the people who may call it. Service Quotas has no other key than a quota's name."""
    pages = clients("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="bedrock")
    quotas = {str(quota["QuotaName"]).lower(): float(quota["Value"]) for page in pages for quota in page["Quotas"]}
    for label, model in sorted(rollout.models.items()):
        people = sum(
            len(cohort.signed_in)
            for cohort in rollout.declared.values()
            if label in cohort.usable_models(rollout.throttle)
        )
        if people:
            yield tokens_of(label, model, people, quotas)


def tokens_of(label: str, model: Model, people: int, quotas: Mapping[str, float]) -> Finding:
    """`quotas`: by name in lower case."""
    check, needed = "tokens per minute", people * per_person(people)
    kind, name = QUOTA_WORDS.get(model.geography, CROSS_REGION), spoken(model.foundation_model)
    # Not `claude sonnet 4` in `claude sonnet 4.6`, nor what the same model may do with a long context.
    named = re.compile(rf"{re.escape(kind)} .*\b{re.escape(name)}(?![.\d])(?!.*context length)")
    found = [value for quota, value in quotas.items() if named.match(quota)]
    if not found:
        return unknown(check, f"{label}: no quota is called {kind} … {name}", "look in Service Quotas, Amazon Bedrock")
    if min(found) < needed:
        what = f"{label}: {min(found):,.0f} allowed, about {needed:,} advised for {people} people"
        return broken(check, what, "ask Service Quotas for more, or leave people out")
    return fine(check, f"{label}: {min(found):,.0f} allowed, about {needed:,} advised for {people} people")


def per_person(people: int) -> int:
    return next(tokens for most, tokens in TOKENS_PER_MINUTE if most is None or people <= most)


def spoken(model: str) -> str:
    """`claude sonnet 4.6` of `anthropic.claude-sonnet-4-6`, as Service Quotas writes it but for its capitals."""
    words = [word for word in model.partition(":")[0].partition(".")[2].split("-") if word != "v1" and len(word) < 8]
    numbers = [word for word in words if word.isdigit()]
    return " ".join([*(word for word in words if not word.isdigit()), ".".join(numbers)])


def _logging(clients: Clients, rollout: Rollout) -> Iterator[Finding]:
    found: Mapping[str, Any] = (
        clients("bedrock").get_model_invocation_logging_configuration().get("loggingConfig") or {}
    )
    logs: Mapping[str, Any] = found.get("cloudWatchConfig") or {}
    group = logs.get("logGroupName")
    wanted = rollout.adopt.invocation_log_group or names.INVOCATION_LOG_GROUP
    check = "invocation logging"
    if group is None:
        yield broken(check, "is off, so nothing is counted", "run `pulumi up`, or turn it on where it is adopted")
    elif group != wanted:
        fix = f"name it as adopt.invocation_log_group; without that `pulumi up` replaces it by {wanted}"
        yield broken(check, f"goes to {group}, which this stack does not read", fix)
    elif found.get("textDataDeliveryEnabled", True) and not rollout.logs.prompt_text:
        yield broken(check, "writes prompts, which logs.prompt_text does not allow", "run `pulumi up`, or turn it off")
    else:
        yield fine(check, f"goes to {group}")


def _retention(clients: Clients, rollout: Rollout) -> Iterator[Finding]:
    """As it is: a policy of the whole account may have shortened what the stack asked for."""
    pages = clients("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/{names.PREFIX}/")
    groups = {str(group["logGroupName"]): group.get("retentionInDays") for page in pages for group in page["logGroups"]}
    short = {name: days for name, days in groups.items() if days and days < rollout.logs.retention_days}
    for name, days in sorted(short.items()):
        fix = "run `pulumi up`; if that does not last, a policy of the whole account shortens it"
        yield broken("log retention", f"{name}: {days} days, not {rollout.logs.retention_days}", fix)
    if not short:
        yield fine("log retention", f"{len(groups)} log groups keep what logs.retention_days says")


def _concurrency(clients: Clients) -> Iterator[Finding]:
    left = int(clients("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"])
    if left < CONCURRENCY_AT_LEAST:
        yield broken("Lambda concurrency", f"{left} at once", "ask Service Quotas for more concurrent executions")
    else:
        yield fine("Lambda concurrency", f"{left} at once")


def _mail(clients: Clients, rollout: Rollout) -> Iterator[Finding]:
    ses, sender = clients("sesv2"), rollout.adopt.email_identity or str(rollout.notify.email_from)
    if not ses.get_account().get("ProductionAccessEnabled"):
        yield broken("mail", "SES is in its sandbox: only verified addresses get mail", "ask SES for production access")
    identity = _unless_not_found(ses.get_email_identity, EmailIdentity=sender)
    if not identity and not rollout.adopt.email_identity:
        yield unknown("mail", f"{sender} is not there yet", "run `pulumi up`, which makes it; then verify it")
    elif identity.get("VerifiedForSendingStatus"):
        yield fine("mail", f"{sender} is verified")
    else:
        yield broken("mail", f"{sender} is not verified", "follow the link in SES's mail to it, or set its DNS records")
