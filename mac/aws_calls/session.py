"""The session of whoever is signed in, by the profile that is installed, without ever signing anybody in."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import subprocess

# A browser is not opened for this: it is the kept session or none.
SIGN_IN, KEPT = "rollout-credentials", "cached"
CREDENTIAL_SECONDS = 30
OPENS_A_BROWSER = "--open-browser"


def credentials(aws_config_file: str, aws_profile: str) -> dict[str, str]:
    """In AWS's form. Raises what running a program and reading JSON raise, also where nobody is signed in."""
    result = subprocess.run(
        _command(aws_config_file, aws_profile),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=CREDENTIAL_SECONDS,
        check=True,
    )
    return json.loads(result.stdout)


def service_url(service: str) -> str | None:
    """What stands in for AWS's own address, as AWS's own clients read it. `service`: such as `SQS`."""
    return os.environ.get(f"AWS_ENDPOINT_URL_{service}") or os.environ.get("AWS_ENDPOINT_URL")


def _command(aws_config_file: str, aws_profile: str) -> list[str]:
    """Of the profile's `credential_process`; of what the rollout installs, without its signing in."""
    profiles = configparser.RawConfigParser()
    profiles.read(os.path.expanduser(aws_config_file), encoding="utf-8")
    command = shlex.split(profiles.get(f"profile {aws_profile}", "credential_process"))
    if os.path.basename(command[0]) == SIGN_IN:
        return [command[0], KEPT]
    return [word for word in command if word != OPENS_A_BROWSER]
