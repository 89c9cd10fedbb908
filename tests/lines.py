"""`make lines`: how large the program is, its sandbox, and the tests of each.

Counted are lines of Python that hold code. Blank lines, comments and docstrings are apart, so that an explanation
makes nothing look larger, and leaving one out makes nothing look smaller.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.stacks import PROJECT

PROGRAM = (
    *(
        "__main__.py",
        "program",
        "bootstrap",
        "cli",
        "components",
        "functions",
        "gateway",
        "mac",
        "policies",
        "providers",
        "rollout",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Size:
    files: int
    code_lines: int
    lines: int


def sizes() -> Mapping[str, Size]:
    """By what is counted, in the order of docs/sandbox.md."""
    own = PROJECT / "sandbox" / "tests"
    return {
        "The program": _size(path for name in PROGRAM for path in _python(PROJECT / name)),
        "The sandbox": _size(path for path in _python(PROJECT / "sandbox") if own not in path.parents),
        "Tests of the program, with the sandbox or without": _size(_python(PROJECT / "tests")),
        "Tests of the sandbox alone": _size(_python(own)),
    }


def table() -> str:
    rows = [f"| {what} | {size.files:,} | {size.code_lines:,} | {size.lines:,} |" for what, size in sizes().items()]
    return "\n".join(["| What | Files | Lines of code | All lines |", "| --- | --- | --- | --- |", *rows])


def code_lines(path: Path) -> int:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    held = {number for number, line in lines if line.strip() and not line.lstrip().startswith("#")}
    return len(held - set(_docstrings(path)))


def _docstrings(path: Path) -> Iterator[int]:
    """The numbers of their lines; also of those beneath a field, which are strings that nothing takes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _size(paths: Iterator[Path]) -> Size:
    found = list(paths)
    return Size(
        files=len(found),
        code_lines=sum(map(code_lines, found)),
        lines=sum(len(path.read_text(encoding="utf-8").splitlines()) for path in found),
    )


def _python(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    yield from place.rglob("*.py")


if __name__ == "__main__":
    print(table())
