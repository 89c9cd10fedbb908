"""Who is in a computer group: of a static one those it names, of a smart one those its criteria match."""

from __future__ import annotations

from sandbox.jamf.scoping import criteria
from sandbox.jamf.store import Thing


def members(group: Thing, macs: list[Thing]) -> set[int]:
    """Ids of the Macs in the group."""
    if group.body["smart"]:
        return {mac.id for mac in macs if criteria.match(group.body["criteria"], mac)}
    return set(group.body["members"]) & {mac.id for mac in macs}
