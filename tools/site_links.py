"""For mkdocs: a link from a page to a file outside docs/ becomes plain words, since the site has no such file.

A test holds every link of the pages to what is there, these included; here they only lose their address.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)[^)\s]+)\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    folder = posixpath.dirname(page.file.src_uri)

    def within(link: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(folder, link[2].partition("#")[0]))
        return link[1] if place.startswith("..") else link[0]

    return LINK.sub(within, markdown)
