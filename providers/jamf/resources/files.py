"""Files on Macs: a script, the policy that runs it, and the one that takes away what it brought to Macs that left.

One resource, since none of the three may go while a Mac still needs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.jamf import inventory
from providers.jamf.context import Context, Existing
from providers.jamf.errors import JamfError
from providers.jamf.marker import marked, unmarked
from providers.jamf.resources.kind import Kind, Resource, Shape
from providers.jamf.resources.policies import (
    APPLY,
    POLICIES,
    REMOVE,
    altered,
    applying_name,
    get_policy,
    leaving_name,
    own_name,
    policy_document,
    put_policy,
)
from providers.jamf.resources.scope import beside, group_ids, ids_of, scope
from providers.jamf.tokens import MANAGED_FILES
from providers.jamf.values import Properties

SCRIPTS = "/api/v1/scripts"
COMPLETED = "Completed"
SCOPED = {("", "computer_groups"), ("", "computers")}


class ManagedFiles(Kind):
    """Its id is its policy's. `leaving`: ids of Macs that are in the group no more, and have not confirmed."""

    token = MANAGED_FILES
    shapes = {  # noqa: RUF012
        "name": Shape(kind=str, longest=200),
        "contents": Shape(kind=str, longest=1 << 20),
        "event": Shape(kind=str, longest=100),
        "computer_group_id": Shape(kind=str),
        "computer_ids": Shape(kind=list),
        "description": Shape(kind=str, default=""),
        "altered": Shape(kind=list, default=[]),
    }
    computed = ("script_id", "removal_policy_id", "leaving", "confirmed")
    volatile = ("removal_policy_id", "leaving", "confirmed")
    unmade = {"script_id": "", "removal_policy_id": "", "leaving": [], "confirmed": {}}  # noqa: RUF012

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        script_id = _script(context, inputs)
        policy_id = put_policy(context, inputs["name"], _applying(inputs, script_id))
        return policy_id, _outputs(context, policy_id, inputs, script_id)

    def read(self, context: Context, resource_id: str, state: Properties) -> Resource | None:
        policy = context.settled(lambda: get_policy(context, resource_id))
        if policy is None:
            return None
        general, reached = policy["general"], policy.get("scope") or {}
        scripts: list[Any] = policy.get("scripts") or []
        script_id = str(scripts[0]["id"]) if scripts else ""
        script = (context.client.get(f"{SCRIPTS}/{script_id}") if script_id else None) or {}
        group = group_ids(reached)
        inputs: Properties = {
            "name": own_name(str(general["name"])),
            "contents": str(script.get("scriptContents") or ""),
            "event": str(general.get("trigger_other") or ""),
            "computer_group_id": group[0] if group else "",
            "computer_ids": sorted(_members(context, group)),
            "description": unmarked(str(script.get("notes") or "")),
            "altered": sorted([*altered(policy), *beside(reached, SCOPED)]),
        }
        known = {name: state.get(name) for name in ("removal_policy_id", "leaving")}
        outputs = {**inputs, **known, "script_id": script_id, "leaving": _still_leaving(context, state)}
        return Resource(inputs=inputs, outputs={**outputs, "confirmed": _confirmed(context, resource_id, inputs)})

    def update(self, context: Context, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """Who has come back is no longer to be taken from; then who comes and stays is served, then who has left."""
        script_id, removal = str(state.get("script_id") or ""), str(state.get("removal_policy_id") or "")
        waiting = _still_leaving(context, state)
        if removal and set(state.get("leaving") or []) & set(inputs["computer_ids"]):
            still = sorted(set(waiting) - set(inputs["computer_ids"]))
            removal = _leave(context, removal, inputs, script_id, still)
        if script_id and context.client.get(f"{SCRIPTS}/{script_id}"):
            context.client.put_json(f"{SCRIPTS}/{script_id}", _script_document(context, inputs))
        else:
            script_id = _script(context, inputs)
        context.client.put_xml(
            f"{POLICIES}/id/{resource_id}",
            policy_document(context, applying_name(inputs["name"]), _applying(inputs, script_id)),
        )
        gone = {*(state.get("computer_ids") or []), *waiting} - set(inputs["computer_ids"])
        leaving = sorted(mac.id for mac in inventory.of_ids(context.client, gone))
        removal = _leave(context, removal, inputs, script_id, leaving)
        return _outputs(context, resource_id, inputs, script_id, removal, leaving)

    def delete(self, context: Context, resource_id: str, state: Properties) -> None:
        """A second run, which removes, on each Mac by its id: the group may go before the last of them was online."""
        script_id, removal = str(state.get("script_id") or ""), str(state.get("removal_policy_id") or "")
        policy = context.settled(lambda: get_policy(context, resource_id))
        if policy:
            script_id = str(policy["scripts"][0]["id"]) if policy.get("scripts") else script_id
            pending = _remove(context, resource_id, policy, script_id, _still_leaving(context, state))
            if removal:  # those it was for are the other one's now
                context.client.delete(f"{POLICIES}/id/{removal}")
            if pending:
                told = f'removal of files "{state.get("name", resource_id)}" is not confirmed by {", ".join(pending)}'
                if context.limits.unconfirmed == "refuse":
                    raise JamfError(f"{told}; try again once they have been online")
                context.warn(f"{told}; its policy (id {resource_id}) stays in Jamf Pro and waits for them")
                return
            context.client.delete(f"{POLICIES}/id/{resource_id}")
        elif removal:
            context.client.delete(f"{POLICIES}/id/{removal}")
        if script_id:
            context.client.delete(f"{SCRIPTS}/{script_id}")


def _remove(context: Context, policy_id: str, policy: Any, script_id: str, leaving: Iterable[str]) -> list[str]:
    """Names of the Macs that have not run the removal when time is over; they are all that is left in scope.

    The policy keeps its name, so that one which is left is found again when the same files are brought once more.
    """
    general, reached = policy["general"], policy.get("scope") or {}
    members = {*_members(context, group_ids(reached)), *ids_of(reached, "", "computers"), *leaving}
    pending = {mac.id: mac.name for mac in inventory.of_ids(context.client, members)}
    before = {each: _completed(context, each, policy_id) for each in pending}

    def put() -> None:
        run = {"script_id": script_id, "action": REMOVE, "scope": scope(computers=sorted(pending))}
        run["event"] = str(general.get("trigger_other") or "")
        context.client.put_xml(f"{POLICIES}/id/{policy_id}", policy_document(context, str(general["name"]), run))

    put()
    for _ in context.polls() if pending else ():
        for each in [each for each in pending if _completed(context, each, policy_id) > before[each]]:
            del pending[each]
        if not pending:
            break
    else:
        if pending:
            put()
    return sorted(pending.values())


def _leave(context: Context, policy_id: str, inputs: Properties, script_id: str, leaving: list[str]) -> str:
    """The id of the policy that removes from Macs that have left; it is there as long as any has not confirmed.

    For a Mac that leaves a second time it is a new one: the old one's run there says nothing of what came since.
    """
    again = any(_completed(context, each, policy_id) for each in leaving) if policy_id else False
    if again or not leaving:
        if policy_id:
            context.client.delete(f"{POLICIES}/id/{policy_id}")
        policy_id = ""
    if not leaving:
        return ""
    run = {"script_id": script_id, "action": REMOVE, "scope": scope(computers=leaving), "event": inputs["event"]}
    if policy_id and get_policy(context, policy_id):
        context.client.put_xml(
            f"{POLICIES}/id/{policy_id}", policy_document(context, leaving_name(inputs["name"]), run)
        )
        return policy_id
    return put_policy(context, inputs["name"], run, leaving=True)


def _still_leaving(context: Context, state: Properties) -> list[str]:
    policy_id = str(state.get("removal_policy_id") or "")
    return [each for each in state.get("leaving") or [] if not _completed(context, each, policy_id)]


def _completed(context: Context, computer_id: str, policy_id: str) -> int:
    return inventory.policy_runs(context.client, computer_id, policy_id).count(COMPLETED)


def _outputs(
    context: Context,
    policy_id: str,
    inputs: Properties,
    script_id: str,
    removal: str = "",
    leaving: Iterable[str] = (),
) -> Properties:
    return {
        **inputs,
        "script_id": script_id,
        "removal_policy_id": removal,
        "leaving": list(leaving),
        "confirmed": _confirmed(context, policy_id, inputs),
    }


def _confirmed(context: Context, policy_id: str, inputs: Properties) -> dict[str, str]:
    """By name, how the last run ended."""
    found: dict[str, str] = {}
    for mac in inventory.of_ids(context.client, inputs["computer_ids"]):
        runs = inventory.policy_runs(context.client, mac.id, policy_id)
        found[mac.name] = runs[-1].lower() if runs else "not yet"
    return found


def _members(context: Context, groups: Iterable[str]) -> set[str]:
    return {each for group in groups for each in inventory.group_members(context.client, group)}


def _script(context: Context, inputs: Properties) -> str:
    document = _script_document(context, inputs)
    script_id, ours = context.create(
        f'script "{document["name"]}"',
        lambda: str(context.client.post_json(SCRIPTS, document).json()["id"]),
        lambda: _existing_script(context, document["name"]),
    )
    if ours:
        context.client.put_json(f"{SCRIPTS}/{script_id}", document)
    return script_id


def _script_document(context: Context, inputs: Properties) -> dict[str, Any]:
    """An empty category would be a server error."""
    return {
        "name": applying_name(inputs["name"]),
        "scriptContents": inputs["contents"],
        "notes": marked(inputs["description"], context.urn),
        "priority": "AFTER",
        "categoryId": "-1",
        "parameter4": "apply or remove",
    }


def _existing_script(context: Context, name: str) -> Existing | None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    for each in inventory.pages(context.client, SCRIPTS, {"filter": f'name=="{quoted}"', "sort": "id:asc"}):
        if each.get("name") == name:
            return Existing(id=str(each["id"]), description=str(each.get("notes") or ""))
    return None


def _applying(inputs: Properties, script_id: str) -> dict[str, str]:
    reached = scope(computer_groups=[inputs["computer_group_id"]])
    return {"script_id": script_id, "action": APPLY, "scope": reached, "event": inputs["event"]}
