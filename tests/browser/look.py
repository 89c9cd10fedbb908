"""What a browser sees of a page of ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.browser import chromium

SCRIPT = Path(__file__).with_name("look.mjs")


@dataclass(frozen=True)
class View:
    """`scheme`: light or dark. `picture`: where to write a screenshot, of the whole page or of what a window shows.
    `until`: the path of a request that the page itself makes later, and that is waited for first."""

    width: int
    scheme: str
    height: int = 900
    picture: str | None = None
    whole: bool = True
    scale: float = 1
    until: str | None = None


def look(page: Path | str, views: Sequence[View], pdf: Path | None = None) -> dict[str, Any]:
    """As `look.mjs` says; `page`: a file, or an address; `pages`: how many pages the printed page has."""
    browser = chromium.find()
    asked = {
        "program": str(browser.program),
        "page": page if isinstance(page, str) else page.resolve().as_uri(),
        "views": [asdict(view) for view in views],
        "pdf": str(pdf) if pdf else None,
    }
    environment = {**os.environ, **browser.environment}
    result = subprocess.run(
        ["node", str(SCRIPT)],
        input=json.dumps(asked),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    seen: dict[str, Any] = json.loads(result.stdout)
    if pdf:
        seen["pages"] = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf.read_bytes()))
    return seen
