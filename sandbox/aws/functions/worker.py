"""Runs one function's handler, in a process of its own: started by path, so nothing of the sandbox is importable.

    python -I worker.py <folder> <module.function>

Requests and answers are JSON, each after its length in four bytes, on stdin and the first stdout. What the handler
prints goes into the answer. The process ends with its stdin.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import os
import signal
import struct
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any, BinaryIO


def read(source: BinaryIO) -> dict[str, Any] | None:
    head = source.read(4)
    return json.loads(source.read(struct.unpack(">I", head)[0])) if len(head) == 4 else None


def write(into: BinaryIO, message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    into.write(struct.pack(">I", len(body)) + body)
    into.flush()


def context_of(told: dict[str, Any]) -> Any:
    deadline = time.monotonic() + told["timeout"]
    return SimpleNamespace(
        **{name: told[name] for name in ("aws_request_id", "function_name", "invoked_function_arn")},
        function_version="$LATEST",
        memory_limit_in_mb=told["memory"],
        log_group_name=told["log_group"],
        log_stream_name=told["log_stream"],
        identity=None,
        client_context=None,
        get_remaining_time_in_millis=lambda: max(0, int(1000 * (deadline - time.monotonic()))),
    )


def failure(error: BaseException) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def main() -> None:
    folder, handler = sys.argv[1:]
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.path.insert(0, folder)
    logging.getLogger().addHandler(logging.StreamHandler(printed := _Printed()))
    module, _, name = handler.replace("/", ".").rpartition(".")
    while (request := read(requests)) is not None:
        signal.alarm(int(request["timeout"]) + 5)  # for when nobody is left to end this process
        printed.text = io.StringIO()
        with contextlib.redirect_stdout(printed.text), contextlib.redirect_stderr(printed.text):
            try:
                function = getattr(importlib.import_module(module), name)
                result = function(request["event"], context_of(request))
                answer: dict[str, Any] = {"result": json.dumps(result)}
            except BaseException as error:
                answer = {"error": failure(error)}
        signal.alarm(0)
        write(answers, {**answer, "printed": printed.text.getvalue()})


class _Printed:
    """Where logging goes: what is printed just now."""

    text = io.StringIO()

    def write(self, text: str) -> int:
        return self.text.write(text)

    def flush(self) -> None:
        pass


if __name__ == "__main__":
    main()
