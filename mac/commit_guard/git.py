"""git, asked so that nothing of a repository's own configuration changes the form of its answers, or runs anything."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from commit_guard import GuardError

MAX_BYTES = 32 * 1024 * 1024
_GIT = (
    *("git", "--no-pager", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false", "-c", "diff.renames=false"),
    *("-c", "log.showRoot=true", "-c", "log.showSignature=false", "-c", "diff.ignoreSubmodules=none"),
    *("-c", "diff.suppressBlankEmpty=false", "-c", "diff.interHunkContext=0", "-c", "core.bigFileThreshold=512m"),
)
# For `diff` and `log` alike.
PATCH = (
    *("--patch", "--no-ext-diff", "--no-textconv", "--no-color", "--unified=0", "--full-index"),
    *("--submodule=short", "--src-prefix=a/", "--dst-prefix=b/", "--no-relative", "-O/dev/null", "--no-renames"),
    *(
        "--output-indicator-new=+",
        "--output-indicator-old=-",
        "--output-indicator-context= ",
        "--ws-error-highlight=none",
    ),
    *("--diff-algorithm=myers", "--no-indent-heuristic", "--line-prefix="),
)
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
    "GIT_TRACE": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_EXTERNAL_DIFF": "",
    "GIT_DIFF_OPTS": "",
}


class Git:
    """`where`: git's own options that lead to the repository; `variables`: of the environment, which do the same."""

    def __init__(self, where: tuple[str, ...], variables: Mapping[str, str] | None = None) -> None:
        self.where = where
        self.variables = dict(variables or {})

    def line(self, *arguments: str) -> str | None:
        """None where git says no."""
        try:
            return self.bytes(*arguments).decode(errors="replace").strip() or None
        except GuardError:
            return None

    def bytes(self, *arguments: str, given: str | None = None, where: tuple[str, ...] | None = None) -> bytes:
        """`given`: what git reads, no more than fits into a pipe."""
        code, output = self.answer(*arguments, given=given, where=where)
        if code:
            verb = next((each for each in arguments if each[:1].isalpha()), "")
            raise GuardError(f"`git {verb}` ended with {code}")
        return output

    def answer(
        self, *arguments: str, given: str | None = None, where: tuple[str, ...] | None = None
    ) -> tuple[int, bytes]:
        try:
            with subprocess.Popen(
                [*_GIT, *(self.where if where is None else where), *arguments],
                stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **self.variables, **_ENVIRONMENT},
            ) as process:
                output = b""
                try:
                    if process.stdin:
                        process.stdin.write((given or "").encode(errors="surrogateescape"))
                        process.stdin.close()
                    output = process.stdout.read(MAX_BYTES + 1) if process.stdout else b""
                finally:
                    if len(output) > MAX_BYTES or sys.exc_info()[0]:
                        process.kill()
        except (OSError, ValueError):
            raise GuardError("git could not be run") from None
        if len(output) > MAX_BYTES:
            raise GuardError(f"more than {MAX_BYTES // 1024 // 1024} MB would be added")
        return process.returncode, output
