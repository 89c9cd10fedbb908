"""What Jamf Pro knows of Macs: whose they are, which groups they are in, and what they have confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.jamf.client import Client
from providers.jamf.errors import JamfError

# A filter stays well below what a request line may hold.
BATCH = 40
PAGE_SIZE = 200
MAX_RESULTS = 20_000


@dataclass(frozen=True, kw_only=True, order=True)
class Mac:
    id: str
    name: str
    management_id: str = ""
    email: str = ""
    managed: bool = True
    profiles: frozenset[str] = frozenset()
    """Identifiers, as of its last report."""


def of_people(client: Client, emails: Sequence[str]) -> list[Mac]:
    """The Macs that inventory assigns to any of these addresses, in the order of their ids."""
    found: list[Mac] = []
    for some in _batches(emails):
        wanted = ",".join(f'"{_quoted(email)}"' for email in some)
        found += _search(client, ("GENERAL", "USER_AND_LOCATION"), f"userAndLocation.email=in=({wanted})")
    known = {email.lower() for email in emails}
    return [mac for mac in found if mac.email in known]


def of_ids(client: Client, ids: Iterable[str]) -> list[Mac]:
    """Those of these ids that are still there, whose they are, and with their profiles."""
    return _with_profiles(client, "id", ids)


def of_management_ids(client: Client, ids: Iterable[str]) -> list[Mac]:
    return _with_profiles(client, "general.managementId", ids)


def named(client: Client, names: Iterable[str]) -> list[Mac]:
    return _with_profiles(client, "general.name", names)


def group_members(client: Client, group_id: str) -> dict[str, str]:
    """Names by id; only the Classic API tells of a static group's."""
    answer = client.get(f"/JSSResource/computergroups/id/{group_id}")
    computers = answer["computer_group"].get("computers", []) if answer else []
    return {str(each["id"]): str(each["name"]) for each in computers}


def newest_commands(client: Client, profile_id: str) -> dict[str, tuple[str, str]]:
    """By a Mac's management id, the newest command about a profile, and its state: such as INSTALL_PROFILE, PENDING.

    A field that this Jamf Pro does not know is ignored in a filter, and everything is returned, so each result is
    looked at again (jamf-api 6).
    """
    newest: dict[str, tuple[str, str, str]] = {}
    for each in pages(client, "/api/v2/mdm/commands", {"filter": f"profileId=={profile_id}", "sort": "dateSent:asc"}):
        if str(each.get("profileId")) != profile_id:
            continue
        management_id = str((each.get("client") or {}).get("managementId"))
        command = str(each.get("commandType") or each.get("command"))
        sent = str(each.get("dateSent") or "")
        if management_id not in newest or sent >= newest[management_id][0]:
            newest[management_id] = (sent, command, str(each.get("commandState")))
    return {management_id: (command, state) for management_id, (_, command, state) in newest.items()}


def policy_runs(client: Client, computer_id: str, policy_id: str) -> list[str]:
    """How a policy's runs on a Mac ended, such as Completed or Failed, in the order Jamf gives."""
    answer = client.get(f"/JSSResource/computerhistory/id/{computer_id}/subset/PolicyLogs")
    logs = answer["computer_history"].get("policy_logs", []) if answer else []
    return [str(each.get("status")) for each in logs if str(each.get("policy_id")) == policy_id]


def pages(client: Client, path: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All results of a paged search, within bounds."""
    seen = 0
    for page in range(MAX_RESULTS // PAGE_SIZE):
        answer = client.get(path, {**params, "page": page, "page-size": PAGE_SIZE})
        results: list[dict[str, Any]] = answer.get("results", []) if answer else []
        yield from results
        seen += len(results)
        if not results or seen >= int(answer.get("totalCount", 0)):
            return
    raise JamfError(f"more than {MAX_RESULTS} results from {path}; that cannot be one cohort's")


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    chosen = sorted(set(values))
    return (chosen[at : at + BATCH] for at in range(0, len(chosen), BATCH))


def _search(client: Client, sections: Sequence[str], rsql: str) -> list[Mac]:
    params = {"section": list(sections), "filter": rsql, "sort": "id:asc"}
    return sorted(map(_mac, pages(client, "/api/v3/computers-inventory", params)), key=lambda mac: int(mac.id))


def _with_profiles(client: Client, field: str, values: Iterable[str]) -> list[Mac]:
    found: list[Mac] = []
    for some in _batches(values):
        wanted = ",".join(f'"{_quoted(value)}"' for value in some)
        found += _search(client, ("GENERAL", "USER_AND_LOCATION", "CONFIGURATION_PROFILES"), f"{field}=in=({wanted})")
    return found


def _mac(result: Mapping[str, Any]) -> Mac:
    general: Mapping[str, Any] = result.get("general") or {}
    profiles: Sequence[Mapping[str, Any]] = result.get("configurationProfiles") or []
    return Mac(
        id=str(int(result["id"])),
        name=str(general.get("name") or f"computer {result['id']}"),
        management_id=str(general.get("managementId") or ""),
        email=str((result.get("userAndLocation") or {}).get("email") or "").lower(),
        managed=bool((general.get("remoteManagement") or {}).get("managed", True)),
        profiles=frozenset(str(each.get("profileIdentifier")) for each in profiles),
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")
