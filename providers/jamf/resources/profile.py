"""Configuration profiles: preferences of one domain, forced on the Macs of some groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from providers.jamf import inventory
from providers.jamf.context import Context, Existing
from providers.jamf.errors import JamfError
from providers.jamf.marker import marked, unmarked
from providers.jamf.markup import element, made_id, text
from providers.jamf.payloads import decoded, domain_of, encoded, lint, normalized, preferences, profile
from providers.jamf.resources.kind import Kind, Resource, Shape
from providers.jamf.resources.scope import beside, group_ids, scope
from providers.jamf.tokens import CONFIGURATION_PROFILE
from providers.jamf.values import Properties, is_known

PATH = "/JSSResource/osxconfigurationprofiles"
TAG = "os_x_configuration_profile"
AUTOMATIC = "Install Automatically"
# `Computer` is written and `System` read back; `Computer Level` would be stored as a user's (jamf-api 2.1).
LEVEL, LEVEL_READ = "Computer", "System"
# Where the server has not given them yet. It makes its own, whatever is sent.
NEW = ("00000000-0000-4000-8000-000000000000", "new")
SCOPED = {("", "computer_groups"), ("exclusions", "computer_groups")}


class ConfigurationProfile(Kind):
    """`altered`: what somebody has set by hand that is no setting of ours; an update takes it back."""

    token = CONFIGURATION_PROFILE
    shapes = {  # noqa: RUF012
        "name": Shape(kind=str, longest=255),
        "organization": Shape(kind=str, longest=255),
        "settings": Shape(kind=dict),
        "computer_group_ids": Shape(kind=list),
        "excluded_group_ids": Shape(kind=list, default=[]),
        "description": Shape(kind=str, default=""),
        "domain": Shape(kind=str, longest=255),
        "altered": Shape(kind=list, default=[]),
    }
    computed = ("uuid", "identifier", "confirmed")
    volatile = ("confirmed",)
    unmade = {"uuid": "", "identifier": "", "confirmed": {}}  # noqa: RUF012

    def faults(self, inputs: Properties) -> Any:
        yield from super().faults(inputs)
        yield from lint(inputs.get("settings"))

    def differences(self, context: Context | None, state: Properties, inputs: Properties) -> list[str]:
        """Of the settings each key on its own, compared strictly but for what Jamf cannot keep."""
        found = [name for name in super().differences(context, state, inputs) if name != "settings"]
        have, want = normalized(state.get("settings") or {}), inputs["settings"]
        if not isinstance(want, dict):
            return [*found, "settings"]
        want = normalized(want)
        keys = sorted(key for key in have.keys() | want.keys() if _differs(have.get(key), want.get(key)))
        return [*found, *(f'settings["{key}"]' for key in keys)]

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        resource_id, ours = context.create(
            f'profile "{inputs["name"]}"',
            lambda: made_id(context.client.post_xml(f"{PATH}/id/0", _document(context, inputs, NEW))),
            lambda: _existing(context, inputs["name"]),
        )
        if ours:
            return resource_id, self.update(context, resource_id, {}, inputs)
        return resource_id, _outputs(context, resource_id, inputs)

    def read(self, context: Context, resource_id: str, state: Properties) -> Resource | None:
        found = context.settled(lambda: _get(context, resource_id))
        if found is None:
            return None
        general, reached = found["general"], found.get("scope") or {}
        payload = decoded(general["payloads"])
        domain = str(state.get("domain") or domain_of(payload))
        inputs: Properties = {
            "name": str(general["name"]),
            # Jamf may put its own name there, so it is not compared.
            "organization": str(state.get("organization") or payload.get("PayloadOrganization") or "Jamf"),
            "settings": preferences(payload, domain),
            "computer_group_ids": group_ids(reached),
            "excluded_group_ids": group_ids(reached, "exclusions"),
            "description": unmarked(str(general.get("description") or "")),
            "domain": domain,
            "altered": sorted([*_altered(general), *beside(reached, SCOPED)]),
        }
        return Resource(inputs=inputs, outputs={**inputs, **_identity(general, payload), **_confirmed(context, found)})

    def update(self, context: Context, resource_id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: ARG002
        with context.client.writing():
            found = context.settled(lambda: _get(context, resource_id))
            if found is None:
                raise JamfError(
                    f'profile "{inputs["name"]}" (id {resource_id}) is gone from Jamf Pro; `pulumi refresh`'
                )
            identity = _identity(found["general"], decoded(found["general"]["payloads"]))
            body = _document(context, inputs, (identity["uuid"], identity["identifier"]))
            context.client.put_xml(f"{PATH}/id/{resource_id}", body)
        return _outputs(context, resource_id, inputs)

    def delete(self, context: Context, resource_id: str, state: Properties) -> None:
        """Out of scope first, since nothing of it can be read once it is gone."""
        found = context.settled(lambda: _get(context, resource_id))
        if found is None:
            return
        identifier = _identity(found["general"], decoded(found["general"]["payloads"]))["identifier"]
        # An earlier try has emptied the scope, and somebody who left may be offline still: neither is in it.
        ids, names = _reached(context, found), state.get("confirmed") or {}
        context.client.put_xml(f"{PATH}/id/{resource_id}", element(TAG, scope()))
        holding: list[str] = []
        for _ in context.polls():
            holding = _holding(context, resource_id, identifier, ids, names)
            if not holding:
                context.client.delete(f"{PATH}/id/{resource_id}")
                return
        told = f'removal of profile "{state.get("name", resource_id)}" is not confirmed by {", ".join(holding)}'
        if context.limits.unconfirmed == "refuse":
            raise JamfError(f"{told}; nothing is in its scope any more: try again once they have been online")
        context.warn(f"{told}; it stays in Jamf Pro (id {resource_id}) with an empty scope, and waits for them there")


def _get(context: Context, resource_id: str) -> Any:
    answer = context.client.get(f"{PATH}/id/{resource_id}")
    return answer[TAG] if answer else None


def _existing(context: Context, name: str) -> Existing | None:
    answer = context.client.get(f"{PATH}/name/{quote(name, safe='')}")
    general = answer[TAG]["general"] if answer else None
    return Existing(id=str(general["id"]), description=str(general.get("description") or "")) if general else None


def _document(context: Context, inputs: Properties, identity: tuple[str, str]) -> str:
    name, domain = inputs["name"], inputs["domain"]
    payload = profile(name, inputs["organization"], domain, normalized(inputs["settings"]), identity)
    return element(
        TAG,
        element(
            "general",
            text("name", name),
            text("description", marked(inputs["description"], context.urn)),
            element("category", text("id", -1)),
            element("site", text("id", -1)),
            text("distribution_method", AUTOMATIC),
            text("user_removable", value=False),
            text("level", LEVEL),
            # Without it only Macs that are new in scope get the change; what GET says of it is not so.
            text("redeploy_on_update", "All"),
            element("payloads", encoded(payload)),
        ),
        scope(inputs["computer_group_ids"], inputs["excluded_group_ids"]),
    )


def _outputs(context: Context, resource_id: str, inputs: Properties) -> Properties:
    """Read back, for Jamf says 201 to what it then keeps otherwise."""
    found = _get(context, resource_id)
    if found is None:
        raise JamfError(f'profile "{inputs["name"]}" (id {resource_id}) is not there after it was written')
    payload = decoded(found["general"]["payloads"])
    kept = preferences(payload, inputs["domain"])
    if wrong := sorted(key for key in _keys(kept, inputs) if kept.get(key) != normalized(inputs["settings"]).get(key)):
        raise JamfError(
            f'profile "{inputs["name"]}" (id {resource_id}): Jamf Pro keeps other settings than it was given: '
            f"{', '.join(wrong)}; report this with its version"
        )
    return {**inputs, **_identity(found["general"], payload), **_confirmed(context, found)}


def _keys(kept: Properties, inputs: Properties) -> set[str]:
    return kept.keys() | inputs["settings"].keys()


def _identity(general: Any, payload: Properties) -> dict[str, str]:
    own = str(payload.get("PayloadUUID") or general.get("uuid") or "")
    return {"uuid": own, "identifier": str(payload.get("PayloadIdentifier") or own)}


def _altered(general: Any) -> list[str]:
    wanted = {"distribution_method": AUTOMATIC, "level": LEVEL_READ, "user_removable": False}
    return [f"{name}: {general.get(name)}" for name, value in wanted.items() if general.get(name, value) != value]


def _reached(context: Context, found: Any) -> dict[str, str]:
    """Macs in scope, names by id."""
    reached = found.get("scope") or {}
    members: dict[str, str] = {}
    for group in group_ids(reached):
        members |= inventory.group_members(context.client, group)
    for group in group_ids(reached, "exclusions"):
        members = {
            key: name for key, name in members.items() if key not in inventory.group_members(context.client, group)
        }
    return members


def _confirmed(context: Context, found: Any) -> Properties:
    """Acknowledged is what the Mac said, installed what its last inventory says; inventory comes later."""
    general = found["general"]
    resource_id = str(general["id"])
    identifier = _identity(general, decoded(general["payloads"]))["identifier"]
    commands = inventory.newest_commands(context.client, resource_id)

    def state(mac: inventory.Mac) -> str:
        match commands.get(mac.management_id):
            case (_, "PENDING" | "NOT_NOW"):
                return "pending"
            case ("INSTALL_PROFILE", "ERROR"):
                return "failed"
            case _ if identifier in mac.profiles:
                return "installed"
            case ("INSTALL_PROFILE", "ACKNOWLEDGED"):
                return "acknowledged"
            case _:
                return "not yet"

    macs = inventory.of_ids(context.client, _reached(context, found))
    return {"confirmed": {mac.name: state(mac) for mac in sorted(macs, key=lambda mac: mac.name)}}


def _holding(
    context: Context, resource_id: str, identifier: str, ids: Iterable[str], names: Iterable[str]
) -> list[str]:
    """Names of the Macs that may still have the profile: by what they acknowledged, or else by inventory.

    Of these ids and names, and of all that were ever sent a command about it.
    """
    commands = inventory.newest_commands(context.client, resource_id)
    sent = [each for each, command in commands.items() if command != ("REMOVE_PROFILE", "ACKNOWLEDGED")]

    def holds(mac: inventory.Mac) -> bool:
        match commands.get(mac.management_id):
            case ("REMOVE_PROFILE", "ACKNOWLEDGED"):
                return False
            case (_, "PENDING" | "NOT_NOW") | ("INSTALL_PROFILE", "ACKNOWLEDGED"):
                return True
            case _:
                return identifier in mac.profiles

    macs = {
        *inventory.of_ids(context.client, ids),
        *inventory.of_management_ids(context.client, sent),
        *inventory.named(context.client, names),
    }
    return sorted(mac.name for mac in macs if holds(mac))


def _differs(have: Any, want: Any) -> bool:
    return not is_known(want) or have != want
