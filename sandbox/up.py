"""`make up`: the sandbox, the engine, and the sandbox stack deployed by it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox import company, server, workspace
from sandbox.settings import OKTA_TOKEN, Settings
from sandbox.shown import asked

STACK = "sandbox"
FAILED = """
The stack is not up. Mend what the error names and run `make up` again. If an earlier run was killed half-way, so that
something exists already, `make down && rm -rf {home}` begins anew: the sandbox forgets everything.
"""
NEXT = """
Where to look:
  eval "$(make -s env)"              this shell talks to the sandbox from now on
{cd}  rollout status -s sandbox          how it stands; `rollout --help`: all else
  rollout plan -s sandbox            what a changed stack file would do
  rollout sign-in -s sandbox pilot   what a member pastes to sign in
  sandbox sign-in {member} \\
      {way}
  make down                          stops it; what it knows stays in
      {home}
"""


def _to(folder: Path) -> str:
    """The line that leads to the stack files, where one does not stand there."""
    if folder == Path.cwd():
        return ""
    way = f"cd {os.path.relpath(folder)}"
    return f"  {way:<35}an invented company's stack files\n"


def up(settings: Settings) -> int:
    """The CLI's exit code. Each step says what it does, and is quick when there is nothing to do."""
    with alone(settings):
        return _up(settings)


@contextmanager
def alone(settings: Settings) -> Generator[None]:
    """Two at once would meet each other's half-made engine and locks; the second waits, and says so."""
    with (settings.home / "up.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another `make up` is at work here; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _up(settings: Settings) -> int:
    workspace.prepare_engine(settings)
    pid = server.start(settings)
    print(
        f"sandbox: AWS on {settings.aws_url}, Okta on {settings.okta_url}, Jamf Pro on {settings.jamf_url} (pid {pid})",
        flush=True,
    )
    if hired := asked(settings.okta_url, "/sandbox/hire", "POST", OKTA_TOKEN):
        print(f"new in Okta: {', '.join(hired)}", flush=True)
    workspace.stacks(settings, settings.company)
    workspace.release(settings, settings.company, STACK)
    environment = workspace.full_environment(settings)
    command = ["pulumi", "up", "--stack", STACK, "--yes", "--skip-preview", "--suppress-outputs"]
    deployed = subprocess.run(command, cwd=settings.company, env=environment, check=False)
    if deployed.returncode:
        print(FAILED.format(home=settings.home), file=sys.stderr)
        return deployed.returncode
    summary = [str(workspace.bin_folder(settings) / "rollout"), "summary", "--stack", STACK]
    shown = subprocess.run(summary, cwd=settings.company, env=environment, check=False)
    way = company.signs_in_with(settings.company, settings.account)
    member = company.member(settings.company)
    print(NEXT.format(cd=_to(settings.company), way=way, member=member, home=settings.home))
    return shown.returncode
