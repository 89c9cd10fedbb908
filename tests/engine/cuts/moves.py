"""People who leave, come back, or move between cohorts, and what that does to a cut."""

from __future__ import annotations

import time

from tests.engine.cuts.judging import Watch
from tests.engine.cuts.stack_file import add, at, cohorts, forget, incident, suspend
from tests.engine.cuts.table import Row
from tests.engine.cuts.way import UP, Way, types
from tests.engine.world import World

ALICE, BOB, CARLOS, NOOR, GRACE, HIRO, IVAN = (
    f"{name}@acme.example"
    for name in ("alice.chen", "bob.kim", "carlos.diaz", "noor.haddad", "grace.liu", "hiro.tanaka", "ivan.petrov")
)
RAVI = "ravi.menon@acme.example"


def begin(world: World) -> None:
    with cohorts(world) as found:
        found["wave2"] = {"level": "active", "models": ["haiku"]}
    add(world, "wave2", RAVI)
    world.up()


def people(world: World, watch: Watch) -> list[Row]:
    leaver = Way(watch, "Removed from the file while suspended alone", ALICE)
    left = Way(watch, "Removed from the file while active", BOB)
    back = Way(watch, "Removed, and added again", CARLOS)
    moved = Way(watch, "Moved to another cohort, then suspended alone: the session of the old role", NOOR)
    returned = Way(watch, "Suspended alone, removed, and added again to another cohort", GRACE)
    umbrella = Way(watch, "Moved between two cohorts in one update: keeps the umbrella group", "nobody")
    ways = [leaver, left, back, moved, returned]
    for way in ways:
        way.before = [watch.signs_in(way.who)]
    suspend(world, 1, ALICE, GRACE)
    types(world, [leaver, returned], UP)
    for way in (leaver, returned):
        way.during = [watch.signs_in(way.who)]
        way.cut()
    forget(world, ALICE, BOB, CARLOS, NOOR, GRACE, HIRO)
    for way in (leaver, left, back, returned):
        way.did("out of the file")
    for way in (moved, umbrella):
        way.did("from pilot to wave2 in the file")
    add(world, "wave2", NOOR, HIRO)
    types(world, [*ways, umbrella], UP)
    for way in (leaver, left, back, returned):
        way.cut()
    kept = watch.signs_in(HIRO, "wave2")
    assert kept
    assert HIRO in world.group("Claude-Code-Users")
    add(world, "pilot", CARLOS)
    add(world, "wave2", GRACE)
    with cohorts(world) as found:
        found["wave2"]["members"][GRACE] |= {"sessions_valid_from": at(-1 / 60)}
    back.did("in the file again")
    returned.did("in wave2, access given back")
    moved.during = [watch.signs_in(NOOR, "wave2")]
    suspend(world, 2, NOOR, cohort="wave2")
    moved.did("the file: suspended alone")
    types(world, [moved, back, returned], UP)
    time.sleep(1.1)
    # Of the cohort they are in now.
    moved.during = [*moved.during, watch.signs_in(NOOR, "wave2")]
    after = {back.who: [watch.signs_in(CARLOS)], returned.who: [watch.signs_in(GRACE, "wave2")]}
    rows = [way.row(after.get(way.who, ())) for way in ways]
    return [*rows, umbrella.row([kept])]


def order(world: World, watch: Watch) -> list[Row]:
    """Whoever was cut with a cohort is named, without a word of it, in another one that comes before or after it."""
    ways = [
        Way(
            watch,
            f"Cut alone, then named without a word of it in a cohort that stands {where} theirs in the file",
            IVAN,
        )
        for where in ("before", "after")
    ]
    for way in ways:
        way.before = [watch.signs_in(IVAN)]
    suspend(world, 3, IVAN)
    with cohorts(world) as found:
        found["pilot"] |= {"level": "suspended", "incident": incident(3)}
    types(world, ways, UP)
    forget(world, IVAN)
    add(world, "wave2", IVAN)
    for way, names in zip(ways, (("wave2", "pilot"), ("pilot", "wave2")), strict=True):
        with world.stack_file() as config:
            found = config["claude-code-rollout:cohorts"]
            config["claude-code-rollout:cohorts"] = {name: found[name] for name in names}
        way.did("in the active wave2")
        types(world, [way], UP, ends=None, said="nothing was touched")
        way.during = [watch.signs_in(IVAN)]
    return [way.row() for way in ways]


def run(world: World, watch: Watch) -> list[Row]:
    begin(world)
    return [*people(world, watch), *order(world, watch)]
