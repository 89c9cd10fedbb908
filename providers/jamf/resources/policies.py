"""Jamf Pro's policies that run the script of managed files: one that brings them, one that takes them away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from providers.jamf.context import Context, Existing
from providers.jamf.marker import mark
from providers.jamf.markup import element, made_id, text

POLICIES = "/JSSResource/policies"
APPLY, REMOVE = "apply", "remove"
# Any other word silently means once per computer (jamf-api 5).
ONGOING = "Ongoing"
# A policy has no description: our mark is a parameter that the script does not read.
MARK_PARAMETER = "parameter11"


def put_policy(context: Context, name: str, run: Mapping[str, str], *, leaving: bool = False) -> str:
    called = leaving_name(name) if leaving else applying_name(name)
    document = policy_document(context, called, run)
    policy_id, ours = context.create(
        f'policy "{called}"',
        lambda: made_id(context.client.post_xml(f"{POLICIES}/id/0", document)),
        lambda: _existing_policy(context, called),
    )
    if ours:
        context.client.put_xml(f"{POLICIES}/id/{policy_id}", document)
    return policy_id


def policy_document(context: Context, name: str, run: Mapping[str, str]) -> str:
    return element(
        "policy",
        element(
            "general",
            text("name", name),
            text("enabled", value=True),
            text("frequency", ONGOING),
            text("trigger_checkin", value=True),
            text("trigger_other", run["event"]),
        ),
        run["scope"],
        element(
            "scripts",
            element(
                "script",
                text("id", run["script_id"]),
                text("priority", "After"),
                text("parameter4", run["action"]),
                text(MARK_PARAMETER, mark(context.urn)),
            ),
        ),
    )


def get_policy(context: Context, policy_id: str) -> Any:
    answer = context.client.get(f"{POLICIES}/id/{policy_id}")
    return answer["policy"] if answer else None


def _existing_policy(context: Context, name: str) -> Existing | None:
    answer = context.client.get(f"{POLICIES}/name/{quote(name, safe='')}")
    if not answer:
        return None
    policy = answer["policy"]
    marks = [str(each.get(MARK_PARAMETER) or "") for each in policy.get("scripts") or []]
    return Existing(id=str(policy["general"]["id"]), description=" ".join(marks))


def altered(policy: Any) -> list[str]:
    general, scripts = policy["general"], policy.get("scripts") or []
    wanted = {"enabled": True, "frequency": ONGOING, "trigger_checkin": True}
    found = [f"{name}: {general.get(name)}" for name, value in wanted.items() if general.get(name) != value]
    actions = [str(each.get("parameter4")) for each in scripts]
    return found if actions == [APPLY] else [*found, f"scripts run with: {', '.join(actions) or 'none'}"]


# Policies run in the order of their names: what a Mac is given comes before what it was given elsewhere goes.
def applying_name(name: str) -> str:
    return f"Apply {name}"


def leaving_name(name: str) -> str:
    return f"Remove {name}"


def own_name(name: str) -> str:
    return name.removeprefix("Apply ")
