"""What is reported, with whose session, and what becomes of it where AWS cannot be reached."""

from __future__ import annotations

import io
import json
import subprocess
import time
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError

import pytest
from aws_calls.signing import signature
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from commit_guard import report, spool

from rollout.account import Account
from rollout.macs.commit_guard import files, hook, settings
from rollout.macs.places import PLACES, Platform
from rollout.macs.sign_in import PROFILE, aws_profile
from tests.guard.world import PLANTED, REGION, Machine, machine, rollout, secret_of
from tests.recording import ACCOUNT
from tests.sign_in import world as sign_in

KEYS = {"AccessKeyId": "ASIAQ", "SecretAccessKey": "not one", "SessionToken": "token"}
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("keys", [KEYS, {**KEYS, "SessionToken": ""}])
def test_requests_are_signed_as_aws_own_client_signs_them(
    keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b'{"a": 1}'
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.PutLogEvents"}
    theirs = AWSRequest("POST", "https://logs.us-east-1.amazonaws.com/", headers=headers, data=body)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None), raising=False)
    credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"] or None)
    SigV4Auth(credentials, "logs", REGION).add_auth(theirs)
    at = datetime.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = signature(keys, REGION, "logs", "logs.us-east-1.amazonaws.com", headers, body, at)
    assert ours["Authorization"] == theirs.headers["Authorization"]


def test_the_credential_process_of_the_profile_is_run_and_opens_no_browser(tmp_path: Path) -> None:
    script = tmp_path / "sign in"
    script.write_text('#!/bin/sh\necho \'{"AccessKeyId": "\'$#"-$1"\'"}\'\n')
    script.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(f"[profile claude-code]\ncredential_process = '{script}' web --open-browser\n")
    found = report.credentials({"aws_config_file": str(config), "aws_profile": "claude-code"})
    assert found == {"AccessKeyId": "1-web"}


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_report_uses_the_kept_session_and_never_signs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signed_in: bool
) -> None:
    there = sign_in.machine(tmp_path)
    monkeypatch.setenv("HOME", str(there.home))
    config = tmp_path / "config"
    config.write_text(aws_profile(REGION, sign_in.profile_line(there)))
    kept = there.asks().key if signed_in else None
    given = {"aws_config_file": str(config), "aws_profile": PROFILE}
    if kept:
        assert report.credentials(given)["AccessKeyId"] == kept
    else:
        with pytest.raises(subprocess.CalledProcessError):
            report.credentials(given)
    assert there.opened == int(signed_in)


def test_a_finding_that_cannot_be_sent_waits_with_nothing_of_the_secret(tmp_path: Path) -> None:
    mac = machine(tmp_path)
    mac.git("remote", "add", "origin", "git@github.example:acme/app.git")
    mac.stage("a", PLANTED["slack_token"] + "\n")
    mac.bash("git commit -m x")
    [waiting] = waits(mac)
    assert {**waiting, "found_at": "then"} == {
        "finding": "credential",
        "source": "commit-guard",
        "action": "commit_stopped",
        "kind": "slack_token",
        "repository": "github.example/acme/app",
        "count": 1,
        "found_at": "then",
    }
    assert secret_of(PLANTED["slack_token"]) not in mac.left_behind()


def waits(mac: Machine) -> list[dict[str, object]]:
    return [json.loads(file.read_text()) for file in (mac.home / ".claude-code-commit-guard").glob("*.json")]


def test_only_so_much_waits_and_the_old_and_the_broken_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for _ in range(spool.MAX_WAITING + 5):
        spool.put({"kind": "x"})
    assert len(spool.waiting()) == spool.MAX_WAITING
    old = int((time.time() - spool.MAX_AGE_SECONDS - 60) * 1e9)
    for name, content in (
        (f"{old}-1.json", "{}"),
        ("oddly.json", "{}"),
        (f"{time.time_ns()}-1.json", "{"),
        (f"{time.time_ns()}-2.json", "[]"),
    ):
        (Path(spool.folder()) / name).write_text(content)
    assert len(spool.waiting()) == spool.MAX_WAITING
    assert len(list(Path(spool.folder()).iterdir())) == spool.MAX_WAITING


def test_where_another_stack_has_the_findings_log_nothing_is_written_down(tmp_path: Path) -> None:
    mac = machine(tmp_path, rollout(adopt={"meter": True}))
    mac.stage("a", PLANTED["slack_token"] + "\n")
    assert mac.bash("git commit -m x").code == 2
    assert mac.left_behind() == ""


@pytest.mark.parametrize("platform", [Platform.MACOS, Platform.LINUX])
@pytest.mark.parametrize(("setting", "line"), [("open", "[ ! -x {} ] || {}"), ("closed", "{} || exit 2")])
def test_claude_code_runs_it_before_each_bash_command(platform: Platform, setting: str, line: str) -> None:
    entry = hook(rollout(mac={"commit_guard": setting}), platform)
    assert entry
    assert entry["matcher"] == "Bash"
    [one] = entry["hooks"]
    assert one["command"] == line.replace("{}", f'"{PLACES[platform].folder}/commit-guard"')
    assert one["timeout"] == 10


def test_where_it_is_off_or_there_is_no_shell_nothing_runs() -> None:
    off = rollout(mac={"commit_guard": "off"})
    assert hook(off, Platform.MACOS) is None
    assert hook(rollout(), Platform.WINDOWS) is None
    given = {"aws_profile": "claude-code", "aws_config_file": "/etc/claude-code/aws-config"}
    assert files(off, Account(ACCOUNT, REGION), Platform.MACOS, **given) == ()


@pytest.mark.parametrize(("script", "code"), [(None, 0), ("exit 2", 2), ("exit 1", 1)])
def test_an_open_hook_is_silent_where_nothing_is_installed(tmp_path: Path, script: str | None, code: int) -> None:
    entry = hook(rollout(mac={"commit_guard": "open"}), Platform.LINUX)
    assert entry
    guard = tmp_path / "commit-guard"
    if script:
        guard.write_text(f"#!/bin/sh\n{script}\n")
        guard.chmod(0o755)
    line = entry["hooks"][0]["command"].replace("/etc/claude-code/commit-guard", str(guard))
    ran = subprocess.run(["sh", "-c", line], capture_output=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, b"", b"")


def test_the_delivered_settings_name_the_queue_and_no_log() -> None:
    given = {"aws_profile": "claude-code", "aws_config_file": "/etc/claude-code/aws-config"}
    assert settings(rollout(), Account(ACCOUNT, REGION), **given) == {
        "on_failure": "closed",
        "region": "us-east-1",
        "queue": "https://sqs.us-east-1.amazonaws.com/123456789012/claude-code-mac-findings",
        **given,
    }


class Queue:
    """SQS as `post` reaches it. `refuses`: HTTP's status and SQS's word for it, of each in turn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *refuses: tuple[int, bytes] | None) -> None:
        self.taken: list[dict[str, object]] = []
        self.refuses = list(refuses)
        monkeypatch.setattr(report, "post", self.post)
        monkeypatch.setattr(report, "credentials", lambda _: KEYS)
        given = {"queue": "https://sqs.us-east-1.amazonaws.com/1/q", "region": REGION}
        monkeypatch.setattr(report, "configuration", lambda: given)

    def post(self, _: object, region: str, service: str, headers: dict[str, str], body: bytes, **more: object) -> bytes:
        assert (region, service, headers["X-Amz-Target"]) == (REGION, "sqs", "AmazonSQS.SendMessage")
        assert more == {"url": None}
        if refused := self.refuses.pop(0) if self.refuses else None:
            raise HTTPError("u", refused[0], "", Message(), io.BytesIO(refused[1]))
        self.taken.append(json.loads(json.loads(body)["MessageBody"]))
        return b"{}"


@pytest.fixture
def spooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What a guard of before the queue left behind, which could write to the log no more."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    lines = [spool.line("github.example/acme/app", "commit", kind, 1) for kind in ("a", "b", "c")]
    for line in lines:
        spool.put(line)
    return lines


def test_what_an_older_guard_could_not_send_goes_into_the_queue_once(
    spooled: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(monkeypatch)
    assert (report.main(), queue.taken, spool.waiting()) == (0, spooled, [])
    assert (report.main(), queue.taken) == (0, spooled)


def test_where_the_queue_is_refused_everything_waits_and_nothing_is_said(
    spooled: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    queue = Queue(monkeypatch, None, (403, b"AccessDenied"))
    assert (report.main(), queue.taken, len(spool.waiting())) == (1, spooled[:1], 2)
    assert capfd.readouterr() == ("", "")


def test_one_that_the_queue_never_takes_does_not_hold_up_the_others(
    spooled: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(monkeypatch, (400, b'{"__type":"com.amazonaws.sqs#InvalidParameterValue"}'))
    assert (report.main(), queue.taken, spool.waiting()) == (0, spooled[1:], [])
