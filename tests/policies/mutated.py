"""The project with one edit in it, for as long as a block lasts: nothing is written, the modules are made anew."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

from tests.stacks import PROJECT

# What reads the edited module, and so must be made anew with it.
ROOMS = ("program", "rollout", "components", "functions", "policies", "providers", "cli", "tests")


class _Edited(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType | None:
        return compile(self.text, self.get_filename(fullname), "exec")


class _Finder:
    def __init__(self, name: str, path: str, text: str) -> None:
        self.name, self.path, self.text = name, path, text

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=_Edited(name, self.path, self.text))


@contextmanager
def edited(file: str, old: str, new: str) -> Generator[None]:
    """`old` is there once, or the table is out of date."""
    text = (PROJECT / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file}: {text.count(old)} times, not once: {old}"
    finder: Any = _Finder(file.removesuffix(".py").replace("/", "."), str(PROJECT / file), text.replace(old, new))
    before = {name: module for name, module in sys.modules.items() if name.split(".")[0] in ROOMS}
    for name in before:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.split(".")[0] in ROOMS]:
            del sys.modules[name]
        sys.modules.update(before)


def fresh(module: str) -> Any:
    """A module as it is within the block."""
    return importlib.import_module(module)
