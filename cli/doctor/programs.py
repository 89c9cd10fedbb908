"""Programs on a developer's machine: where they are found, what they print, and AWS's own command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from cli.doctor.finding import Finding, broken, fine, unknown
from cli.doctor.installed import Machine
from rollout.leaks.masked import masked
from rollout.macs.sign_in import PORTAL_SIGN_IN

SECONDS = 30
# Where `mac/rollout_credentials/okta.py` looks, too.
USUAL = ("/opt/homebrew/bin", "/usr/local/bin", "~/go/bin", "~/.local/bin", "~/bin", "/home/linuxbrew/.linuxbrew/bin")
AWS_CLI_INSTALL = "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
# From where on it signs in by a session of the portal's (`rollout.macs.sign_in`).
AWS_CLI_LEAST = (2, 9)


def run(machine: Machine, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  what is installed on this machine
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
        env=machine.environment,
    )


def program_at(machine: Machine, program: str, folders: Iterable[str]) -> str | None:
    home = machine.environment.get("HOME", str(Path.home()))
    places = [folder.replace("~", home, 1) for folder in folders]
    return shutil.which(program, path=os.pathsep.join([machine.environment.get("PATH", ""), *places]))


def by_portal(machine: Machine) -> bool:
    """Whether its settings sign people in by IAM Identity Center."""
    return machine.document.get("awsAuthRefresh") == PORTAL_SIGN_IN


def aws_cli(machine: Machine) -> Iterator[Finding]:
    name = "AWS's command line"
    program = program_at(machine, "aws", USUAL)
    if program is None:
        yield broken(name, "there is no `aws` on PATH", f"install it: {AWS_CLI_INSTALL}")
        return
    said = masked(run(machine, program, "--version").stdout)
    version = re.match(r"aws-cli/(\d+)\.(\d+)", said)
    if not version:
        yield unknown(name, f"{program} does not say its version", f"install it: {AWS_CLI_INSTALL}")
    elif (int(version[1]), int(version[2])) < AWS_CLI_LEAST:
        least = ".".join(map(str, AWS_CLI_LEAST))
        yield broken(name, f"{version[0]} at {program}, older than {least}", f"install it: {AWS_CLI_INSTALL}")
    else:
        yield fine(name, f"{version[0]}, at {program}")
