"""`rollout doctor --me`: a developer's machine, with the real files of a rollout on it and programs that stand in."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from rollout_credentials import okta
from typer.testing import CliRunner

from cli.app import app
from cli.commands import doctor_me
from cli.commands.doctor import code
from cli.doctor import machine as checks
from cli.doctor import own_profiles
from cli.doctor.finding import Check, Finding, Health, broken, looked
from cli.doctor.installed import Machine
from rollout.leaks.masked import masked
from rollout.levels import Level
from rollout.macs.bundle import bundle
from rollout.macs.level_seen import level_in
from rollout.macs.places import PLACES, Platform
from rollout.model.client_versions import NEWEST
from tests.macs.test_forms import PROCESS
from tests.macs.world import SET, arns, document, rollout

LINUX = PLACES[Platform.LINUX]
KEYS = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "wJalrEXAMPLE", "SessionToken": "FwoGEXAMPLE"}


class Aws(BaseHTTPRequestHandler):
    """Says what time it is, and knows profiles."""

    def do_GET(self) -> None:
        status, body = getattr(self.server, "answer", (200, b"{}"))
        self.send_response_only(status)
        self.send_header("Date", format_datetime(datetime.now(UTC) + getattr(self.server, "skew", timedelta())))
        self.send_header("x-amzn-errortype", "AccessDeniedException")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002  the library's words
        return


@pytest.fixture
def aws() -> Generator[Any]:
    server = HTTPServer(("127.0.0.1", 0), Aws)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def root(tmp_path: Path, aws: Any) -> Path:
    """All that a member's Linux has, and both programs."""
    made = rollout()
    for piece in bundle(made, "pilot", arns(made), PROCESS):
        if piece.name.startswith("pilot/linux/"):
            file = tmp_path / piece.goes_to.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(piece.content)
            file.chmod(piece.mode)
    url = f"http://127.0.0.1:{aws.server_port}"
    rewrite(tmp_path, lambda said: said["env"].update(AWS_ENDPOINT_URL_STS=url, AWS_ENDPOINT_URL_BEDROCK=url))
    program(tmp_path / "home/bin/claude", f'echo "{NEWEST} (Claude Code)"')
    program(tmp_path / "home/bin/okta-aws-cli", 'echo "okta-aws-cli version 2.6.0"')
    return tmp_path


def rewrite(root: Path, change: Any) -> None:
    file = root / LINUX.settings.lstrip("/")
    said = json.loads(file.read_text(encoding="utf-8"))
    change(said)
    file.write_text(json.dumps(said), encoding="utf-8")


def machine(root: Path, **exported: str) -> Machine:
    home = root / "home"
    environment = {"HOME": str(home), "PATH": os.pathsep.join([str(home / "bin"), "/usr/bin", "/bin"])}
    return Machine(platform=Platform.LINUX, root=root, environment={**environment, **exported})


def signed_in(root: Path) -> None:
    said = json.dumps({"Version": 1, **KEYS, "Expiration": "2026-11-28T15:00:00Z"})
    program(root / "etc/claude-code/rollout-credentials", f"[ $1 = cached ] && echo '{said}'")


def only(found: Iterator[Finding] | list[Finding]) -> Finding:
    [one] = found
    return one


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


def test_no_credential_is_in_anything_that_is_said(root: Path, aws: Any) -> None:
    signed_in(root)
    aws.answer = (403, b'{"message": "User: x is not authorized to perform: bedrock:GetInferenceProfile"}')
    here = machine(root)
    found, keys = checks.sign_in(here)
    said = repr([*found, *own_profiles.profiles(here, keys)])
    assert "signed in, until 2026-11-28T15:00:00Z" in said
    assert "AccessDeniedException" in said
    assert not [secret for secret in KEYS.values() if secret in said]


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


def test_whoever_is_not_signed_in_is_told_how_and_no_browser_is_opened(root: Path) -> None:
    """The real program, with nothing kept: it is asked for what it keeps, and never to sign in."""
    asked = root / "asked"
    program(root / "home/bin/okta-aws-cli", f'touch "{asked}"')
    [found], keys = checks.sign_in(machine(root))
    assert (found.health, keys) == (Health.UNKNOWN, None)
    assert found.what == "Claude Code is not signed in"
    assert '"/etc/claude-code/rollout-credentials" sign-in' in found.fix
    assert not asked.exists()


def test_where_okta_aws_cli_itself_signs_in_it_is_said_what_it_would_do(root: Path) -> None:
    (root / "etc/claude-code/aws-config").write_text(
        f"[profile claude-code]\nregion = us-east-1\ncredential_process = {PROCESS}\n", encoding="utf-8"
    )
    [found], keys = checks.sign_in(machine(root))
    assert (found.health, keys) == (Health.FINE, None)
    assert "opens Okta's page" in found.what


def test_a_profile_that_is_missing_is_said(root: Path) -> None:
    (root / "etc/claude-code/aws-config").unlink()
    [found], _ = checks.sign_in(machine(root))
    assert (found.health, "names no credential_process" in found.what) == (Health.BROKEN, True)


@pytest.mark.parametrize(
    ("seconds", "health"), [(0, Health.FINE), (-120, Health.UNKNOWN), (3_600, Health.BROKEN), (-3_600, Health.BROKEN)]
)
def test_a_clock_is_held_against_awss(root: Path, aws: Any, seconds: int, health: Health) -> None:
    aws.skew = timedelta(seconds=seconds)
    assert only(checks.clock(machine(root))).health is health


def test_what_keeps_claude_code_from_starting_is_named_by_its_variable(root: Path) -> None:
    found = only(checks.shell(machine(root, AWS_ENDPOINT_URL="http://secret.example")))
    assert (found.health, found.fix) == (Health.BROKEN, "env -u AWS_ENDPOINT_URL claude")
    assert "secret.example" not in found.what


def test_a_program_that_prints_escapes_moves_no_cursor(root: Path) -> None:
    program(root / "home/bin/okta-aws-cli", "printf 'v2\\033[2J\\033]0;x\\007'")
    assert only(checks.okta_aws_cli(machine(root))).what.startswith("v2?[2J?]0;x?, at ")


SECRETS = {
    "AKIA" + "IOSFODNN7EXAMPLE": "a key",
    "wJalrXUtnFEMI7K7MDENGbPxRfi" + "CYEXAMPLEKEY12": "a secret key",
    "FwoGZXIvYXdzEJr1" + "a2B3c4D5" * 12: "a session's token",
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl": "a token of Okta's",
    "0123456789abcdef" * 3: "a digest",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_no_credential_that_another_program_prints_is_shown(root: Path, secret: str) -> None:
    program(root / "home/bin/okta-aws-cli", f"echo 'okta-aws-cli {secret} 2.6.0'")
    shown = only(checks.okta_aws_cli(machine(root))).what
    assert (secret in shown, "****" in shown, "2.6.0, at" in shown) == (False, True, True), shown
    program(root / "etc/claude-code/rollout-credentials", f"echo 'refused: {secret}\033[2J' >&2; exit 1")
    [found], _ = checks.sign_in(machine(root))
    assert (secret in found.what, found.what.startswith("refused: ")) == (False, True)
    assert found.what.isprintable()


def test_a_path_and_an_address_of_aws_are_no_secret() -> None:
    for text in ("/opt/homebrew/bin/okta-aws-cli is not there", "https://sts.us-east-1.amazonaws.com answers 403"):
        assert masked(text) == text


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


def test_a_shell_that_calls_a_stand_in_is_said_to(root: Path) -> None:
    found = only(checks.shell(machine(root, AWS_ENDPOINT_URL="http://127.0.0.1:4566")))
    assert "leads to a stand-in of AWS on this machine (127.0.0.1)" in found.what
    assert found.fix == "env -u AWS_ENDPOINT_URL claude, or another shell"


def test_on_linux_nobody_needs_homebrew(root: Path) -> None:
    (root / "home/bin/okta-aws-cli").unlink()
    assert only(checks.okta_aws_cli(machine(root))).fix.startswith("put the program of https://github.com/okta/")


def test_it_looks_where_the_sign_in_looks() -> None:
    assert okta.USUAL == checks.USUAL


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
