"""`rollout doctor --me` on a member's machine, with the real client, sign-in and the sandbox's IAM behind it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cli.doctor import machine as checks
from cli.doctor import own_profiles
from cli.doctor.finding import Health
from cli.doctor.installed import Machine
from rollout.levels import Level
from rollout.macs.credential_helper import ENTRY, SETTINGS
from rollout.macs.places import Platform
from tests.client.deployed import Deployed
from tests.client.installed import VERSIONS, Client
from tests.client.laptop import Laptop
from tests.client.test_sign_in import installed


def made(pilot: Deployed, laptop: Laptop, level: Level = Level.ACTIVE) -> tuple[Machine, Path]:
    """The laptop as a program outside of its cell finds it, and the program that signs in."""
    installed(pilot, laptop, level)
    file = laptop.managed / "managed-settings.json"
    # The sandbox's address is let through for the client alone, which is not run here.
    said = {**json.loads(file.read_text(encoding="utf-8")), "allowedProviders": ["bedrock"]}
    file.write_text(json.dumps(said), encoding="utf-8")
    with (laptop.managed / SETTINGS).open("a", encoding="utf-8") as told:
        told.write(f"sts_url = {pilot.world.settings.aws_url}\n")
    (laptop.home / "bin" / "claude").symlink_to(laptop.claude)
    root = laptop.folder / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "claude-code").symlink_to(laptop.managed)
    here = Machine(platform=Platform.LINUX, root=root, environment=laptop._environment)
    return here, root / "etc" / "claude-code" / ENTRY


def test_a_member_who_has_signed_in_finds_everything_fine_and_the_profiles_answer(
    pilot: Deployed, alice: Laptop, client: Client
) -> None:
    here, program = made(pilot, alice)
    [before], none = checks.sign_in(here)
    assert (before.health, none) == (Health.UNKNOWN, None)
    subprocess.run([program, "sign-in"], env=alice._environment, check=True, capture_output=True, timeout=600)
    [signed], keys = checks.sign_in(here)
    found = [
        signed,
        *own_profiles.profiles(here, keys),
        *(f for c in checks.checks(here, pilot.rollout) for f in c.look()),
    ]
    assert [(each.check, each.what) for each in found if each.health is not Health.FINE] == []
    assert VERSIONS[client] in repr(found)
    assert keys is not None
    assert not [secret for secret in keys.values() if secret in repr(found)]


@pytest.mark.parametrize("client", [Client.NEWEST], indirect=True)
def test_a_profile_of_another_cohort_is_said_to_be_denied(pilot: Deployed, alice: Laptop) -> None:
    here, program = made(pilot, alice)
    subprocess.run([program, "sign-in"], env=alice._environment, check=True, capture_output=True, timeout=600)
    [mine, *_] = here.document["availableModels"]
    other = f"{mine.rpartition('/')[0]}/a1b2c3d4e5f6"
    file = here.file(here.places.settings)
    file.write_text(json.dumps({**here.document, "availableModels": [mine, other]}), encoding="utf-8")
    again = Machine(platform=here.platform, root=here.root, environment=here.environment)
    _, keys = checks.sign_in(again)
    [found] = own_profiles.profiles(again, keys)
    assert (found.health, found.what.startswith("a1b2c3d4e5f6: GetInferenceProfile: AccessDenied")) == (
        Health.BROKEN,
        True,
    )


@pytest.mark.parametrize("client", [Client.NEWEST], indirect=True)
def test_on_a_suspended_machine_the_level_is_said_with_the_incident_and_nobody_is_signed_in(
    pilot: Deployed, alice: Laptop
) -> None:
    here, _ = made(pilot, alice, Level.SUSPENDED)
    [found] = checks.settings(here, None)
    assert "level suspended of cohort pilot" in found.what
    assert "(INC-7)" in found.what
    [sign_in], keys = checks.sign_in(here)
    assert (sign_in.health, keys) == (Health.UNKNOWN, None)
    assert "let nobody sign in" in sign_in.what
