"""What a cohort's Macs get, by the channel that the stack file names: settings, and the files that settings name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.identity.federation import Federation
from components.mac_settings import MacSettings, MacSettingsArgs
from providers.jamf import sdk as jamf
from rollout.access.member_sign_in import credential_process
from rollout.account import Account
from rollout.macs import commit_guard, credential_helper, gateway_files, own_usage_view, sign_in
from rollout.macs.commit_guard import File
from rollout.macs.forms import helper_file
from rollout.macs.places import PLACES, Platform
from rollout.macs.settings import managed_settings, recipients
from rollout.model.macs import Channel, Jamf
from rollout.model.rollout import Rollout

PLACE = PLACES[Platform.MACOS]


@dataclass(frozen=True, kw_only=True)
class MacServer:
    """Jamf Pro, once per stack, beside the cohorts."""

    jamf: Jamf
    provider: jamf.Provider


def mac_server(rollout: Rollout, opts: pulumi.ResourceOptions | None = None) -> MacServer | None:
    """None where the stack file names no Jamf: then nothing is pushed."""
    if rollout.jamf is None or rollout.jamf_client_secret is None:
        return None
    provider = jamf.Provider(
        "jamf",
        url=rollout.jamf.url,
        client_id=rollout.jamf.client_id,
        client_secret=rollout.jamf_client_secret.get_secret_value(),
        removal_seconds=rollout.jamf.removal_minutes * 60,
        unconfirmed=rollout.jamf.unconfirmed.value,
        opts=opts,
    )
    return MacServer(jamf=rollout.jamf, provider=provider)


@dataclass(frozen=True, kw_only=True)
class MacsArgs:
    cohort: str
    rollout: Rollout
    account: Account
    server: MacServer
    federation: Federation
    profile_arns: Mapping[str, pulumi.Output[str]]
    after: Sequence[pulumi.Resource]
    """What takes effect first: a Mac that cannot be reached keeps nobody's access from being cut."""


def macs(name: str, args: MacsArgs, opts: pulumi.ResourceOptions) -> MacSettings:
    """Of a cohort that has settings at its level. At `rolled_back` nothing is declared, so all of it goes."""
    rollout, server = args.rollout, args.server
    shared = recipients(rollout, args.cohort)
    arns = pulumi.Output.all(**args.profile_arns)
    documents: dict[str, pulumi.Output[dict[str, Any]]] = {
        to.name: arns.apply(lambda found, to=to: managed_settings(rollout, to, found) or {}) for to in shared
    }
    return MacSettings(
        name,
        MacSettingsArgs(
            jamf=server.jamf,
            provider=server.provider,
            organization=rollout.organization.name,
            people={to.name: to.emails for to in shared},
            documents=documents,
            settings_path=PLACE.settings if rollout.mac.channel is Channel.FILE else None,
            files=_files(args),
            gone=gateway_files.gone(rollout, args.account, Platform.MACOS),
            after=args.after,
        ),
        opts,
    )


def _files(args: MacsArgs) -> pulumi.Output[Sequence[File]]:
    """What signs in, the AWS profile that names it, the guard, a person's own view, and a helper's settings. Behind a
    gateway nothing signs in to AWS."""
    rollout, account = args.rollout, args.account
    signed_in = {"aws_profile": sign_in.PROFILE, "aws_config_file": PLACE.aws_config}
    guard = [
        *commit_guard.files(rollout, account, Platform.MACOS, **signed_in),
        *own_usage_view.files(rollout, account, Platform.MACOS, **signed_in),
    ]
    helper = (
        [File(path=PLACE.settings, content=helper_file(PLACE, rollout.mac.helper_minutes), mode=0o644)]
        if rollout.mac.channel is Channel.HELPER
        else []
    )
    if rollout.gateway:  # what signed in to AWS is taken away in the same run
        by_gateway = gateway_files.files(rollout, account, Platform.MACOS)
        return pulumi.Output.from_input(commit_guard.each_once([*by_gateway, *guard, *helper]))
    if text := sign_in.portal_profile(rollout, account, args.cohort):
        config = File(path=PLACE.aws_config, content=text, mode=0o644)
        return pulumi.Output.from_input(commit_guard.each_once([config, *guard, *helper]))
    client_id, aws_app_id = args.federation.sign_in_client_id, args.federation.aws_app_id
    if client_id is None or aws_app_id is None:
        return pulumi.Output.from_input(
            commit_guard.each_once([*guard, *helper])
        )  # no official client signs in under oidc

    def files(client_id: str, aws_app_id: str) -> list[File]:
        process = credential_process(rollout, account, args.cohort, client_id, aws_app_id)
        signs_in = credential_helper.files(rollout, args.cohort, Platform.MACOS, process)
        profile = sign_in.aws_profile(account.region, credential_helper.command(Platform.MACOS, process))
        config = File(path=PLACE.aws_config, content=profile, mode=0o644)
        return commit_guard.each_once([*signs_in, config, *guard, *helper])

    return pulumi.Output.all(client_id, aws_app_id).apply(lambda known: files(*known))
