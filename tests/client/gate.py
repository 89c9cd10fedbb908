"""The one way out of a cell: loopback ports in there, each joined to the same port out here through a Unix socket.

A network namespace shares no address with its parent, but both see the same files.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Generator
from pathlib import Path

HOST = "127.0.0.1"
_PIECE = 1 << 16

Dial = Callable[[], socket.socket]


def to_file(path: Path) -> Dial:
    def dial() -> socket.socket:
        made = socket.socket(socket.AF_UNIX)
        made.connect(str(path))
        return made

    return dial


def to_port(port: int) -> Dial:
    return lambda: socket.create_connection((HOST, port))


def file_listener(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    path.unlink(missing_ok=True)  # of the session before
    made.bind(str(path))
    made.listen(128)
    return made


def port_listener(port: int) -> socket.socket:
    return socket.create_server((HOST, port), backlog=128)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _joined(one: socket.socket, other: socket.socket) -> None:
    with one, other:
        back = threading.Thread(target=_pump, args=(other, one), daemon=True)
        back.start()
        _pump(one, other)
        back.join()


def _accepting(listener: socket.socket, dial: Dial) -> None:
    with contextlib.suppress(OSError):  # the listener was closed
        while True:
            accepted, _ = listener.accept()
            try:
                dialled = dial()
            except OSError:
                accepted.close()
                continue
            threading.Thread(target=_joined, args=(accepted, dialled), daemon=True).start()


@contextlib.contextmanager
def passing(ways: list[tuple[socket.socket, Dial]]) -> Generator[None]:
    """What arrives at each listener goes on to what its Dial reaches, until the block ends."""
    threads = [threading.Thread(target=_accepting, args=way, daemon=True) for way in ways]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for (listener, _), thread in zip(ways, threads, strict=True):
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join()
