"""Whether a trail of CloudTrail brings denied calls to EventBridge, which tells of those alone that a trail records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cli.doctor.finding import Finding, broken, fine

CHECK = "trail"
FIX = "make one of management events, read and write, in CloudTrail"
# A denied call of a model is an event that reads.
READING = {"All", "ReadOnly"}


def trail(cloudtrail: Any) -> Iterator[Finding]:
    """Those that record here, of other accounts and regions too."""
    told: list[Mapping[str, Any]] = cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]
    good: list[str] = []
    off: list[str] = []
    for one in told:
        name, arn = str(one["Name"]), str(one["TrailARN"])
        if not cloudtrail.get_trail_status(Name=arn)["IsLogging"]:
            off.append(f"{name} is switched off")
        elif one.get("HasCustomEventSelectors") and not records(cloudtrail.get_event_selectors(TrailName=arn)):
            off.append(f"{name} leaves out management events that read")
        else:
            good.append(name)
    if good:
        yield fine(CHECK, f"{', '.join(good)}: management events are recorded")
    else:
        yield broken(CHECK, "; ".join(off) or "there is none: denied calls are told to nobody", FIX)


def records(selectors: Mapping[str, Any]) -> bool:
    """Whether management events that read are among what a trail records, by its answer to GetEventSelectors."""
    if any(
        one.get("IncludeManagementEvents", True) and one.get("ReadWriteType", "All") in READING
        for one in selectors.get("EventSelectors") or ()
    ):
        return True
    return any(_manages(one["FieldSelectors"]) for one in selectors.get("AdvancedEventSelectors") or ())


def _manages(fields: Iterable[Mapping[str, Any]]) -> bool:
    equal = {str(field["Field"]): field.get("Equals") or [] for field in fields}
    return "Management" in equal.get("eventCategory", []) and "false" not in equal.get("readOnly", [])
