"""What was received, for a person to read."""

from __future__ import annotations

import io
import json
import time
import urllib.request

from rich.console import Console
from rich.table import Table

from sandbox.errors import SandboxError

WIDTH = 140
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def table(aws_url: str) -> str:
    """One line per notice, oldest first. SandboxError where no sandbox answers."""
    try:
        with _DIRECT.open(f"{aws_url}/sandbox/notices", timeout=10) as answer:
            found = json.load(answer)
    except OSError as error:
        raise SandboxError(f"Sandbox does not answer at {aws_url}: run `make up`") from error
    made = Table("time (UTC)", "by", "to", "what", title=f"{len(found)} notices", title_justify="left")
    for notice in found:
        text = notice["subject"] or notice["text"]
        at = time.strftime("%H:%M:%S", time.gmtime(notice["at"]))
        made.add_row(at, notice["by"], ", ".join(notice["to"]), text.partition("\n")[0][:80])
    into = io.StringIO()
    Console(file=into, width=WIDTH).print(made)
    return into.getvalue().rstrip()
