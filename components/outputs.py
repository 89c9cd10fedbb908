"""What a stack tells people: each cohort as it is, and what a member pastes to sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.cohort import Cohort
from components.identity.federation import Federation
from components.shared import Shared
from rollout import names
from rollout.access.federation import provider_arn
from rollout.access.residual import missed, residual_access
from rollout.account import Account
from rollout.incidents.cut_record import Record, cuts
from rollout.leaks.github_webhook import to_enter
from rollout.macs import sign_in
from rollout.macs.places import PLACES, Platform
from rollout.macs.settings import managed_settings, recipients, whole_cohort
from rollout.model.rollout import Rollout, ServiceLevels


def export(
    rollout: Rollout,
    account: Account,
    record: Record,
    federation: Federation,
    shared: Shared,
    cohorts: Mapping[str, Cohort],
) -> None:
    """`cohorts` for everyone, `sign_in` for members of those that have something to sign in to, `settings` for whoever
    looks after the Macs, `residual_access` and `break_glass` for whoever is on call, `github_webhook` for who
    administers GitHub."""
    logs = shared.trail.usage_log_groups
    pulumi.export(
        "cohorts",
        {
            name: _cohort(name, rollout, account, record, cohorts.get(name), logs.get(name))
            for name in sorted(rollout.cohorts)
        },
    )
    pulumi.export(
        "sign_in",
        {
            name: _sign_in(name, rollout, account, federation, cohort)
            for name, cohort in cohorts.items()
            if rollout.cohorts[name].usable_models(rollout.throttle)
        },
    )
    pulumi.export(
        "residual_access",
        {
            level.value: {
                "service_level": found.service_level,
                "aws": found.aws,
                "okta": found.okta,
                "mac": "nothing is pushed" if found.mac is None else found.mac,
                "met": found.met,
            }
            for level, found in residual_access(rollout).items()
        },
    )
    pulumi.export("settings", {name: _settings(name, rollout, cohort) for name, cohort in cohorts.items()})
    pulumi.export("macs", {name: cohort.macs.confirmed for name, cohort in cohorts.items() if cohort.macs})
    pulumi.export("break_glass", {name: break_glass(cohort.urn) for name, cohort in cohorts.items()})
    if url := shared.github_webhook.url:
        pulumi.export("github_webhook", url.apply(to_enter))
    if rollout.service_levels is ServiceLevels.WARN:
        for mistake in missed(rollout):
            pulumi.log.warn(mistake.line({}))


def break_glass(urn: pulumi.Output[str]) -> pulumi.Output[str]:
    """What takes a cohort at once. The next `up` gives back what the stack file names, so the level comes first."""
    return pulumi.Output.concat("pulumi destroy --target '", urn, "' --target-dependents --yes")


def _cohort(
    name: str,
    rollout: Rollout,
    account: Account,
    record: Record,
    declared: Cohort | None,
    log_group: pulumi.Input[str] | None,
) -> dict[str, Any]:
    """One entry of the output `cohorts`. What a cohort has not at its level is left out."""
    has_role = declared is not None and declared.role_arn is not None
    return {
        "level": rollout.cohorts[name].level.value,
        "role_name": names.role(name) if has_role else None,
        "role_arn": declared.role_arn if declared else None,
        "profile_arns": declared.profile_arns if declared else {},
        "okta_group": names.okta_group(account.id, name) if declared else None,
        "log_group": log_group,
        "members": sorted(rollout.cohorts[name].members),
        **(cuts(record.cohorts[name]) if name in record.cohorts else {}),
    }


def _sign_in(
    name: str, rollout: Rollout, account: Account, federation: Federation, declared: Cohort
) -> pulumi.Output[dict[str, Any]]:
    """One entry of the output `sign_in`: an AWS profile, Claude Code's settings, and the files of a Mac they go to."""
    places = PLACES[Platform.MACOS]

    def entry(known: dict[str, Any]) -> dict[str, Any]:
        settings = {
            "claude_settings": managed_settings(rollout, whole_cohort(rollout, name), known["profile_arns"]),
            "claude_settings_file": places.settings,
        }
        if not known["aws_app_id"]:
            return {
                "issuer": f"https://{rollout.okta.domain}",
                "client_id": names.cohort_app(account.id, name),
                "role_arn": account.role_arn(name),
                "role_session_name": "the token's sub",
                **settings,
            }
        process = sign_in.okta_aws_cli(
            rollout.okta.domain,
            known["client_id"],
            known["aws_app_id"],
            provider_arn(rollout, account),
            account.role_arn(name),
            account.region,
            rollout.session_minutes,
        )
        return {
            "credential_process": process,
            "aws_profile": sign_in.aws_profile(account.region, process),
            "aws_config_file": places.aws_config,
            **settings,
        }

    return pulumi.Output.all(
        profile_arns=declared.profile_arns, aws_app_id=federation.aws_app_id, client_id=federation.sign_in_client_id
    ).apply(entry)


def _settings(name: str, rollout: Rollout, declared: Cohort) -> pulumi.Output[dict[str, Any]]:
    """One entry of the output `settings`: by recipients' name, who they are and a Mac's document. No document: nothing
    may be left on their machines."""

    def entry(arns: dict[str, str]) -> dict[str, Any]:
        return {
            to.name: {
                "level": to.level.value,
                "people": list(to.emails),
                "document": managed_settings(rollout, to, arns),
            }
            for to in recipients(rollout, name)
        }

    return pulumi.Output.all(**declared.profile_arns).apply(entry)
