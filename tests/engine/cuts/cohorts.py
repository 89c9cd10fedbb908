"""A whole cohort cut, and what a later file, copy or hand could undo of it."""

from __future__ import annotations

import time

from tests.engine.cuts.judging import Watch
from tests.engine.cuts.stack_file import at, cohorts, incident, suspend
from tests.engine.cuts.table import Row
from tests.engine.cuts.way import UP, Way, types
from tests.engine.world import World

KEVIN, DIANA, NOOR = (f"{name}@acme.example" for name in ("kevin.okafor", "diana.park", "noor.haddad"))
ALL = "everybody of pilot"
SET = "rollout set-level -s sandbox pilot"


def copies(world: World, ways: dict[str, Way], old: str) -> None:
    """Files that forget, each refused with nothing touched; the right one is put back after each."""
    file = world.folder / "Pulumi.sandbox.yaml"
    newest = file.read_text(encoding="utf-8")

    def refused(way: Way, text: str) -> None:
        way.did(text)
        types(world, [way], UP, ends=None, said="nothing was touched")
        way.cut()
        file.write_text(newest, encoding="utf-8")

    file.write_text(old, encoding="utf-8")
    refused(ways["old copy"], "a copy from before the incident")
    with world.stack_file() as config:
        del config["claude-code-rollout:cohorts"]
    refused(ways["no key"], "a file without the key `cohorts`")
    with cohorts(world) as found:
        del found["pilot"]
        found["wave2"] = {"level": "active", "models": ["haiku"], "members": {}}
    refused(ways["gone"], "a file without the cohort, its logs not retired")
    with cohorts(world) as found:
        found["pilot"]["level"] = "throttled"
    refused(ways["by hand"], "by hand: `suspended` to `throttled`, the incident kept")


def run(world: World, watch: Watch) -> list[Row]:
    ways = {
        "escalated": Way(watch, "The runbook's escalation: one person restricted, then the cohort suspended", ALL),
        "during": Way(watch, "`--since` said earlier than a sign-in during the incident, then resumed", ALL),
        "earlier": Way(watch, "`since` moved to an earlier time by hand, then resumed", ALL),
        "old copy": Way(watch, "An old copy of the stack file is applied", ALL),
        "no key": Way(watch, "The key `cohorts` is missing", ALL),
        "gone": Way(watch, "The cohort taken out of the file without retiring its logs", ALL),
        "by hand": Way(watch, "A lower level by hand while the incident is kept", ALL),
        "second": Way(watch, "A second incident while the first is open, then resumed", ALL),
        "alone": Way(watch, "Suspended alone, then the cohort suspended and resumed: stays dead", DIANA),
    }
    old = world.stack_text()
    before = [watch.signs_in(KEVIN), watch.signs_in(NOOR)]
    for way in ways.values():
        way.before = before
    ways["alone"].before = [watch.signs_in(DIANA)]
    began = at(20)
    with cohorts(world) as found:
        found["pilot"]["members"] = {KEVIN: {"level": "restricted", "incident": incident(6)}}
    suspend(world, 5, DIANA)
    ways["alone"].did("the file: this person `suspended`")
    time.sleep(1.1)
    # Signed in after the incident began, as `--since` has it, and before anything was denied.
    thief = [watch.signs_in(NOOR)]
    ways["during"].during = thief
    for way in ways.values():
        if way.title != ways["alone"].title:
            way.during = thief
    ways["escalated"].did(f"the file: `{KEVIN}` at `restricted`")
    types(world, ways.values(), f"{SET} suspended --incident INC-7 --since {began} --reason key --yes")
    for way in ways.values():
        way.typed[-1] = way.typed[-1].replace(began, "20-MINUTES-AGO")
        way.cut()
    copies(world, ways, old)
    with cohorts(world) as found:
        found["pilot"]["incident"] = {**incident(7), "since": at(600)}
    ways["earlier"].did("by hand: `since` ten hours ago")
    types(world, [ways["earlier"]], UP)
    with cohorts(world) as found:
        found["pilot"]["incident"] = incident(8)
    ways["second"].did("the file: incident INC-8, from now on")
    types(world, [ways["second"]], UP)
    for way in ways.values():
        way.cut()
    types(world, ways.values(), f"{SET} active --yes")
    time.sleep(1.1)
    after = [watch.signs_in(NOOR), watch.signs_in(KEVIN)]
    ways["alone"].during = [watch.signs_in(DIANA)]
    return [way.row(after if way.who == ALL else ()) for way in ways.values()]
