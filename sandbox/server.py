"""The sandbox's process: AWS, Okta and Jamf Pro on loopback, one process per home.

The pid file is locked for as long as its process lives, so a pid that is left over from a crash is never believed.
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol, TextIO

from sandbox.environment import variables_of
from sandbox.errors import SandboxError
from sandbox.settings import HOST, JAMF_CLIENT_ID, JAMF_CLIENT_SECRET, OKTA_TOKEN, PROJECT, SERVED_ACCOUNT, Settings

NAMES = ("aws", "okta", "jamf")
# Before each error line of `python -m sandbox`.
ERROR_PREFIX = "sandbox: "
START_SECONDS = 120.0
STOP_SECONDS = 20.0
SIGNAL_SECONDS = 0.5
POLL_SECONDS = 0.05
LOCK_SECONDS = 0.5

# Loopback must not go through anyone's proxy.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def pid_file(settings: Settings) -> Path:
    return settings.home / "sandbox.pid"


def _locked(file: TextIO, kind: int, patience: float = 0.0) -> bool:
    """Whether the lock was had; the patient outwait someone who only looks."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        else:
            return True


@contextlib.contextmanager
def _claimed(settings: Settings) -> Generator[None]:
    """Holds the home for this process; SandboxError where another one does."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with pid_file(settings).open("a+") as file:
        if not _locked(file, fcntl.LOCK_EX, LOCK_SECONDS):
            raise SandboxError(f"Already running for this home: {settings.home}. Stop it, or set SANDBOX_HOME")
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def running(settings: Settings) -> int | None:
    """The pid of the process that serves this home, or None."""
    try:
        with pid_file(settings).open("r") as file:
            if _locked(file, fcntl.LOCK_SH):
                return None
            text = file.read().strip()
            return int(text) if text.isdecimal() else None
    except FileNotFoundError:
        return None


@dataclass(frozen=True, kw_only=True)
class Health:
    pid: int
    names: tuple[str, ...]


def health(url: str) -> Health | None:
    """What answers at `url`, or None."""
    try:
        with _DIRECT.open(f"{url}/sandbox/health", timeout=2) as answer:
            body = json.load(answer)
            return Health(pid=body["pid"], names=tuple(body["names"]))
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return None


def is_healthy(settings: Settings, pid: int) -> bool:
    urls = (settings.aws_url, settings.okta_url, settings.jamf_url)
    return all((found := health(url)) and found.pid == pid for url in urls)


def _apps(settings: Settings, stack: contextlib.ExitStack) -> tuple[Any, ...]:
    """AWS, Okta and Jamf Pro behind their control routes; `stack` closes them, and what is outside them."""
    from werkzeug.test import Client

    from sandbox.aws.account import billing
    from sandbox.aws.app import create_app as create_aws
    from sandbox.aws.functions.api import scheduled
    from sandbox.aws.messages.ses import Ses
    from sandbox.aws.models import profiles
    from sandbox.control import Control
    from sandbox.dialects import AwsDialect, JamfDialect, OktaDialect
    from sandbox.jamf.app import create_app as create_jamf
    from sandbox.okta.app import create_app as create_okta
    from sandbox.outside.direct import with_slack
    from sandbox.outside.egress import Egress, Outside
    from sandbox.outside.github import Github
    from sandbox.outside.notices import Notices

    os.environ[SERVED_ACCOUNT] = settings.account
    okta = create_okta(settings.state, OKTA_TOKEN)
    keys = Client(okta)
    functions = {"AWS_ENDPOINT_URL": settings.aws_url, "NO_PROXY": HOST, "no_proxy": HOST}
    aws = create_aws(settings.state, lambda: keys.get("/oauth2/v1/keys").get_json(), functions, settings.home)
    stack.callback(aws.close)
    notices = Notices(settings.state / "notices.jsonl")
    github = Github()
    Ses.outbox = partial(notices.add, "email")
    routes = {
        ("GET", "functions"): lambda _: {"at_work": aws.feeds.at_work()},
        ("POST", "schedules"): scheduled(aws.feeds),
        ("PUT", "deliveries"): aws.feeds.set_disorder,
        ("GET", "notices"): lambda _: notices.all(),
        ("DELETE", "notices"): lambda _: notices.clear(),
        ("GET", "github"): lambda _: github.told(),
        ("PUT", "github"): github.tell,
        ("GET", "quotas"): lambda _: dict(profiles.quotas),
        ("PUT", "quotas"): profiles.set_quotas,
        ("POST", "billing"): billing.write,
    }
    aws_control = Control(aws, name="aws", names=NAMES, dialect=AwsDialect(), routes=routes)
    outside = Outside(notices, aws_control.journal, aws_control.faults, github)
    egress = Egress(settings.state, outside)
    stack.callback(egress.close)
    functions.update(egress.environment)
    jamf = create_jamf(settings.state, JAMF_CLIENT_ID, JAMF_CLIENT_SECRET)
    return (
        with_slack(aws_control, outside),
        Control(okta, name="okta", names=NAMES, dialect=OktaDialect(OKTA_TOKEN)),
        Control(jamf, name="jamf", names=NAMES, dialect=JamfDialect()),
    )


def serve(settings: Settings) -> None:
    """Serves all of them until SIGTERM or SIGINT, then saves what they hold."""
    from sandbox import warm
    from sandbox.wsgi import bind, http_server

    with _claimed(settings), contextlib.ExitStack() as stack:
        stack.callback(warm.end, settings.home, warm.fork_server(settings.home))  # while there is a single thread
        listeners = [
            stack.enter_context(contextlib.closing(bind(HOST, port, variable)))
            for variable, port in settings.ports.items()
        ]
        apps = _apps(settings, stack)
        servers = [http_server(listener, app) for listener, app in zip(listeners, apps, strict=True)]
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        for server in servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        print(
            f"AWS {settings.aws_url}  Okta {settings.okta_url}  Jamf Pro {settings.jamf_url}  pid {os.getpid()}",
            flush=True,
        )
        while not ended.wait(SIGNAL_SECONDS):
            pass  # the system may give a signal to another thread, and that wakes no wait without an end
        faulthandler.dump_traceback_later(STOP_SECONDS * 3 / 4)  # into the log: what keeps it from ending
        for server in servers:
            server.shutdown()
            server.server_close()
    faulthandler.cancel_dump_traceback_later()


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1].removeprefix(ERROR_PREFIX) if lines else "it left no message"


def _require_free_ports(settings: Settings) -> None:
    from sandbox.wsgi import bind

    for variable, port in settings.ports.items():
        bind(HOST, port, variable).close()


class Child(Protocol):
    """What of a started process `start` asks for."""

    pid: int
    returncode: int | Any

    def poll(self) -> int | None: ...

    def terminate(self) -> None: ...


def _spawned(settings: Settings) -> subprocess.Popen[bytes]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with settings.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve"],
            cwd=PROJECT,
            env=variables_of(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def start(settings: Settings, spawn: Callable[[Settings], Child] = _spawned) -> int:
    """Starts the sandbox in the background unless it runs, and returns its pid once all of it answers."""
    pid = running(settings)
    if pid is None:
        _require_free_ports(settings)
        child = spawn(settings)
        pid = child.pid
    else:
        child = None
    deadline = time.monotonic() + START_SECONDS
    while not is_healthy(settings, pid):
        if child is not None and child.poll() is not None:
            raise SandboxError(f"The sandbox did not start: {_last_line(settings.log)}")
        if time.monotonic() > deadline:
            if child is not None:
                child.terminate()
            raise SandboxError(
                f"The sandbox (pid {pid}) does not answer on ports {', '.join(map(str, settings.ports.values()))}; "
                f"see {settings.log}"
            )
        time.sleep(POLL_SECONDS)
    if child is not None:
        child.returncode = 0  # it outlives us on purpose; without this its destructor warns
    return pid


def _is_ours(settings: Settings, pid: int) -> bool:
    """Second proof beside the lock: the process says so itself, or its command line does."""
    found = health(settings.aws_url)
    if found is not None and found.pid == pid:
        return True
    command = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "sandbox serve" in command.stdout


def lives(pid: int) -> bool:
    """Whether the process is there; one that has ended and waits to be collected by its parent is not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def stop(settings: Settings) -> int | None:
    """Ends the sandbox of this home and waits; None where none runs. Touches no other process."""
    pid = running(settings)
    if pid is None:
        return None
    if not _is_ours(settings, pid):
        raise SandboxError(
            f"Process {pid} does not look like the sandbox; end it by hand, or delete {pid_file(settings)}"
        )
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running(settings) == pid or lives(pid):
        if time.monotonic() > deadline:
            raise SandboxError(f"The sandbox (pid {pid}) does not end; see {settings.log}")
        time.sleep(POLL_SECONDS)
    return pid
