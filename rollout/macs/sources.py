"""One managed source per machine: which of them the client reads, and what a second one does (claude-code-client 11).

The first source with any key of policy wins and the others are ignored whole: a configuration profile before the file.
A drop-in is no second source; it is merged into the file, lists united.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from rollout.macs.checks import Finding
from rollout.macs.places import PLACES, Platform
from rollout.macs.untyped import Document
from rollout.model.macs import Channel

# Lists that give: uniting them with more gives more.
GIVING = ("availableModels",)


def source_findings(channel: Channel, platform: Platform, present: Collection[str]) -> list[Finding]:
    """`present`: the paths that exist on a machine, out of `managed_paths`."""
    return sorted(_sources(channel, platform, present))


def managed_paths(platform: Platform) -> tuple[str, ...]:
    places = PLACES[platform]
    return tuple(path for path in (places.profile, places.settings, places.drop_ins) if path)


def _sources(channel: Channel, platform: Platform, present: Collection[str]) -> Iterator[Finding]:
    places = PLACES[platform]
    profiled, filed = places.profile in present, places.settings in present
    if channel is Channel.PROFILE and filed:
        text = "a file beside mac.channel: profile; ignored while there is a profile, in force after it; remove it"
        yield Finding("two_sources", places.settings, text)
    if channel is not Channel.PROFILE and profiled:
        kind, where = ("a profile", " in Jamf") if platform is Platform.MACOS else ("a registry value", "")
        text = f"{kind} beside mac.channel: {channel.value}; it is read and the file is not; remove it{where}"
        yield Finding("two_sources", str(places.profile), text)


def merged(base: Document, drop_ins: Iterable[Document]) -> dict[str, Any]:
    """As the client does it, in order: maps are merged, lists united, and of anything else the last counts."""
    found = dict(base)
    for each in drop_ins:
        for key, value in each.items():
            was = found.get(key)
            if isinstance(was, Mapping) and isinstance(value, Mapping):
                found[key] = merged(cast("Document", was), [cast("Document", value)])
            elif isinstance(was, list) and isinstance(value, list):
                old = cast("list[Any]", was)
                found[key] = [*old, *(one for one in cast("list[Any]", value) if one not in old)]
            else:
                found[key] = value
    return found


def drop_in_findings(base: Document, drop_in: Document) -> list[Finding]:
    """What a fragment in `managed-settings.d` says that it cannot bring about, or weakens."""
    return sorted(_drop_in(base, drop_in))


def _drop_in(base: Document, drop_in: Document) -> Iterator[Finding]:
    for key, value in drop_in.items():
        if key in GIVING and base.get(key):
            text = "a drop-in cannot tighten it: lists are united, so what the file allows stays; write one whole file"
            yield Finding("drop_in", key, text)
        elif not isinstance(value, (list, Mapping)) and base.get(key) not in (None, value):
            yield Finding("drop_in", key, "a drop-in wins over the level's own value; take it out")
