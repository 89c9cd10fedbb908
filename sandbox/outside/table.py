"""What was received, for a person to read."""

from __future__ import annotations

import time

from rich.table import Table

from sandbox.shown import asked, printed


def table(aws_url: str) -> str:
    """One line per notice, oldest first. SandboxError where no sandbox answers."""
    found = asked(aws_url, "/sandbox/notices")
    made = Table("time (UTC)", "by", "to", "what", title=f"{len(found)} notices", title_justify="left")
    for notice in found:
        text = notice["subject"] or notice["text"]
        at = time.strftime("%H:%M:%S", time.gmtime(notice["at"]))
        made.add_row(at, notice["by"], ", ".join(notice["to"]), text.partition("\n")[0][:80])
    return printed(made)
