"""`rollout doctor --me`: a developer's machine, with the real files of a rollout on it and programs that stand in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.commands import doctor_me
from cli.commands.doctor import code
from cli.doctor import machine as checks
from cli.doctor import own_profiles
from cli.doctor.finding import Check, Finding, Health, broken, looked
from rollout.levels import Level
from rollout.macs.level_seen import level_in
from rollout.macs.places import Platform
from rollout.model.client_versions import NEWEST
from tests.live.developers_machine import LINUX, machine, only, program, rewrite, signed_in
from tests.macs.world import SET, document, rollout


def test_a_machine_that_has_everything_is_fine(root: Path, aws: Any) -> None:
    signed_in(root)
    here = machine(root)
    found, keys = checks.sign_in(here)
    everything = [
        *(finding for check in checks.checks(here, rollout()) for finding in check.look()),
        *found,
        *own_profiles.profiles(here, keys),
    ]
    assert [(each.check, each.health, each.fix) for each in everything] == [
        (name, Health.FINE, "")
        for name in ("Claude Code", "managed settings", "shell", "okta-aws-cli", "clock", "sign-in", "models")
    ]
    assert "level active of cohort pilot" in everything[1].what
    assert aws.server_port


@pytest.mark.parametrize(
    ("printed", "health", "what"),
    [
        (f"{NEWEST} (Claude Code)", Health.FINE, f"{NEWEST} at"),
        ("2.1.9 (Claude Code)", Health.BROKEN, "2.1.9, older than"),
        ("what?", Health.UNKNOWN, "does not say its version"),
    ],
)
def test_claude_code_is_held_against_the_version_that_the_settings_require(
    root: Path, printed: str, health: Health, what: str
) -> None:
    program(root / "home/bin/claude", f'echo "{printed}"')
    found = only(checks.claude_code(machine(root), None))
    assert found.health is health
    assert what in found.what


def test_what_is_missing_is_said_with_where_to_get_it(root: Path) -> None:
    for name in ("claude", "okta-aws-cli"):
        (root / "home/bin" / name).unlink()
    here = machine(root)
    claude, okta_cli = only(checks.claude_code(here, None)), only(checks.okta_aws_cli(here))
    assert (claude.health, claude.fix) == (Health.BROKEN, "install it: https://code.claude.com/docs/en/setup")
    assert (okta_cli.health, "brew install okta-aws-cli" in okta_cli.fix) == (Health.BROKEN, True)


def test_a_machine_without_settings_is_no_member_of_the_rollout_and_nothing_fails(tmp_path: Path) -> None:
    here = machine(tmp_path)
    found = only(checks.settings(here, None))
    assert (found.health, LINUX.settings in found.what) == (Health.BROKEN, True)
    [sign_in], keys = checks.sign_in(here)
    assert (sign_in.health, keys) == (Health.UNKNOWN, None)
    assert only(checks.clock(here)).health is Health.UNKNOWN
    assert only(own_profiles.profiles(here, None)).health is Health.UNKNOWN


def test_settings_that_are_no_json_are_named_and_not_to_be_mended_by_hand(root: Path) -> None:
    (root / LINUX.settings.lstrip("/")).write_text("{,}", encoding="utf-8")
    found = only(checks.settings(machine(root), None))
    assert (found.health, "no JSON" in found.what) == (Health.BROKEN, True)
    assert found.fix.startswith("do not mend it by hand")


@pytest.mark.parametrize("level", SET)
def test_each_level_is_told_from_its_settings(level: Level) -> None:
    for platform in Platform:
        assert level_in(document(rollout(), level, platform)) is level


def test_another_level_than_the_stack_files_is_said_with_how_long_to_wait(root: Path) -> None:
    rewrite(root, lambda said: said["permissions"].update(disableBypassPermissionsMode="disable"))
    found = only(checks.settings(machine(root), rollout()))
    assert (found.health, found.what.endswith("the stack file says active")) == (Health.BROKEN, True)
    assert "level restricted" in only(checks.settings(machine(root), None)).what


def test_a_key_of_another_type_takes_no_other_finding_along(root: Path) -> None:
    rewrite(root, lambda said: said.update(companyAnnouncements=True, awsCredentialExport="mine"))
    [check] = [check for check in checks.checks(machine(root), None) if check.name == "managed settings"]
    found = looked([check])
    assert {each.health for each in found} == {Health.BROKEN, Health.FINE}
    assert any("companyAnnouncements: not a list" in each.what for each in found)
    assert any("awsCredentialExport" in each.what for each in found)


def test_what_a_check_found_before_it_failed_is_kept_and_is_broken() -> None:
    def look() -> Iterator[Finding]:
        yield broken("disk", "full", "empty it")
        raise OSError("gone")

    found = looked([Check(name="disk", look=look, fix="look")])
    assert [(each.health, each.what) for each in found] == [
        (Health.BROKEN, "full"),
        (Health.UNKNOWN, "OSError: gone"),
    ]
    assert code(found) == 1


@pytest.mark.parametrize("least", [["x"], "x", {"a": 1}, 7, "", True])
def test_a_version_that_is_none_is_never_said_to_be_reached(root: Path, least: object) -> None:
    rewrite(root, lambda said: said.update(requiredMinimumVersion=least))
    found = only(checks.claude_code(machine(root), None))
    assert (found.health, "not older than" in found.what) == (Health.UNKNOWN, False)


def drop_in(root: Path, name: str, text: str) -> None:
    file = root / LINUX.drop_ins.lstrip("/") / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_drop_ins_are_judged_with_the_file_as_the_client_merges_them(root: Path) -> None:
    drop_in(root, "20-models.json", json.dumps({"availableModels": ["opus"], "awsCredentialExport": "mine"}))
    drop_in(root, "10-first.json", json.dumps({"env": {"AWS_REGION": "eu-west-1"}, "awsCredentialExport": ""}))
    drop_in(root, "30-broken.json", "{,}")
    drop_in(root, ".hidden.json", json.dumps({"requiredMinimumVersion": "999.0.0"}))
    drop_in(root, "note.txt", "{,}")
    here = machine(root)
    assert here.env["AWS_REGION"] == "eu-west-1"
    assert here.env["CLAUDE_CODE_USE_BEDROCK"] == "1"
    assert here.document["availableModels"] == [*here.base["availableModels"], "opus"]
    said = [each.what for each in checks.settings(here, None) if each.health is Health.BROKEN]
    folder = LINUX.drop_ins
    assert any(each.startswith(f"{folder}/20-models.json: availableModels: a drop-in cannot tighten") for each in said)
    assert any(each.startswith(f"{folder}/30-broken.json: no JSON map") for each in said)
    assert any("with 10-first.json, 20-models.json, 30-broken.json" in each and "ARNs" in each for each in said), said
    assert any("awsCredentialExport: not" in each for each in said), "the last one counts"
    assert only(checks.claude_code(here, None)).health is Health.FINE


def test_a_drop_in_alone_is_managed_settings_too(root: Path) -> None:
    file = root / LINUX.settings.lstrip("/")
    text = file.read_text(encoding="utf-8")
    file.unlink()
    drop_in(root, "all.json", text)
    here = machine(root)
    assert (here.source, here.document) == (LINUX.drop_ins, json.loads(text))
    assert only(checks.settings(here, rollout())).health is Health.FINE


def test_the_command_needs_no_stack_and_says_what_is_broken(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("nowhere"))
    monkeypatch.setattr(doctor_me, "Machine", lambda **_: machine(root))
    (root / "home/bin/claude").unlink()
    done = CliRunner().invoke(app, ["doctor", "--me", "--json"])
    assert done.exit_code == 1
    found = json.loads(done.output)
    assert (found[0]["check"], found[0]["health"]) == ("Claude Code", "broken")
    assert {each["check"] for each in found} >= {"managed settings", "clock", "sign-in", "models", "okta-aws-cli"}
