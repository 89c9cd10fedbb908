"""What a plug-in is: a name, its tables, and how it reaches its cloud."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from sandbox.plugins.framework.entry import Entry
from sandbox.plugins.framework.schema import Schema, installed_version, load_schemas
from sandbox.plugins.framework.values import Props

Cloud = TypeVar("Cloud")


@dataclass(frozen=True, kw_only=True)
class Invoke(Generic[Cloud]):
    """A lookup: its token, the arguments it knows (with their JSON types), and the function."""

    token: str
    arguments: Mapping[str, Any]
    run: Callable[[Cloud, Props], Props]
    required: tuple[str, ...] = ()


class Provider(ABC, Generic[Cloud]):
    """What a plug-in tells of itself; everything the engine's protocol needs is in the servicer."""

    name: ClassVar[str]
    package: ClassVar[str]

    def __init__(self, cache: Path) -> None:
        """The cache is a folder that may be empty or missing."""
        self._cache = cache

    @abstractmethod
    def resource_types(self) -> Iterable[Entry[Cloud]]: ...

    @abstractmethod
    def functions(self) -> Iterable[Invoke[Cloud]]: ...

    @abstractmethod
    def configure(self, config: Props) -> Cloud:
        """The client to use from now on; PluginError names a wrong setting."""

    @abstractmethod
    def explain(self, error: Exception) -> str | None:
        """An API's error in one line, with its own words; None for anything else."""

    def worded(self, reason: str, error: Exception) -> str:
        """How the official plug-in hands on this reason, which is one line."""
        del error
        return reason

    def complete(self, entry: Entry[Cloud], schema: Schema, inputs: Props) -> Props:
        """The inputs of every type plus what the provider's own settings add."""
        del entry, schema
        return inputs

    @cached_property
    def entries(self) -> dict[str, Entry[Cloud]]:
        return {entry.token: entry for entry in self.resource_types()}

    @cached_property
    def invokes(self) -> dict[str, Invoke[Cloud]]:
        return {invoke.token: invoke for invoke in self.functions()}

    @cached_property
    def version(self) -> str:
        return installed_version(self.package)

    @cached_property
    def schemas(self) -> dict[str, Schema]:
        return load_schemas(self._cache / f"{self.package}.json", self.package, [*self.entries, self.config_token])

    @property
    def config_token(self) -> str:
        return f"pulumi:providers:{self.name}"

    @property
    def config_schema(self) -> Schema:
        return self.schemas[self.config_token]
