"""What a cohort's Macs are given: groups of them, and the channels that bring settings and files there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from providers.jamf import sdk as jamf
from rollout.macs.commit_guard import File
from rollout.macs.delivery import file_script
from rollout.macs.forms import as_json
from rollout.macs.places import DOMAIN
from rollout.model.macs import Jamf

EVENT = "claude-code"


@dataclass(frozen=True, kw_only=True)
class MacSettingsArgs:
    jamf: Jamf
    provider: jamf.Provider
    organization: str
    people: Mapping[str, Sequence[str]]
    """E-mail addresses by the name of those who share a document; each person once. Nobody: nothing is declared."""
    documents: Mapping[str, pulumi.Input[Mapping[str, Any]]]
    """Managed settings by the same names."""
    settings_path: str | None
    """Where on the Mac the settings are a file; None: they come as a configuration profile."""
    files: pulumi.Input[Sequence[File]] | None = None
    """What else goes to the Macs, in the order of writing: before the settings, and away after them."""
    gone: Sequence[str] = ()
    """What an earlier update may have put there, by path, and nothing names any more."""
    after: Sequence[pulumi.Resource] = ()


class MacSettings(pulumi.ComponentResource):
    """For each document a group of Macs and what brings it there. A document that is no longer named is removed from
    the Macs before it goes here."""

    groups: Mapping[str, jamf.ComputerGroup]
    confirmed: Mapping[str, pulumi.Output[Mapping[str, str]]]
    """What the Macs have confirmed, by their names, by the documents' names."""
    pending: Mapping[str, pulumi.Output[str | None]]
    """Why Jamf Pro could not be told of a document, by the documents' names; None where it was."""
    people: Mapping[str, Sequence[str]]

    def __init__(self, name: str, args: MacSettingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:MacSettings", name, {}, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self, provider=args.provider, depends_on=args.after)
        self.groups, self.confirmed, self.pending, self.people = {}, {}, {}, args.people
        for which, document in args.documents.items():
            if not args.people[which]:
                continue
            group = self.groups[which] = self._group(f"{name}-{which}", which)
            first: list[pulumi.Resource] = []
            pending = [group.pending]
            if args.files is not None or args.settings_path:
                files = self._files(f"{name}-{which}", which, document, group)
                self.confirmed[which] = files.confirmed
                pending.append(files.pending)
                first.append(files)
            if not args.settings_path:
                profile = self._profile(f"{name}-{which}", which, document, group, first)
                self.confirmed[which] = profile.confirmed
                pending.append(profile.pending)
            self.pending[which] = pulumi.Output.all(*pending).apply(_first)
        self.register_outputs({"confirmed": self.confirmed})

    def _group(self, name: str, which: str) -> jamf.ComputerGroup:
        return jamf.ComputerGroup(
            f"{name}-macs",
            name=f"Claude Code {which}",
            emails=self._args.people[which],
            several_macs=self._args.jamf.several_macs.value,
            no_mac=self._args.jamf.no_mac.value,
            opts=self._child,
        )

    def _profile(
        self,
        name: str,
        which: str,
        document: pulumi.Input[Mapping[str, Any]],
        group: jamf.ComputerGroup,
        after: Sequence[pulumi.Resource],
    ) -> jamf.ConfigurationProfile:
        """The files are there before it, for it names them."""
        return jamf.ConfigurationProfile(
            f"{name}-profile",
            name=f"Claude Code {which}",
            organization=self._args.organization,
            domain=DOMAIN,
            settings=document,
            computer_group_ids=[group.id],
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=after)),
        )

    def _files(
        self, name: str, which: str, document: pulumi.Input[Mapping[str, Any]], group: jamf.ComputerGroup
    ) -> jamf.ManagedFiles:
        path, files = self._args.settings_path, self._args.files

        def script(found: Sequence[Any]) -> str:
            files, settings = found
            own = [File(path=path, content=as_json(settings), mode=0o644)] if path else []
            return file_script(which, [*files, *own], self._args.gone)

        return jamf.ManagedFiles(
            f"{name}-files",
            name=f"Claude Code {which}",
            contents=pulumi.Output.all([] if files is None else files, document if path else {}).apply(script),
            event=EVENT,
            computer_group_id=group.id,
            computer_ids=group.computer_ids,
            opts=self._child,
        )


def _first(reasons: Sequence[str | None]) -> str | None:
    return next((reason for reason in reasons if reason), None)
