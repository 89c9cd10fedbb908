"""The rollout as a component, with a Jamf Pro: Macs get their settings by the same plug-in, and a suspension by it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
import yaml

from sandbox.settings import JAMF_CLIENT_ID, JAMF_CLIENT_SECRET
from tests.drill.macs import foreign, levels
from tests.engine import world as worlds
from tests.engine.access.test_levels import set_level
from tests.engine.languages.programs import program_in
from tests.engine.world import World
from tests.stacks import PROJECT


@pytest.fixture
def with_macs(fresh: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(fresh, tmp_path / "world")) as world:
        found = program_in("yaml", "pulumi-language-yaml", world)
        file = found.folder / "Pulumi.yaml"
        project = yaml.safe_load(file.read_text(encoding="utf-8"))
        # As the example's Python project names it (docs/other-languages.md).
        project["plugins"] = {"providers": [{"name": "jamf", "path": str(PROJECT / "providers" / "jamf")}]}
        file.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")
        with found.stack_file() as config:
            config["claude-code-rollout:jamf"] = {
                "url": "https://acme.jamfcloud.com",
                "client_id": JAMF_CLIENT_ID,
            }
        found.pulumi("config", "set", "--secret", "jamf_client_secret", JAMF_CLIENT_SECRET, "--stack", "sandbox")
        yield found


def on_macs(world: World) -> tuple[dict[str, int], set[str]]:
    pilot = world.cohorts()["pilot"]
    macs, profiles = world.jamf_control("/sandbox/macs"), pilot["profile_arns"]
    return dict(levels(macs, pilot["members"], profiles.get("haiku"))), foreign(macs, profiles.values())


def test_macs_have_the_settings_of_a_component_s_cohort_at_each_level(with_macs: World) -> None:
    with_macs.up()
    people = len(with_macs.cohorts()["pilot"]["members"])
    assert on_macs(with_macs) == ({"active": people}, set())
    with_macs.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
    set_level(with_macs, "suspended")
    with_macs.up()
    assert on_macs(with_macs)[0] == {"suspended": people}
