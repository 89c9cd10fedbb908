"""Session names cut into IAM policies, so that a name never leaves one policy before another has it.

Two policies of a role change side by side. So a name stays in the policy that holds it for as long as it is stopped,
whoever comes or goes beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rollout import names


def sticky(held: Sequence[Sequence[str]], wanted: Iterable[str], room_characters: int) -> tuple[tuple[str, ...], ...]:
    """The names of each policy, in the order of the policies; one that holds none is empty, and none is last.

    `held`: as it was. `wanted`: who is stopped now; a name that STS refuses is left out: no session is called so, and a
    wildcard in it would stop others. `room_characters`: of all names in one policy, as `characters` counts them.
    """
    left = dict.fromkeys(filter(names.SESSION.fullmatch, wanted))
    shards: list[list[str]] = []
    for shard in held:
        shards.append([name for name in shard if name in left])
        for name in shards[-1]:
            del left[name]
    for name in left:
        place = next((shard for shard in shards if _taken(shard) + characters(name) <= room_characters), None)
        if place is None:
            shards.append(place := [])
        place.append(name)
    while shards and not shards[-1]:
        shards.pop()
    return tuple(map(tuple, shards))


def within(held: Sequence[Sequence[str]], room_characters: int) -> tuple[tuple[str, ...], ...]:
    """`held`, without what is more than the room: of an older program, which left more."""
    kept: list[tuple[str, ...]] = []
    for shard in held:
        taken = 0
        fits = [name for name in shard if (taken := taken + characters(name)) <= room_characters]
        kept.append(tuple(fits))
    return tuple(kept)


def characters(name: str) -> int:
    """In a policy's list of `aws:userid`, with what stands around it."""
    return len(f'"*:{name}",')


def _taken(shard: Sequence[str]) -> int:
    return sum(map(characters, shard))
