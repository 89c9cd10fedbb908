"""A person's own view on their machine: at once from what is kept, silent where anything is missing, read once a minute."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rollout.account import Account
from rollout.macs.own_usage_view import ENTRY, files, status_line
from rollout.macs.places import PLACES, Platform
from tests.guard.world import rollout

USER_ID = "AROAEXAMPLEEXAMPLE12:alice.chen@acme.example"
SAID = {
    "level": "throttled",
    "why": "INC-7",
    "cohort": "pilot",
    "requests": 3,
    "usd": "12.5",
    "budget_usd": "50",
    "tokens": {"input": 40_000},
    "stops": [{"unit": "tokens", "used": "40000", "most": "50000", "left": "10000"}],
}
LINE = "Claude Code: today USD 12.50 of 50.00, throttled (INC-7), 10,000 tokens left\n"


@dataclass
class Cloud:
    """STS and DynamoDB as the program asks them. `refuses`: with 400, as IAM does."""

    url: str = ""
    refuses: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Mac:
    folder: Path
    home: Path
    cloud: Cloud

    def runs(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {"HOME": str(self.home), "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": self.cloud.url}
        return subprocess.run(
            [str(self.folder / ENTRY), *words],
            env={**environment, "NO_PROXY": "*"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def kept(self) -> Path:
        return self.home / ".cache" / "claude-code-usage" / "line"

    def until_kept(self) -> str:
        deadline = time.monotonic() + 240
        while not self.kept.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.kept.read_text()


def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


@pytest.fixture
def cloud() -> Generator[Cloud]:
    made = Cloud()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            made.asked.append((self.headers.get("X-Amz-Target", "sts"), body))
            if "X-Amz-Target" in self.headers:
                item = {"said": {"S": json.dumps(SAID)}, "day": {"S": today()}, "at": {"S": f"{today()}T00:00:00Z"}}
                answer = json.dumps({"Item": item})
            else:
                answer = f"<GetCallerIdentityResult><UserId>{USER_ID}</UserId></GetCallerIdentityResult>"
            self.send_response(400 if made.refuses else 200)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mac(tmp_path: Path, cloud: Cloud) -> Mac:
    (tmp_path / "session.json").write_text(
        json.dumps({"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T"})
    )
    config = tmp_path / "config"
    config.write_text(f"[profile claude-code]\ncredential_process = cat {tmp_path}/session.json\n")
    folder, home = tmp_path / "installed", tmp_path / "home"
    home.mkdir()
    account = Account("123456789012", "us-east-1")
    given = {"aws_profile": "claude-code", "aws_config_file": str(config)}
    for file in files(rollout(), account, Platform.LINUX, **given):
        path = folder / Path(file.path).relative_to(PLACES[Platform.LINUX].folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
        path.chmod(file.mode)
    return Mac(folder, home, cloud)


def test_the_first_line_is_empty_and_the_next_says_what_was_read_meanwhile(mac: Mac) -> None:
    first = mac.runs("line")
    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    assert mac.until_kept() == LINE
    assert mac.runs("line").stdout == LINE
    [(_, _), (target, body)] = mac.cloud.asked
    assert target == "DynamoDB_20120810.GetItem"
    assert json.loads(body) == {"TableName": "claude-code-usage", "Key": {"id": {"S": f"me#{USER_ID}"}}}


def test_within_a_minute_nothing_is_asked_again_however_often_the_line_is_drawn(mac: Mac) -> None:
    mac.runs("line")
    mac.until_kept()
    for _ in range(5):
        assert mac.runs("line").stdout == LINE
    assert len(mac.cloud.asked) == 2


def test_a_line_from_a_quarter_of_an_hour_ago_is_not_shown(mac: Mac) -> None:
    mac.runs("line")
    mac.until_kept()
    past = time.time() - 16 * 60
    os.utime(mac.kept, (past, past))
    assert mac.runs("line").stdout == ""


@pytest.mark.parametrize("missing", ["rollout-me.json", "rollout_me/reading.py", "aws_calls/request.py"])
def test_whatever_is_missing_the_line_is_empty_and_says_nothing(mac: Mac, missing: str) -> None:
    (mac.folder / missing).unlink()
    for _ in range(2):
        ran = mac.runs("line")
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_who_is_refused_has_an_empty_line_and_is_told_why_when_they_ask(mac: Mac) -> None:
    mac.cloud.refuses = True
    assert (mac.runs("refresh").returncode, mac.runs("line").stdout) == (1, "")
    asked = mac.runs()
    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr.startswith("rollout me: AWS refused: your access may be cut")


def test_all_of_it_is_shown_to_who_asks(mac: Mac) -> None:
    shown = mac.runs().stdout
    assert "USD 12.50 in 3 requests" in shown
    assert "10,000 tokens of 50,000 tokens; then nothing until 24:00 UTC" in shown
    assert "throttled (INC-7), cohort pilot" in shown


def test_the_settings_name_it_where_this_stack_has_the_meter_and_the_machine_a_shell() -> None:
    path = "/etc/claude-code/rollout-me"
    line = {"type": "command", "command": f'[ ! -x "{path}" ] || "{path}" line'}
    assert status_line(rollout(), Platform.LINUX) == {"statusLine": line}
    assert status_line(rollout(), Platform.WINDOWS) == {}
    assert status_line(rollout(adopt={"meter": True}), Platform.MACOS) == {}
