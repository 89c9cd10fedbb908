"""What `sandbox` asks a running sandbox for, and prints as a table."""

from __future__ import annotations

import io
import json
import urllib.request
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.errors import SandboxError

WIDTH = 140
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def asked(url: str, path: str, method: str = "GET", token: str = "") -> Any:
    """SandboxError where no sandbox answers."""
    try:
        headers = {"Authorization": f"SSWS {token}"} if token else {}
        request = urllib.request.Request(f"{url}{path}", method=method, headers=headers)  # noqa: S310 - the sandbox's own address
        with _DIRECT.open(request, timeout=60) as answer:
            return json.load(answer)
    except OSError as error:
        raise SandboxError(f"Sandbox does not answer at {url}: run `make up`") from error


def printed(table: Table) -> str:
    into = io.StringIO()
    Console(file=into, width=WIDTH).print(table)
    return into.getvalue().rstrip()
