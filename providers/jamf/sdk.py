"""The provider's resources as a program declares them.

`pending`, of each: why Jamf Pro could not be told what is declared; none where it was. The next update tries again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi

from providers.jamf.tokens import (
    COMPUTER_GROUP,
    CONFIGURATION_PROFILE,
    MANAGED_FILES,
    PACKAGE,
    PENDING,
    VERSION,
)


def _versioned(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(version=VERSION))


class Provider(pulumi.ProviderResource):
    """A Jamf Pro server. `removal_seconds`: how long a removal waits for Macs; then it is left or refused."""

    def __init__(
        self,
        name: str,
        *,
        url: pulumi.Input[str],
        client_id: pulumi.Input[str],
        client_secret: pulumi.Input[str],
        removal_seconds: int,
        unconfirmed: Literal["leave", "refuse"],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: Mapping[str, pulumi.Input[str]] = {
            "url": url,
            "client_id": client_id,
            "client_secret": pulumi.Output.secret(client_secret),
            "removal_seconds": str(removal_seconds),
            "unconfirmed": unconfirmed,
        }
        super().__init__(PACKAGE, name, props, _versioned(opts))


class ConfigurationProfile(pulumi.CustomResource):
    """Preferences of one domain, forced on the Macs of some computer groups.

    `confirmed`: by name of each Mac in scope, `installed` by its inventory, `acknowledged` by itself, `pending`,
    `failed`, or `not yet` where nothing was asked of it. Deleting empties the scope and waits for the Macs first.
    """

    uuid: pulumi.Output[str]
    identifier: pulumi.Output[str]
    confirmed: pulumi.Output[Mapping[str, str]]
    pending: pulumi.Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        organization: pulumi.Input[str],
        domain: str,
        settings: pulumi.Input[Mapping[str, Any]],
        computer_group_ids: pulumi.Input[Sequence[pulumi.Input[str]]],
        excluded_group_ids: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
        description: pulumi.Input[str] = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": name,
            "organization": organization,
            "settings": settings,
            "computer_group_ids": computer_group_ids,
            "excluded_group_ids": excluded_group_ids,
            "description": description,
            "domain": domain,
            **dict.fromkeys(("uuid", "identifier", "confirmed", PENDING)),
        }
        super().__init__(CONFIGURATION_PROFILE, resource_name, props, _versioned(opts))


class ComputerGroup(pulumi.CustomResource):
    """A static group of the Macs that inventory assigns to people, by e-mail address.

    `computer_ids`: who is in it. `without_mac`: addresses that inventory knows no Mac of.
    """

    computer_ids: pulumi.Output[Sequence[str]]
    pending: pulumi.Output[str | None]
    without_mac: pulumi.Output[Sequence[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        emails: Sequence[str],
        several_macs: Literal["all", "refuse"] = "refuse",
        no_mac: Literal["warn", "refuse"] = "refuse",
        description: pulumi.Input[str] = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": name,
            "emails": sorted(emails),
            "several_macs": several_macs,
            "no_mac": no_mac,
            "description": description,
            **dict.fromkeys(("computer_ids", "without_mac", PENDING)),
        }
        super().__init__(COMPUTER_GROUP, resource_name, props, _versioned(opts))


class ManagedFiles(pulumi.CustomResource):
    """A script that each Mac of a group runs at check-in, and at `jamf policy -event <event>`.

    The script's parameter 4 is `apply`, or `remove` on Macs that have left the group and before this is deleted; that
    waits until each has run it. `computer_ids`: who is in the group. `confirmed`: by name of each Mac in it,
    `completed`, `failed` or `not yet`, of its last run.
    """

    confirmed: pulumi.Output[Mapping[str, str]]
    pending: pulumi.Output[str | None]
    leaving: pulumi.Output[Sequence[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        contents: pulumi.Input[str],
        event: pulumi.Input[str],
        computer_group_id: pulumi.Input[str],
        computer_ids: pulumi.Input[Sequence[str]],
        description: pulumi.Input[str] = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": name,
            "contents": contents,
            "event": event,
            "computer_group_id": computer_group_id,
            "computer_ids": computer_ids,
            "description": description,
            **dict.fromkeys(("script_id", "removal_policy_id", "leaving", "confirmed", PENDING)),
        }
        super().__init__(MANAGED_FILES, resource_name, props, _versioned(opts))
