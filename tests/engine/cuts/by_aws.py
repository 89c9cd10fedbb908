"""`rollout cut` and break-glass, which need AWS alone: what is away, lost, or done by two at once."""

from __future__ import annotations

import time

from tests.engine.cuts.cohorts import ALL
from tests.engine.cuts.judging import Watch
from tests.engine.cuts.people import at_once
from tests.engine.cuts.table import Row
from tests.engine.cuts.way import OKTA_DEAD, OKTA_REFUSES, UP, Way, types
from tests.engine.world import World

ALICE, BOB, CARLOS, GRACE = (f"{name}@acme.example" for name in ("alice.chen", "bob.kim", "carlos.diaz", "grace.liu"))
GLASS = "rollout break-glass --stack sandbox --cohort pilot --whatever-the-file-says --yes"
PARTLY = (3,)


def cut(world: World, watch: Watch) -> list[Row]:
    both = [
        Way(watch, f"Two people cut by two operators at once: the {which}", who)
        for which, who in (("first", ALICE), ("second", BOB))
    ]
    refused = Way(watch, "Okta's token refused (401) while a person is suspended", CARLOS)
    whole = Way(
        watch, "A cut that only `rollout cut` made, updated over with a file that says active, then resumed", ALL
    )
    for way in (*both, refused):
        way.before = [watch.signs_in(way.who)]
    whole.before = [watch.signs_in(GRACE)]
    at_once(world, both, [f"rollout cut {way.who} --cohort pilot" for way in both])
    types(world, both, UP, ends=None, said="denied in IAM by `rollout cut`")
    for way in both:
        way.during = [watch.signs_in(way.who)]  # Okta does not know of it yet
        way.cut()
    line = f"rollout set-level -s sandbox {CARLOS} suspended --incident INC-9 --reason key --yes"
    types(world, [refused], line, ends=PARTLY, away=OKTA_REFUSES)
    refused.cut()
    types(world, [whole], "rollout cut pilot")
    whole.during = [watch.signs_in(GRACE)]
    whole.cut()
    types(world, [whole], UP, ends=None)
    types(world, [refused], UP, ends=None)
    whole.cut()
    types(world, [whole], "rollout set-level -s sandbox pilot active --yes")
    time.sleep(1.1)
    refused.during = [watch.signs_in(CARLOS)]
    return [*(way.row() for way in both), refused.row(), whole.row([watch.signs_in(GRACE)])]


def glass(world: World, watch: Watch) -> list[Row]:
    ways = [
        Way(watch, "Break-glass with Okta away, repeated once it is back", ALL),
        Way(watch, "Break-glass with Okta's token refused (401), repeated once it is not", ALL),
    ]
    for way in ways:
        way.before = [watch.signs_in(GRACE)]
    for way, away in zip(ways, (OKTA_DEAD, OKTA_REFUSES), strict=True):
        types(world, [way], GLASS, ends=PARTLY, away=away, said="in force in IAM since")
        way.during = [watch.signs_in(GRACE)]
        way.cut()
    types(world, ways, GLASS)
    for way in ways:
        way.cut()
    types(world, ways, UP)
    time.sleep(1.1)
    after = [watch.signs_in(GRACE)]
    return [way.row(after) for way in ways]


def lost(world: World, watch: Watch) -> list[Row]:
    way = Way(watch, "The stack's state lost after `rollout cut`, and the stack made anew", ALL)
    way.before = [watch.signs_in(GRACE)]
    types(world, [way], "rollout cut pilot")
    types(world, [way], "pulumi stack rm sandbox --force --yes --preserve-config")
    types(world, [way], "pulumi stack init sandbox")
    types(world, [way], UP, ends=None)
    way.during = [watch.signs_in(GRACE)]
    return [way.row()]


def run(world: World, watch: Watch) -> list[Row]:
    return [*cut(world, watch), *glass(world, watch), *lost(world, watch)]
