"""Starts what the engine asks for from a process that has the large libraries loaded already.

The engine starts a language host and two plug-ins for each command, and each would spend a quarter of a second and more
on loading the same libraries. The sandbox's process forks one that has loaded them, single-threaded, before anything
else; for each start it forks again. Only libraries are loaded ahead, never this project's code or a person's, so an
edit is always seen. Where it does not run, `launch.py` starts the same module the ordinary way.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import struct
import sys
import threading
import time
from pathlib import Path

from sandbox.launch import FILE, LENGTH, SOCKET
from sandbox.settings import PROJECT

AHEAD = (
    "boto3",
    "boto3.dynamodb.table",
    "grpc",
    "grpc._server",
    "pulumi",
    "pulumi.automation",
    "pulumi.runtime.proto.status_pb2",
    "pulumi_aws.bedrock",
    "pulumi_aws.bedrockmodel",
    "pulumi_aws.budgets",
    "pulumi_aws.cloudwatch",
    "pulumi_aws.dynamodb",
    "pulumi_aws.iam",
    "pulumi_aws.kms",
    "pulumi_aws.lambda_",
    "pulumi_aws.scheduler",
    "pulumi_aws.secretsmanager",
    "pulumi_aws.sesv2",
    "pulumi_aws.sns",
    "pulumi_aws.sqs",
    "pulumi_aws.ssm",
    "pulumi_okta.app",
    "pulumi_okta.group",
    "pulumi_okta.user",
    "pulumi_policy",
    "pydantic",
    "pydantic.type_adapter",
    "statistics",
    "urllib3",
    "yaml",
)
GRACE_SECONDS = 3.0
MAX_BYTES = 4 << 20
COLLECT_SELDOM = (50_000, 20, 20)  # of a process that lives for seconds, collections would be a tenth


def fork_server(home: Path) -> int:
    """Fork the process that serves `home`; its pid. Call it while the caller has a single thread."""
    (home / SOCKET).unlink(missing_ok=True)
    alive, parent = os.pipe()  # the parent's end stays open as long as it lives
    pid = os.fork()
    if pid:
        os.close(alive)
        return pid
    os.close(parent)
    os.closerange(3, alive)  # the parent's lock on the home is not for us to hold
    os.closerange(alive + 1, 1024)
    try:
        _serve(home, alive)
    finally:
        os._exit(0)


def end(home: Path, pid: int) -> None:
    """End the process that serves `home`. Those it started live as long as the engine that asked for them."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    (home / SOCKET).unlink(missing_ok=True)


def _serve(home: Path, alive: int) -> None:
    """Until the parent is gone: its end of the pipe closes with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children; the launcher sees them end
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(home, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{folder}/{SOCKET}")  # a path of any length
        (home / SOCKET).chmod(0o600)
        listener.listen(64)  # who asks while the libraries are being loaded waits less than loading them would take
        load_ahead()
        os.set_blocking(alive, False)
        listener.settimeout(0.5)
        while _parent_lives(alive):
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            if os.fork() == 0:
                listener.close()
                os.close(alive)
                _become(connection)
            connection.close()
    (home / SOCKET).unlink(missing_ok=True)


def load_ahead() -> None:
    """Again is quick: what is loaded stays."""
    for module in AHEAD:
        getattr(importlib.import_module(module), "anything", None)  # the SDKs load a module when it is first asked
    importlib.import_module("pydantic").create_model("Warm", loads=(int, 1))  # most of pydantic, by using it
    gc.collect()
    gc.freeze()


def _parent_lives(alive: int) -> bool:
    try:
        return os.read(alive, 1) != b""
    except BlockingIOError:
        return True


def _become(connection: socket.socket) -> None:
    """In the fork: take the launcher's place, run the module, end."""
    code = 1
    try:
        connection.settimeout(5)
        head, descriptors, _, _ = socket.recv_fds(connection, struct.calcsize(LENGTH), 3)
        (length,) = struct.unpack(LENGTH, head)
        if length > MAX_BYTES:
            os._exit(1)
        asked = json.loads(_received(connection, length))
        connection.settimeout(None)
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.setsid()
        gc.set_threshold(*COLLECT_SELDOM)
        os.environ.clear()
        os.environ.update(asked["environment"])
        time.tzset()
        os.chdir(asked["folder"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        sys.argv = [asked["module"], *asked["arguments"]]
        if asked["module"].endswith(FILE):
            _forget_the_sandbox()
            runpy.run_path(asked["module"], run_name="__main__")
        else:
            runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        if not isinstance(end.code, int | None):
            print(end.code, file=sys.stderr)
    except BaseException as error:  # a process of its own: it says why and ends
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        with contextlib.suppress(OSError):
            connection.sendall(bytes([code & 0xFF]))
        os._exit(code)


def _forget_the_sandbox() -> None:
    """For what is started by its file: as with `python -I`, nothing of this project is importable."""
    sys.path[:] = [path for path in sys.path if path and Path(path) != PROJECT]
    for name in [name for name in sys.modules if name.partition(".")[0] == "sandbox"]:
        del sys.modules[name]


def _received(connection: socket.socket, length: int) -> bytes:
    parts: list[bytes] = []
    while length:
        part = connection.recv(min(length, 1 << 16))
        if not part:
            os._exit(1)
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _end_with(connection: socket.socket) -> None:
    """The launcher sends a signal's number to pass it on; when it is gone, so is its reason to be."""
    with contextlib.suppress(OSError):
        while number := connection.recv(1):
            os.kill(os.getpid(), number[0])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
