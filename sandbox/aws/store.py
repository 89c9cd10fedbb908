"""Keeps what moto holds: one snapshot per service, so that a restart of the process loses nothing.

A snapshot is a pickle. It is only ever read from a folder of mode 0700 that this user owns, because reading a pickle
runs code.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

import moto
from moto import backends
from moto.core.base_backend import BackendDict

from sandbox.aws.pickling import dumped, load, package
from sandbox.errors import SandboxError
from sandbox.settings import ACCOUNT_ID, AWS_ACCOUNT, saved_at_the_end

# A snapshot cheaper than this is taken before the request is answered, so that even `kill -9` loses nothing.
CHEAP_SECONDS = 0.025
WRITE_BEHIND_SECONDS = 0.2
# A dear snapshot is not taken more often than this many times its own cost.
REST_FACTOR = 4
_HEADER = f"sandbox snapshot 1, moto {moto.__version__}, python {sys.version_info.major}.{sys.version_info.minor}"

# Service -> services that its operations also change.
SPILLS: dict[str, tuple[str, ...]] = {
    "sts": ("iam",),
    "sns": ("sqs", "awslambda", "logs"),
    "events": ("sqs", "sns", "awslambda", "logs", "kinesis"),
    "scheduler": ("sqs", "sns", "awslambda"),
    "awslambda": ("logs", "sqs", "dynamodb", "sns"),
    "logs": ("awslambda", "cloudwatch", "firehose", "kinesis"),
    "cloudwatch": ("sns", "awslambda"),
    "sesv2": ("ses",),
    "resourcegroupstaggingapi": ("iam", "logs", "awslambda", "sns", "sqs", "dynamodb", "s3", "secretsmanager"),
}


def touched() -> dict[str, BackendDict[Any]]:
    """The services this process holds anything of, by package name."""
    held: list[BackendDict[Any]] = BackendDict._instances  # type: ignore[misc]  # moto has no other list
    return {package(one.backend): one for one in list(held)}


def _forget() -> None:
    """moto's own reset builds every backend anew before it drops it; of S3 it also closes the objects' files."""
    for name, service in touched().items():
        if name == "s3":
            for backend in [each for partitions in service.values() for each in partitions.values()]:
                backend.reset()
        service.clear()
    BackendDict._instances.clear()  # type: ignore[misc]


class Snapshot:
    """One service's file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cost = 0.0
        self._lock = threading.Lock()
        self._wanted = 0
        self._saved = 0

    def request(self) -> int:
        """A number that `save` can be asked to reach. Call after the change."""
        self._wanted += 1
        return self._wanted

    @property
    def behind(self) -> bool:
        return self._saved < self._wanted

    def save(self, service: BackendDict[Any], number: int) -> None:
        """Makes the file at least as new as request `number`. What cannot be saved is said in the log."""
        with self._lock:
            if self._saved >= number:
                return
            reached = self._wanted
            start = time.perf_counter()
            try:
                self._write(dumped(service))
            except Exception as error:
                print(f"{self.path.stem}: not saved: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            else:
                self._saved = reached
            self.cost = time.perf_counter() - start

    def _write(self, body: bytes) -> None:
        temporary = self.path.with_suffix(".new")
        temporary.write_bytes(f"{_HEADER}, sha256 {hashlib.sha256(body).hexdigest()}\n".encode() + body)
        temporary.replace(self.path)

    def restore(self, service: BackendDict[Any]) -> None:
        """Raises SandboxError, naming the file and the remedy, where it cannot be believed."""
        header, _, body = self.path.read_bytes().partition(b"\n")
        remedy = f"Delete it to start {self.path.stem} empty, or put a good copy back: {self.path}"
        written_by, _, digest = header.decode("ascii", "replace").rpartition(", sha256 ")
        if not written_by.startswith("sandbox snapshot"):
            raise SandboxError(f"Not a snapshot of the sandbox. {remedy}")
        if written_by != _HEADER:
            raise SandboxError(f"Written by another version ({written_by}; this is {_HEADER}). {remedy}")
        if hashlib.sha256(body).hexdigest() != digest:
            raise SandboxError(f"Damaged snapshot: its checksum does not match. {remedy}")
        try:
            load(service, body)
        except Exception as error:
            raise SandboxError(f"Snapshot cannot be read: {type(error).__name__}: {error}. {remedy}") from error


def private_folder(folder: Path) -> Path:
    """`folder`, made for this user alone; SandboxError where it belongs to another."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.getuid():
        raise SandboxError(f"Belongs to another user; set SANDBOX_HOME to a folder of your own: {folder}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise SandboxError(f"Open to other users, who could plant a snapshot; run `chmod 700` on it: {folder}")
    return folder


class Store:
    """All snapshots of one home, which are of one account. One store per process: moto's state is global."""

    def __init__(self, folder: Path, account: str = ACCOUNT_ID) -> None:
        self._folder = private_folder(folder)
        self._account = account
        self._snapshots: dict[str, Snapshot] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._writer = threading.Thread(target=self._write_behind, name="snapshots", daemon=True)

    def _snapshot(self, service: str) -> Snapshot:
        with self._lock:
            return self._snapshots.setdefault(service, Snapshot(self._folder / f"{service}.snapshot"))

    def open(self) -> None:
        """Forgets what this process holds, restores what the folder holds, and starts to keep it. SandboxError where
        that is another account's: nothing of it would be found."""
        self._take_over()
        _forget()
        for path in sorted(self._folder.glob("*.snapshot")):
            if path.stem not in backends.list_of_moto_modules():
                raise SandboxError(f"Not a service of moto {moto.__version__}: {path.stem}. Delete {path}")
            self._snapshot(path.stem).restore(cast("Any", backends).get_backend(path.stem))
        self._writer.start()

    def _take_over(self) -> None:
        kept = self._folder / "account"
        snapshots = any(self._folder.glob("*.snapshot"))
        known = kept.read_text(encoding="utf-8").strip() if kept.exists() else ACCOUNT_ID if snapshots else None
        if known not in {None, self._account}:
            raise SandboxError(
                f"{self._folder} is of account {known}, and {AWS_ACCOUNT} says {self._account}: set it to {known}, or "
                "set SANDBOX_HOME to a folder of its own"
            )
        kept.write_text(f"{self._account}\n", encoding="utf-8")

    def changed(self, service: str) -> None:
        """Call before a changing request is answered: saves `service` now when that is cheap, else soon."""
        if saved_at_the_end():
            return
        services = touched()
        for name in (service, *SPILLS.get(service, ())):
            if name not in services:
                continue
            snapshot = self._snapshot(name)
            number = snapshot.request()
            if name == service and snapshot.cost < CHEAP_SECONDS:
                snapshot.save(services[name], number)
            else:
                self._wake.set()

    def _write_behind(self) -> None:
        while not self._closed:
            self._wake.wait()
            time.sleep(WRITE_BEHIND_SECONDS / 2)
            self._wake.clear()
            start = time.perf_counter()
            services = touched()
            for name, snapshot in list(self._snapshots.items()):
                if snapshot.behind and name in services:
                    snapshot.save(services[name], snapshot.request())
            time.sleep(REST_FACTOR * (time.perf_counter() - start))

    def close(self) -> None:
        """Saves every service that was used."""
        self._closed = True
        self._wake.set()
        for name, service in touched().items():
            if any(service.values()):
                snapshot = self._snapshot(name)
                snapshot.save(service, snapshot.request())
