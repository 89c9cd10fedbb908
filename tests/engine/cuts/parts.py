"""The parts of docs/cuts.md, a sandbox each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cuts_hold.world import Judge
from tests.engine import world as worlds
from tests.engine.cuts import by_aws, by_token, cohorts, killed, moves, people, with_macs
from tests.engine.cuts.judging import Watch
from tests.engine.cuts.table import Part, Row
from tests.engine.world import World

Run = Callable[[World, Watch], Sequence[Row]]


@dataclass(frozen=True)
class Tried:
    """`begins`: as the stack is when it begins; `deployed`, `empty`, or with its Macs and `empty`."""

    title: str
    text: str
    run: Run
    begins: str = "deployed"

    def part(self, world: World, judge: Judge) -> Part:
        return Part(self.title, self.text, self.run(world, Watch(world, judge)))


# The longest first: whoever runs several at once waits least.
PARTS = (
    Tried(
        "One person",
        "Suspended alone; afterwards names change in Okta, accounts go and come, or Okta is silent.",
        people.run,
    ),
    Tried(
        "By AWS alone",
        "`rollout cut` and break-glass, one after the other; each row's sessions are from before its own cut.",
        by_aws.run,
    ),
    Tried(
        "A whole cohort",
        "One incident of one cohort. Each file that forgets it is applied, refused, and put right again.",
        cohorts.run,
    ),
    Tried(
        "Half-way",
        "Updates that are killed, and what somebody presses in AWS's console.",
        killed.run,
    ),
    Tried(
        "Who leaves, comes back, or moves",
        "Two cohorts, `pilot` and `wave2`.",
        moves.run,
    ),
    Tried(
        "Jamf Pro away",
        "A stack with its Macs.",
        with_macs.run,
        "macs",
    ),
    Tried(
        "Federation by OIDC",
        "Sessions are called by Okta's user id, and whoever keeps an ID token may redeem it for 60 minutes.",
        by_token.run,
        "empty",
    ),
)


def sandbox(begins: str, root: Path, fresh: World, onboarded: World) -> World:
    """Not running yet."""
    if begins == "macs":
        return worlds.prepare(root / "world", macs=True)
    return worlds.again(onboarded if begins == "deployed" else fresh, root / "world")
