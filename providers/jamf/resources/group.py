"""Static computer groups: the Macs of people, who are known by e-mail address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from providers.jamf import inventory
from providers.jamf.context import Context, Existing
from providers.jamf.errors import JamfError, LostAnswerError
from providers.jamf.marker import marked, unmarked
from providers.jamf.markup import element, ids
from providers.jamf.resources.kind import Kind, Resource, Shape
from providers.jamf.tokens import COMPUTER_GROUP
from providers.jamf.values import Properties, is_known

PATH = "/api/v3/computer-groups/static-groups"
CLASSIC = "/JSSResource/computergroups"
DELTA_TRIES = 3


class ComputerGroup(Kind):
    token = COMPUTER_GROUP
    shapes = {  # noqa: RUF012
        "name": Shape(kind=str, longest=255),
        "emails": Shape(kind=list),
        "several_macs": Shape(kind=str, default="refuse", allowed=("all", "refuse")),
        "no_mac": Shape(kind=str, default="refuse", allowed=("warn", "refuse")),
        "description": Shape(kind=str, default=""),
    }
    computed = ("computer_ids", "without_mac")
    volatile = ("computer_ids", "without_mac")
    unmade = {"computer_ids": [], "without_mac": []}  # noqa: RUF012

    def differences(self, context: Context | None, state: Properties, inputs: Properties) -> list[str]:
        """A Mac that is new in inventory, or was put in or taken out by hand, is one, although no input has changed."""
        found = super().differences(context, state, inputs)
        if context and not found and is_known(inputs):
            wanted = _wanted(context, inputs, warn=False)
            found += [name for name in self.computed if wanted[name] != state.get(name)]
        return found

    def preview(self, context: Context | None, state: Properties | None, inputs: Properties) -> Properties:
        """People without a Mac are told before anything is touched."""
        found = super().preview(context, state, inputs)
        return {**found, **_wanted(context, inputs)} if context and is_known(inputs) else found

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        wanted = _wanted(context, inputs)
        resource_id, ours = context.create(
            f'computer group "{inputs["name"]}"',
            lambda: str(context.client.post_json(PATH, _document(context, inputs, wanted)).json()["id"]),
            lambda: _existing(context, inputs["name"]),
        )
        if ours:
            context.client.put_json(f"{PATH}/{resource_id}", _document(context, inputs, wanted))
        return resource_id, {**inputs, **wanted}

    def read(self, context: Context, resource_id: str, state: Properties) -> Resource | None:
        found = context.settled(lambda: context.client.get(f"{PATH}/{resource_id}"))
        if found is None:
            return None
        members = sorted(inventory.group_members(context.client, resource_id))
        asked = state.get("emails") or []
        known = {mac.email for mac in inventory.of_people(context.client, asked) if mac.managed}
        inputs: Properties = {
            "name": str(found["name"]),
            "emails": sorted(asked or _emails(context, members)),
            "several_macs": state.get("several_macs") or "refuse",
            "no_mac": state.get("no_mac") or "refuse",
            "description": unmarked(str(found.get("description") or "")),
        }
        without = sorted({email.lower() for email in asked} - known)
        return Resource(inputs=inputs, outputs={**inputs, "computer_ids": members, "without_mac": without})

    def update(self, context: Context, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """Members by what comes and goes, so that nobody else's Mac leaves for a moment."""
        wanted = _wanted(context, inputs)
        with context.client.writing():
            if any(state.get(name) != inputs[name] for name in ("name", "description")):
                context.client.put_json(f"{PATH}/{resource_id}", _document(context, inputs, wanted))
            else:
                _bring(context, resource_id, inputs["name"], set(wanted["computer_ids"]))
        return {**inputs, **wanted}

    def delete(self, context: Context, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        context.client.delete(f"{PATH}/{resource_id}")


def _bring(context: Context, resource_id: str, name: str, wanted: set[str]) -> None:
    """All or nothing at each try; what came of one whose answer was lost is looked at first, since taking out who is
    not in is refused."""
    for number in range(DELTA_TRIES):
        members = set(inventory.group_members(context.client, resource_id))
        if members == wanted:
            return
        body = element(
            "computer_group",
            ids("computer_additions", "computer", sorted(wanted - members)),
            ids("computer_deletions", "computer", sorted(members - wanted)),
        )
        try:
            context.client.put_xml(f"{CLASSIC}/id/{resource_id}", body, again=False)
        except LostAnswerError:
            if number == DELTA_TRIES - 1:
                raise
            context.client.pause(1.0)
        except JamfError as error:
            if error.status != 409:
                raise
            raise JamfError(
                f'computer group "{name}": {error}; one of these Macs may be unmanaged or gone: '
                f"{', '.join(sorted(wanted ^ members))}",
                error.status,
            ) from None


def _wanted(context: Context, inputs: Properties, *, warn: bool = True) -> Properties:
    """The Macs of these people; JamfError names all whose Macs cannot be told."""
    by_email: dict[str, list[inventory.Mac]] = {email.lower(): [] for email in inputs["emails"]}
    for mac in inventory.of_people(context.client, inputs["emails"]):
        if mac.managed:
            by_email[mac.email].append(mac)
    without = sorted(email for email, macs in by_email.items() if not macs)
    several = {email: macs for email, macs in sorted(by_email.items()) if len(macs) > 1}
    faults: list[str] = []
    if without and inputs["no_mac"] == "refuse":
        faults.append(f"no managed Mac in inventory for {', '.join(without)}; assign one, or set jamf.no_mac: warn")
    if several and inputs["several_macs"] == "refuse":
        told = "; ".join(f"{email}: {', '.join(mac.name for mac in macs)}" for email, macs in several.items())
        faults.append(f"several Macs in inventory ({told}); unassign the others, or set jamf.several_macs: all")
    if faults:
        raise JamfError(f'computer group "{inputs["name"]}": {"; ".join(faults)}')
    if without and warn:
        context.warn(f"no managed Mac in inventory, so no settings for {', '.join(without)}")
    return {"computer_ids": sorted(mac.id for macs in by_email.values() for mac in macs), "without_mac": without}


def _document(context: Context, inputs: Properties, wanted: Properties) -> dict[str, Any]:
    return {
        "name": inputs["name"],
        "description": marked(inputs["description"], context.urn),
        "siteId": "-1",
        "assignments": wanted["computer_ids"],
    }


def _existing(context: Context, name: str) -> Existing | None:
    """The Classic API finds names, the other one has descriptions."""
    answer = context.client.get(f"{CLASSIC}/name/{quote(name, safe='')}")
    if not answer:
        return None
    resource_id = str(answer["computer_group"]["id"])
    found = context.client.get(f"{PATH}/{resource_id}")
    return Existing(id=resource_id, description=str((found or {}).get("description") or ""))


def _emails(context: Context, members: Iterable[str]) -> list[str]:
    """Whose Macs are in a group that is imported."""
    return sorted({mac.email for mac in inventory.of_ids(context.client, members) if mac.email})
