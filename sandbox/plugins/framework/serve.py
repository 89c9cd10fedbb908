"""Running a plug-in: print the port, serve until told to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.plugins.framework import waiting
from sandbox.plugins.framework.provider import Provider
from sandbox.plugins.framework.servicer import Servicer

_THREADS = 64  # more than the engine runs at once, so that Cancel is never queued
_MESSAGE_BYTES = 400 * 1024 * 1024  # the engine's own limit
_GRACE_SECONDS = 2
PARENT_SECONDS = 1.0


@contextmanager
def serving(provider: Provider[Any]) -> Generator[int]:
    """The port on loopback, for the duration of the block."""
    threads = ThreadPoolExecutor(max_workers=_THREADS)
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.so_reuseport", 0)]
    server = grpc.server(threads, options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        waiting_ends = server.stop(_GRACE_SECONDS)
        waiting_ends.wait()
        threads.shutdown(wait=False, cancel_futures=True)


def run(provider: Provider[Any]) -> None:
    """What a plug-in's `__main__` does; the engine reads the port from the first line."""
    stopped = threading.Event()

    def stop(*_: object) -> None:
        waiting.cancel()
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    parent = os.getppid()
    with serving(provider) as port:
        print(port)
        sys.stdout.flush()
        while not stopped.wait(PARENT_SECONDS) and os.getppid() == parent:
            pass  # an engine that was killed tells nobody
