"""`rollout serve`: for whoever began it on this machine, to read; looked at in a browser."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml
from werkzeug.serving import make_server

from cli.live.asking import Unreachable
from cli.live.status import Status
from cli.serve.app import Shown, made
from cli.serve.pages import Failure, page
from cli.serve.reading import Reading
from cli.serve.serve import run
from cli.terminal.errors import CommandError
from rollout.report.figures import figures
from rollout.report.page import page as report
from tests import stacks
from tests.browser.look import View, look
from tests.live.told import alarm, found, told
from tests.report import made_up
from tests.stacks import PROJECT

AT = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
KEY = "k" * 32
VIEWS = [View(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
HOSTILE = "<script>alert(1)</script>"
WELL = found(told())
ILL = replace(
    found(told(alarms=[alarm("ALARM")], days=Unreachable("spend", "ConnectTimeoutError: " + "x" * 120))),
    contradictions=[f"pilot: IAM allows {HOSTILE}, and the file says suspended"],
)
CASES: dict[str, Status | Failure] = {
    "well": WELL,
    "ill": ILL,
    "unreadable": Failure(lines=("cohorts.pilot.level: not one of planned", HOSTILE)),
}


@dataclass(frozen=True)
class Served:
    port: int
    session: str
    room: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def opened(self) -> str:
        return f"{self.address}/?key={KEY}"

    def get(
        self, path: str = "/", method: str = "GET", cookie: str | None = "", *, within: bool = True, **headers: str
    ) -> httpx.Response:
        """`cookie`: empty for the right one. `within`: the room of the pages."""
        cookies = {} if cookie is None else {f"rollout-{self.port}": cookie or self.session}
        folder = f"/{self.room}" if within else ""
        with httpx.Client(trust_env=False, cookies=cookies) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.request(method, f"{self.address}{folder}{path}", headers=named)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def served(status: Status | Failure, every_seconds: int = 30) -> Generator[Served]:
    port = free_port()
    shown = Shown(
        stack="prod",
        status=Reading(lambda: (status, AT), 0),
        report=Reading(lambda: report(figures(made_up.facts())), 0),
        key=KEY,
        port=port,
        every_seconds=every_seconds,
    )
    server = make_server("127.0.0.1", port, made(shown), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Served(port, shown.session, shown.room)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def well() -> Generator[Served]:
    with served(WELL) as one:
        yield one


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_browser_shows_the_status_whole_quietly_and_for_everybody(case: str) -> None:
    with served(CASES[case]) as one:
        seen = look(one.opened, VIEWS)
    assert {re.sub(r"\?.*", "", address) for address in seen["requests"] if not address.startswith("data:")} == {
        *(f"{one.address}/{one.room}/{path}" for path in ("", "style.css", "refresh.js")),
        f"{one.address}/",
    }
    assert seen["console"] == []
    for view, looked in zip(VIEWS, seen["views"], strict=True):
        assert (view, looked["overflow"], looked["violations"]) == (view, [], [])


@pytest.mark.slow
def test_a_browser_reads_the_status_again_by_itself() -> None:
    with served(WELL, every_seconds=1) as one:
        seen = look(one.opened, [replace(VIEWS[0], until=f"/{one.room}/part")])
        assert seen["console"] == []


def test_what_comes_from_outside_is_text_and_never_markup() -> None:
    for case in ("ill", "unreadable"):
        text = page("prod", CASES[case], AT, 30)
        assert HOSTILE not in text
        assert "&lt;script&gt;" in text


def test_the_page_says_what_the_command_says(well: Served) -> None:
    text = well.get().text
    assert "Nothing needs a person" in text
    assert "USD 20.25 today, 120.75 this month of 12,000 (1.0 %)" in text
    assert "Claude Code at acme" in text
    assert "2 things need a person" in page("prod", ILL, AT, 30)


def test_while_a_source_is_away_no_page_says_that_nothing_needs_a_person() -> None:
    gone = Unreachable("IAM", "EndpointConnectionError: nothing there")
    text = page("prod", found(told(roles=gone)), AT, 30)
    assert "Nothing needs a person" not in text
    assert "<title>Not everything could be asked: stack prod</title>" in text
    assert "<h1>Not everything could be asked</h1>" in text
    assert text.index(f"not reached: {gone.line}") < text.index("<table>")
    assert "<h1>Not everything could be asked; 2 things need a person</h1>" in page("prod", ILL, AT, 30)


def test_a_name_that_is_pointed_at_this_machine_gets_nothing(well: Served) -> None:
    for host in ("evil.example", f"evil.example:{well.port}", "127.0.0.1:1", f"127.0.0.1.evil.example:{well.port}"):
        for path in ("/", f"/?key={KEY}", "/part", "/report", "/style.css"):
            answer = well.get(path, Host=host)
            assert (answer.status_code, "acme" in answer.text) == (421, False), (host, path)
    assert well.get(Host=f"localhost:{well.port}").status_code == 200


def test_another_page_gets_nothing_and_may_not_show_it_within(well: Served) -> None:
    for site in ("cross-site", "same-site"):
        assert well.get("/part", Sec_Fetch_Site=site).status_code == 403
    headers = well.get().headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers


def test_without_the_key_nobody_on_the_machine_gets_anything(well: Served) -> None:
    for within in (True, False):
        for path in ("/", "/part", "/report", "/style.css", "/?key=wrong"):
            answer = well.get(path, cookie=None, within=within)
            assert (answer.status_code, "acme" in answer.text) == (403, False)
            assert "key included" in answer.text
            assert well.room not in answer.text or within
    for cookie in ("k" * 31, KEY):
        assert well.get(cookie=cookie).status_code == 403


def test_the_key_leaves_the_address_and_no_script_can_read_it(well: Served) -> None:
    answer = well.get(f"/?key={KEY}", cookie=None, within=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{well.room}/")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", f"Path=/{well.room}/"} <= set(cookie.split("; "))
    assert KEY not in cookie


def test_no_other_server_of_this_machine_is_sent_what_opens_the_pages(well: Served) -> None:
    """Cookies know no ports: whoever listens at another one gets every cookie of its own paths."""
    with served(WELL) as other, httpx.Client(trust_env=False) as browser:
        assert browser.get(well.opened, follow_redirects=True).status_code == 200
        for path in ("/", "/style.css", "/part", f"/{other.room}/"):
            assert "Cookie" not in browser.build_request("GET", f"{other.address}{path}").headers
    assert len({well.session, other.session, well.room, other.room, KEY}) == 5


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_it_only_reads(well: Served, method: str) -> None:
    for path in ("/", "/part", "/report"):
        assert well.get(path, method).status_code == 405


def test_the_report_is_there_and_is_loaded_again(well: Served) -> None:
    answer = well.get("/report")
    assert answer.status_code == 200
    assert "people have Claude Code" in answer.text
    assert answer.headers["Refresh"] == "600"


def test_a_reading_is_made_no_oftener_than_it_may_and_a_failed_one_is_made_again() -> None:
    now, made_ = [0.0], list[float]()

    def read() -> int:
        if len(made_) == 1:
            made_.append(now[0])
            raise OSError("away")
        made_.append(now[0])
        return len(made_)

    reading = Reading(read, 20, lambda: now[0])
    assert [reading.get(), reading.get()] == [1, 1]
    now[0] = 20
    with pytest.raises(OSError, match="away"):
        reading.get()
    assert reading.get() == 3


def test_without_the_framework_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "flask", None)
    monkeypatch.delitem(sys.modules, "cli.serve.app")
    with pytest.raises(CommandError, match=re.escape("claude-code-rollout[serve]")):
        run("dev", free_port())


def test_the_command_says_where_serves_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    """Without an engine and without AWS, whose silence is on the page."""
    config = {f"claude-code-rollout:{key}": value for key, value in stacks.small().items()}
    text = yaml.safe_dump({"config": {"aws:region": "us-east-1", **config}})
    (tmp_path / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "PATH": "/nowhere",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "cli", "serve", "-s", "dev", "--port", str(port)]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        said = process.stdout.readline()
        [address] = re.findall(r"http://\S+", said)
        assert address.startswith(f"http://127.0.0.1:{port}/?key=")
        with httpx.Client(trust_env=False, follow_redirects=True, timeout=240) as client:
            text = client.get(address).text
        assert "dev" in text
        assert "Not everything could be asked" in text
        assert "Nothing needs a person" not in text
        taken = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (taken.returncode, "cannot be had; name another one" in taken.stderr) == (1, True), taken.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=240) == 0
    finally:
        process.kill()
        process.communicate()
