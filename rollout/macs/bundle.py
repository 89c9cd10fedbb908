"""What a person puts on machines by hand, or into another tool than Jamf Pro: each form of each document, as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollout.account import Account
from rollout.macs import commit_guard, credential_helper, gateway_files, own_usage_view, windows
from rollout.macs.commit_guard import File
from rollout.macs.forms import as_json, as_mobileconfig, as_plist, helper_answer, helper_file
from rollout.macs.places import DOMAIN, PLACES, Places, Platform
from rollout.macs.settings import Recipients, managed_settings, recipients
from rollout.macs.sign_in import PROFILE, aws_profile, portal_profile
from rollout.model.macs import Channel
from rollout.model.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One file. `name`: relative, with `/`. `goes_to`: its path on a machine, or into what it is imported."""

    name: str
    content: bytes
    goes_to: str
    mode: int = 0o644


def bundle(
    rollout: Rollout, cohort: str, profile_arns: Mapping[str, str], credential_process: str | None
) -> tuple[Piece, ...]:
    """Of everybody in a cohort, in the order of writing: settings come after the files that they name."""
    return tuple(
        piece
        for to in recipients(rollout, cohort)
        for platform in Platform
        for piece in _pieces(rollout, to, profile_arns, credential_process, platform)
    )


def _registry(folder: str, name: str, document: Mapping[str, Any], aws_config: str | None) -> list[Piece]:
    """By a tool that writes values, that imports a file, or that runs a script, which brings the AWS profile along."""
    script = windows.intune_script(document, name, aws_config)
    return [
        Piece(
            name=f"{folder}/registry-value.json",
            content=windows.registry_value(document).encode(),
            goes_to=windows.where(),
        ),
        Piece(name=f"{folder}/ClaudeCode.reg", content=windows.as_reg(document), goes_to="`reg import`, the same"),
        Piece(
            name=f"{folder}/Set-ClaudeCode.ps1", content=script.encode(), goes_to="Intune's platform scripts, the same"
        ),
    ]


def templates() -> tuple[Piece, ...]:
    """What is the same for all cohorts: Group Policy's template, and what takes everything off a Windows machine."""
    return (
        Piece(name="windows/ClaudeCode.admx", content=windows.admx().encode(), goes_to="PolicyDefinitions, or Intune"),
        Piece(name="windows/en-US/ClaudeCode.adml", content=windows.adml().encode(), goes_to="beside it, in en-US"),
        Piece(
            name="windows/Remove-ClaudeCode.ps1",
            content=windows.removal_script().encode(),
            goes_to="Windows machines of whoever has left, and after `rolled_back`",
        ),
    )


def _piece(folder: str, places: Places, file: File) -> Piece:
    name = f"{folder}/{file.path.removeprefix(places.folder + '/')}"
    return Piece(name=name, content=file.content.encode(), goes_to=file.path, mode=file.mode)


def _pieces(
    rollout: Rollout,
    to: Recipients,
    profile_arns: Mapping[str, str],
    credential_process: str | None,
    platform: Platform,
) -> list[Piece]:
    document = managed_settings(rollout, to, profile_arns, platform)
    if document is None:
        return []
    places, folder = PLACES[platform], f"{to.name}/{platform.value}"
    region, account_id = next(iter(profile_arns.values())).split(":")[3:5]
    account = Account(account_id, region)
    if rollout.gateway:
        credential_process = None
    signs_in = (
        *credential_helper.files(rollout, to.cohort, platform, credential_process),
        *gateway_files.files(rollout, account, platform),
    )
    found = [_piece(folder, places, file) for file in signs_in]
    if text_of_profile := portal_profile(rollout, Account(account_id, region), to.cohort):
        found.append(Piece(name=f"{folder}/aws-config", content=text_of_profile.encode(), goes_to=places.aws_config))
    elif credential_process:
        text_of_profile = aws_profile(region, credential_helper.command(platform, credential_process))
        found.append(Piece(name=f"{folder}/aws-config", content=text_of_profile.encode(), goes_to=places.aws_config))
    given = {"aws_profile": PROFILE, "aws_config_file": places.aws_config}
    guard = commit_guard.files(rollout, account, platform, **given)
    view = own_usage_view.files(rollout, account, platform, **given)
    beside = commit_guard.each_once([*guard, *view])
    found += [_piece(folder, places, file) for file in beside if file not in signs_in]
    if rollout.mac.channel is Channel.HELPER:
        answer = Piece(
            name=f"{folder}/policy-helper.json",
            content=helper_answer(document).encode(),
            goes_to=f"what {places.helper} prints",
        )
        text = helper_file(places, rollout.mac.helper_minutes)
        return [
            *found,
            answer,
            Piece(name=f"{folder}/managed-settings.json", content=text.encode(), goes_to=places.settings),
        ]
    found.append(
        Piece(name=f"{folder}/managed-settings.json", content=as_json(document).encode(), goes_to=places.settings)
    )
    if platform is Platform.WINDOWS:
        found += _registry(folder, to.name, document, text_of_profile)
    if platform is Platform.MACOS:
        profile = as_mobileconfig(document, rollout.organization.name, to.name)
        found += [
            Piece(
                name=f"{folder}/claude-code.mobileconfig", content=profile, goes_to="a configuration profile, instead"
            ),
            Piece(
                name=f"{folder}/{DOMAIN}.plist", content=as_plist(document), goes_to="Jamf's Custom Settings, instead"
            ),
        ]
    return found
