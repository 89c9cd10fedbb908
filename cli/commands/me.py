"""`rollout me`: a person's own use, by the program that is installed on members' machines, with the session at hand."""

from __future__ import annotations

import json
import subprocess
import sys

import boto3
from botocore.exceptions import BotoCoreError

from cli.errors import CommandError
from rollout import names
from rollout.commit_guard import SOURCES
from rollout.own_usage_view import PACKAGE


def run(profile: str | None, as_json: bool) -> int:
    """The exit code. CommandError where there is no session, or no region."""
    try:
        session = boto3.Session(profile_name=profile)
        found = session.get_credentials()
        keys = found.get_frozen_credentials() if found else None
    except BotoCoreError as error:
        raise CommandError(f"no AWS session: {error}") from None
    if keys is None:
        raise CommandError("no AWS session; sign in, or name the profile: `rollout me --profile claude-code`")
    if session.region_name is None:
        raise CommandError("no AWS region; set AWS_REGION to that of your stack")
    # By stdin: arguments are seen by everybody on the machine.
    given = {
        "session": {
            "AccessKeyId": keys.access_key,
            "SecretAccessKey": keys.secret_key,
            **({"SessionToken": keys.token} if keys.token else {}),
        },
        "region": session.region_name,
        "table": names.USAGE_TABLE,
    }
    words = ["stdin", *(["--json"] if as_json else [])]
    program = [sys.executable, "-I", "-S", str(SOURCES / PACKAGE / "__main__.py"), *words]
    return subprocess.run(program, input=json.dumps(given), text=True, check=False).returncode  # noqa: S603  ours
