"""Jamf Pro away, in a stack that has its Macs."""

from __future__ import annotations

from sandbox import workspace
from tests.engine.access.test_cut import jamf_fails
from tests.engine.access.test_levels import GROUP
from tests.engine.cuts.by_aws import GLASS, GRACE, PARTLY
from tests.engine.cuts.cohorts import ALL
from tests.engine.cuts.judging import Watch
from tests.engine.cuts.stack_file import cut_cohort
from tests.engine.cuts.table import Row
from tests.engine.cuts.way import UP, Way, types
from tests.engine.world import World


def run(world: World, watch: Watch) -> list[Row]:
    workspace.stacks(world.settings, world.folder)
    world.up()
    suspended = Way(watch, "Jamf Pro away while a cohort is suspended", ALL)
    broken = Way(watch, "Break-glass with Jamf Pro away", ALL)
    for way in (suspended, broken):
        way.before = [watch.signs_in(GRACE)]
    jamf_fails(world)
    for way in (suspended, broken):
        way.did("Jamf Pro answers 503")
    cut_cohort(world, "pilot", "suspended", 1)
    types(world, [suspended], UP, ends=None, said="settings are not changed yet on Macs")
    suspended.during = [watch.signs_in(GRACE)]
    assert not world.group(GROUP)
    suspended.cut()
    types(world, [broken], GLASS, ends=PARTLY, said="in force in IAM since")
    broken.during = [watch.signs_in(GRACE)]
    return [suspended.row(), broken.row()]
