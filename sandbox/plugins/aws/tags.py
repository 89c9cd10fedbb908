"""Tags: merged with the provider's on the way in, split again on the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.plugins.aws.client import Aws, Tagging
from sandbox.plugins.framework.entry import Call
from sandbox.plugins.framework.values import UNKNOWN, Props, has_secret, has_unknown, mapped


def merged(tagging: Tagging, tags: Any) -> Any:
    """`tagsAll`: the resource's tags win; unknown as a whole as soon as a part is."""
    if has_unknown(tags):
        return UNKNOWN if not has_secret(tags) else mapped(tags, lambda value: value)
    everything = tagging.defaults | (tags if isinstance(tags, dict) else {})
    return {key: value for key, value in everything.items() if not tagging.ignores(key)}


def found(call: Call[Aws], remote: Mapping[str, str]) -> Props:
    """`tags` and `tagsAll` of what the API lists; a provider's default is the resource's own only if it was."""
    tagging = call.cloud.tagging
    everything = {key: value for key, value in remote.items() if not tagging.ignores(key)}
    known = call.old.get("tags") or {}
    own = {key: value for key, value in everything.items() if key in known or tagging.defaults.get(key) != value}
    return {"tags": own or None, "tagsAll": everything}


def listed(tags: Mapping[str, str] | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """The form in which most services take them."""
    return [{key: name, value: text} for name, text in (tags or {}).items()]


def mapped_from(tags: Iterable[Mapping[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {tag[key]: tag.get(value, "") for tag in tags}


def update(call: Call[Aws], untag: Callable[[list[str]], object], tag: Callable[[dict[str, str]], object]) -> None:
    """Removals first, then additions and changes; no call where nothing changed."""
    old, new = call.old.get("tagsAll") or {}, call.new.get("tagsAll") or {}
    if removed := sorted(old.keys() - new.keys()):
        untag(removed)
    if changed := {key: value for key, value in new.items() if old.get(key) != value}:
        tag(changed)
