"""`rollout settings`: what it writes, what it refuses, and what it says of a machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.commands import settings
from cli.live import stack
from cli.live.stack import CommandError
from cli.pages import settings_schema
from cli.pages.settings_schema import check_schema
from rollout.macs.forms import settings_in
from rollout.macs.places import PLACES, Platform
from rollout.model.macs import Channel
from tests.macs.world import arns, document, rollout

LINUX = PLACES[Platform.LINUX]
SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "properties": {"model": {"pattern": "haiku"}, "permissions": {"properties": {"deny": {"type": "array"}}}},
}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the stack exported. The command runs in an empty folder."""
    outputs = {
        "cohorts": {"pilot": {"profile_arns": arns(rollout())}},
        "sign_in_apps": {"client_id": "0oaSIGNIN", "aws_app_id": "0oaAWS"},
    }
    for module in (stack, settings):
        monkeypatch.setattr(module, "stack_file", lambda *_: rollout())
    monkeypatch.setattr(settings, "outputs", lambda *_: outputs)
    monkeypatch.chdir(tmp_path)
    return outputs


@pytest.mark.usefixtures("known")
def test_the_files_are_written_with_where_each_goes_and_written_anew(tmp_path: Path) -> None:
    for _ in range(2):
        done = CliRunner().invoke(app, ["settings", "--stack", "sandbox"])
        assert done.exit_code == 0, done.output
    folder = tmp_path / "settings" / "sandbox"
    macos = folder / "pilot" / "macos"
    assert json.loads((macos / "managed-settings.json").read_text()) == document(rollout())
    assert settings_in((macos / "claude-code.mobileconfig").read_bytes()) == document(rollout())
    assert "rollout-credentials" in (macos / "aws-config").read_text()
    assert (macos / "commit-guard").stat().st_mode & 0o777 == 0o755
    where = (folder / "where.txt").read_text()
    assert "pilot/linux/managed-settings.json -> /etc/claude-code/managed-settings.json\n" in where
    assert "pilot/macos/com.anthropic.claudecode.plist -> Jamf's Custom Settings, instead\n" in where


@pytest.mark.usefixtures("known")
def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "settings" / "sandbox").mkdir(parents=True)
    with pytest.raises(CommandError, match="not written by this command"):
        settings.write("sandbox", Path("settings"), None)


def test_before_the_first_up_there_is_nothing_to_write(known: dict[str, Any]) -> None:
    known.clear()
    with pytest.raises(CommandError, match="cohort pilot has not all of its profiles yet; run `pulumi up` first"):
        settings.write("sandbox", Path("settings"), None)


@pytest.mark.usefixtures("known")
def test_what_a_given_schema_refuses_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(SCHEMA))
    with pytest.raises(CommandError) as caught:
        settings.write("sandbox", Path("settings"), str(file))
    assert "pilot/linux/managed-settings.json: model: 'arn:aws:bedrock" in str(caught.value)
    assert not (tmp_path / "settings").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON schema, which is a map"),
        ('{"type": "nonsense"}', "no JSON schema: 'nonsense'"),
        ("x" * 6_000_000, "larger than 5000000 bytes"),
    ],
)
def test_what_is_no_schema_is_said_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "schema.json"
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        check_schema({}, str(file))


@pytest.mark.parametrize("address", ["http://example.com/x.json", "ftp://example.com/x", "file:///etc/passwd"])
def test_a_schema_is_fetched_by_https_alone(address: str) -> None:
    with pytest.raises(CommandError, match="not an https:// address"):
        check_schema({}, address)


def test_a_schema_by_address_is_read_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_schema, "_fetched", lambda _: json.dumps(SCHEMA).encode())
    [line] = check_schema({"permissions": {"deny": "x"}}, "https://schema.example/one.json")
    assert line == "permissions.deny: 'x' is not of type 'array'"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.platform", "linux")
    folder = tmp_path / LINUX.folder.lstrip("/")
    folder.mkdir(parents=True)
    return folder


def test_a_machine_is_looked_at_with_its_drop_ins(machine: Path, tmp_path: Path) -> None:
    made = document(rollout(), platform=Platform.LINUX)
    (machine / "managed-settings.json").write_text(json.dumps(made))
    assert settings.look(Channel.FILE, tmp_path) == []
    (machine / "managed-settings.d").mkdir()
    (machine / "managed-settings.d" / "10-x.json").write_text(
        json.dumps({"availableModels": made["availableModels"][:1]})
    )
    (machine / "managed-settings.json").write_text(json.dumps({**made, "disableBypassPermissionsMode": True}))
    first, second = settings.look(Channel.FILE, tmp_path)
    assert "it belongs under permissions" in first
    assert second.startswith(
        "/etc/claude-code/managed-settings.d/10-x.json: availableModels: a drop-in cannot tighten it"
    )
    [source, *_] = settings.look(Channel.PROFILE, tmp_path)
    assert source.startswith("/etc/claude-code/managed-settings.json: a file beside mac.channel: profile")


def test_a_key_that_is_none_of_ours_is_the_clients_own_where_its_schema_has_it(machine: Path, tmp_path: Path) -> None:
    made = {**document(rollout(), platform=Platform.LINUX), "cleanupPeriodDays": 7, "permisions": {}}
    (machine / "managed-settings.json").write_text(json.dumps(made))
    file = "/etc/claude-code/managed-settings.json"
    assert settings.look(Channel.FILE, tmp_path) == [
        f"{file}: cleanupPeriodDays: none of ours",
        f"{file}: permisions: none of ours; did you mean permissions?",
    ]
    schema = tmp_path / "schema.json"
    permissions = {"type": "object", "properties": {"deny": {}, "defaultMode": {}}}
    schema.write_text(json.dumps({"properties": {"permissions": permissions, "cleanupPeriodDays": {}}}))
    assert settings.look(Channel.FILE, tmp_path, str(schema)) == [
        f"{file}: permisions: the client's schema has no such key, so it is ignored; did you mean permissions?"
    ]


def test_another_schema_is_not_taken_for_the_clients(machine: Path, tmp_path: Path) -> None:
    (machine / "managed-settings.json").write_text("{}")
    schema = tmp_path / "schema.json"
    schema.write_text('{"properties": {"name": {}}}')
    with pytest.raises(CommandError, match="no schema of Claude Code's settings"):
        settings.look(Channel.FILE, tmp_path, str(schema))


def test_a_machine_without_settings_has_nothing_wrong(tmp_path: Path) -> None:
    assert settings.look(Channel.FILE, tmp_path) == []


def test_a_channel_that_nobody_knows_is_named() -> None:
    with pytest.raises(CommandError, match=r"--machine: no such mac\.channel: fil; did you mean file"):
        settings.channel("fil")
