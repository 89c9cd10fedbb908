"""The way out of a gateway, and of the browsers of its people: an HTTPS proxy that knows a few hosts and no other.

Each host stands for a port on loopback, where plain HTTP is spoken; what is sent goes there as it is.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.outside.certificates import Authority
from tests.client import gate

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Internet:
    """`hosts`: the port behind each; more may come."""

    port: int
    authority: Authority
    hosts: dict[str, int]

    @property
    def proxy(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What leads a process here, and makes it believe the certificates."""
        return {"HTTPS_PROXY": self.proxy, "NODE_EXTRA_CA_CERTS": str(self.authority.bundle)}


@contextmanager
def running(folder: Path, hosts: Mapping[str, int]) -> Generator[Internet]:
    listener = gate.port_listener(0)
    found = Internet(listener.getsockname()[1], Authority(folder / "authority"), dict(hosts))
    thread = threading.Thread(target=_accepting, args=(listener, found), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _accepting(listener: socket.socket, internet: Internet) -> None:
    with contextlib.suppress(OSError):  # the listener was closed
        while True:
            accepted, _ = listener.accept()
            threading.Thread(target=_served, args=(accepted, internet), daemon=True).start()


def _served(accepted: socket.socket, internet: Internet) -> None:
    with accepted, contextlib.suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = accepted.recv(4096)
            if not piece:
                return
            head += piece
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        host, _, port = target.rpartition(":")
        if method != "CONNECT" or port != "443" or host not in internet.hosts:
            accepted.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        accepted.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        inside = internet.authority.context(host).wrap_socket(accepted, server_side=True)
        with inside, socket.create_connection((HOST, internet.hosts[host])) as plain:
            _joined(inside, plain)


def _joined(inside: ssl.SSLSocket, plain: socket.socket) -> None:
    """In one thread: OpenSSL's connection may not be read and written at the same time."""
    while True:
        ready = [inside] if inside.pending() else select.select([inside, plain], [], [])[0]
        for source, target in ((inside, plain), (plain, inside)):
            if source in ready:
                piece = source.recv(1 << 16)
                if not piece:
                    return
                target.sendall(piece)
