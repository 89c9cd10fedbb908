"""Invokes functions: their code unpacked once, their processes kept for the next call, what they print in their log."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import queue
import re
import selectors
import shutil
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction

from sandbox import launch
from sandbox.aws.functions import worker
from sandbox.aws.store import private_folder
from sandbox.settings import HOST, PROJECT

WORKERS_PER_FUNCTION = 3
_QUEUE_HOST = re.compile(rf"^http://{re.escape(HOST)}:\d+(?=/\d{{12}}/)")
MAX_UNPACKED_BYTES = 262_144_000  # Lambda's quota for code that is not an image


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`payload`: the answer or, where `failed`, the error, as JSON."""

    payload: str
    failed: bool
    printed: str
    request_id: str


@dataclass
class _Process:
    """One process of a function; `key` says of which code and configuration."""

    key: str
    process: subprocess.Popen[bytes]

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, or None where the process ended or took too long; then it is ended."""
        deadline = time.monotonic() + request["timeout"]
        try:
            worker.write(self.process.stdin, request)  # type: ignore[arg-type]
            with selectors.DefaultSelector() as selector:
                selector.register(self.process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
                if selector.select(max(0.0, deadline - time.monotonic())):
                    answer = worker.read(self.process.stdout)  # type: ignore[arg-type]
                    if answer is not None:
                        return answer
        except (OSError, ValueError):
            pass
        self.end()
        return None

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


@dataclass
class _Pool:
    """A function's idle processes, and places for more."""

    idle: queue.SimpleQueue[_Process] = field(default_factory=queue.SimpleQueue)
    places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(WORKERS_PER_FUNCTION))


@dataclass(kw_only=True)
class Runner:
    """`folder`: private, for code. `environment`: what every function gets, such as where AWS is. `changed`: called
    with each service whose memory an invocation changed. `warm_home`: of a sandbox with a process of `warm`."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    changed: Callable[[str], None] = lambda _: None
    warm_home: Path | None = None
    _pools: dict[str, _Pool] = field(default_factory=dict)
    _asking: list[_Process] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def invoke(self, function: LambdaFunction, event: Any, request_id: str | None = None) -> Outcome:
        """Waits for the answer, at most as long as the function's timeout. `request_id`: of an earlier try."""
        request_id = request_id or str(uuid.uuid4())
        digest = hashlib.sha256(function.function_arn.encode()).hexdigest()[:32]
        stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{digest}"
        request = {
            "event": event,
            "timeout": float(function.timeout),
            "aws_request_id": request_id,
            "function_name": function.function_name,
            "invoked_function_arn": function.function_arn,
            "memory": function.memory_size,
            "log_group": function.logs_group_name,
            "log_stream": stream,
        }
        began = time.monotonic()
        answer = self._asked(function, request)
        took = time.monotonic() - began
        outcome = _outcome(function, answer, took, request_id)
        self._log(function, stream, outcome, took)
        return outcome

    def _asked(self, function: LambdaFunction, request: dict[str, Any]) -> dict[str, Any] | None:
        key = _key(function, self.environment)
        with self._lock:
            pool = self._pools.setdefault(function.function_arn, _Pool())
        with pool.places:
            process = self._idle(pool, key) or self._started(function, key)
            self._asking.append(process)
            answer = None if self._closed else process.ask(request)
            self._asking.remove(process)
            if answer is not None and not self._closed:
                pool.idle.put(process)
            else:
                process.end()
        return answer

    def _idle(self, pool: _Pool, key: str) -> _Process | None:
        while True:
            try:
                found = pool.idle.get_nowait()
            except queue.Empty:
                return None
            if found.key == key and found.lives:
                return found
            found.end()  # of code or configuration that was changed since

    def _started(self, function: LambdaFunction, key: str) -> _Process:
        folder = self._unpacked(function)
        start = [sys.executable, "-I", worker.__file__]
        if self.warm_home:
            launcher = [sys.executable, "-I", "-S", launch.__file__]
            start = [*launcher, str(self.warm_home), str(PROJECT), sys.executable, worker.__file__]
        command = [*start, str(folder), str(function.handler)]
        process = subprocess.Popen(
            command, cwd=folder, env=self._environment_of(function), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return _Process(key, process)

    def _environment_of(self, function: LambdaFunction) -> dict[str, str]:
        own = {
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "_HANDLER": str(function.handler),
        }
        return {**self._moved(function.environment_vars), **own, **self.environment}

    def _moved(self, variables: Mapping[str, str]) -> dict[str, str]:
        """A queue's URL names the port that the sandbox had when it was made."""
        here = self.environment.get("AWS_ENDPOINT_URL")
        return {key: _QUEUE_HOST.sub(here, value) if here else value for key, value in variables.items()}

    def _unpacked(self, function: LambdaFunction) -> Path:
        """The function's code in a folder named by its digest."""
        code: bytes = function.code_bytes
        folder = private_folder(self.folder) / hashlib.sha256(code).hexdigest()[:32]
        with self._lock:
            if folder.is_dir():
                return folder
            made = folder.with_suffix(".new")
            shutil.rmtree(made, ignore_errors=True)
            with zipfile.ZipFile(io.BytesIO(code)) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                    raise ValueError("the function's code is larger than Lambda allows")
                archive.extractall(made)
            made.rename(folder)
        return folder

    def _log(self, function: LambdaFunction, stream: str, outcome: Outcome, took: float) -> None:
        """As Lambda writes it, into the function's log group."""
        lines = [
            f"START RequestId: {outcome.request_id} Version: $LATEST",
            *outcome.printed.splitlines(),
            *([outcome.payload] if outcome.failed else []),
            f"END RequestId: {outcome.request_id}",
            f"REPORT RequestId: {outcome.request_id}\tDuration: {1000 * took:.2f} ms",
        ]
        logs, group, now = function.logs_backend, function.logs_group_name, int(time.time() * 1000)
        with self._lock:
            if group not in logs.groups:
                logs.create_log_group(group, {})
            if stream not in logs.groups[group].streams:
                logs.create_log_stream(group, stream)
        logs.put_log_events(group, stream, [{"timestamp": now, "message": line} for line in lines if line])
        self.changed("logs")

    def close(self) -> None:
        """Ends every process: who waits for an answer gets none, as if the function had died."""
        self._closed = True
        for process in list(self._asking):
            process.process.kill()
        for pool in list(self._pools.values()):
            with contextlib.suppress(queue.Empty):
                while True:  # somebody else may take the last one just now
                    pool.idle.get_nowait().end()


def _key(function: LambdaFunction, environment: Mapping[str, str]) -> str:
    parts = [function.code_bytes.hex(), function.handler, function.environment_vars, function.memory_size]
    return hashlib.sha256(json.dumps([*parts, dict(environment)]).encode()).hexdigest()


def _outcome(function: LambdaFunction, answer: dict[str, Any] | None, took: float, request_id: str) -> Outcome:
    if answer is None:
        over = took >= float(function.timeout)
        said = f"Task timed out after {float(function.timeout):.2f} seconds" if over else "Runtime exited with an error"
        error = {
            "errorMessage": f"{request_id} {said}",
            "errorType": "Sandbox.Timedout" if over else "Runtime.ExitError",
        }
        return Outcome(payload=json.dumps(error), failed=True, printed="", request_id=request_id)
    payload = answer["result"] if "result" in answer else json.dumps(answer["error"])
    return Outcome(payload=payload, failed="error" in answer, printed=answer["printed"], request_id=request_id)
