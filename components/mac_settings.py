"""What a cohort's Macs are given: groups of them, and the channels that bring settings and files there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from providers.jamf import sdk as jamf
from rollout.config import Jamf
from rollout.mac_files import MacFile, file_script

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
    files: Sequence[MacFile] = field(default_factory=tuple[MacFile, ...])
    """What else goes to the Macs, in the order of writing: before the settings, and away after them."""


class MacSettings(pulumi.ComponentResource):
    """For each document a group of Macs and what brings it there. A document that is no longer named is removed from
    the Macs before it goes here."""

    groups: Mapping[str, jamf.ComputerGroup]
    confirmed: Mapping[str, pulumi.Output[Mapping[str, str]]]
    """What the Macs have confirmed, by their names, by the documents' names."""

    def __init__(self, name: str, args: MacSettingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:MacSettings", name, {}, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self, provider=args.provider)
        self.groups, self.confirmed = {}, {}
        for which, document in args.documents.items():
            group = self.groups[which] = self._group(f"{name}-{which}", which)
            first: list[pulumi.Resource] = []
            if args.files or args.settings_path:
                policy = self._files(f"{name}-{which}", which, document, group)
                self.confirmed[which] = policy.confirmed
                first.append(policy)
            if not args.settings_path:
                self.confirmed[which] = self._profile(f"{name}-{which}", which, document, group, first).confirmed
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
            settings=document,
            computer_group_ids=[group.id],
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=after)),
        )

    def _files(
        self, name: str, which: str, document: pulumi.Input[Mapping[str, Any]], group: jamf.ComputerGroup
    ) -> jamf.Policy:
        """One policy writes, and one takes away from Macs that have left the group; they run in the order of their
        names, so that a Mac which has come to another group has its new files before the old ones would go."""
        path, files = self._args.settings_path, self._args.files
        given = pulumi.Output.json_dumps(document) if path else pulumi.Output.from_input("")
        contents = [pulumi.Output.from_input(file.content) for file in files]

        def script(found: Sequence[str]) -> str:
            settings, *rest = found
            written = [
                MacFile(path=file.path, mode=file.mode, content=text) for file, text in zip(files, rest, strict=True)
            ]
            if path:
                written.append(MacFile(path=path, content=as_file(settings)))
            return file_script(which, written)

        brings = jamf.Script(
            f"{name}-script",
            name=f"Claude Code {which}",
            contents=pulumi.Output.all(given, *contents).apply(script),
            opts=self._child,
        )
        jamf.Policy(
            f"{name}-leavers",
            name=f"Claude Code remove {which}",
            script_id=brings.id,
            event=EVENT,
            action=jamf.REMOVE,
            computer_ids=group.former_computer_ids,
            opts=self._child,
        )
        return jamf.Policy(
            f"{name}-policy",
            name=f"Claude Code apply {which}",
            script_id=brings.id,
            event=EVENT,
            action="apply",
            computer_group_ids=[group.id],
            opts=self._child,
        )


def as_file(document: str) -> str:
    """JSON as Claude Code reads it, the same whatever the order of keys."""
    return json.dumps(json.loads(document), indent=2, sort_keys=True) + "\n"
