"""`rollout me`: a person's own use, by the program that is installed on members' machines, with the session at hand."""

from __future__ import annotations

import json
import subprocess
import sys

from cli.live.own_session import own_session
from rollout import names
from rollout.macs.commit_guard import SOURCES
from rollout.macs.own_usage_view import PACKAGE


def run(profile: str | None, as_json: bool) -> int:
    """The exit code. CommandError where there is no session, or no region."""
    own = own_session(profile)
    # By stdin: arguments are seen by everybody on the machine.
    given = json.dumps({"session": own.keys, "region": own.region, "table": names.USAGE_TABLE})
    words = ["stdin", *(["--json"] if as_json else [])]
    program = [sys.executable, "-I", "-S", str(SOURCES / PACKAGE / "__main__.py"), *words]
    return subprocess.run(program, input=given, text=True, check=False).returncode  # noqa: S603  ours
