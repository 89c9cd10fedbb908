"""Names for resources whose user gave none: the resource's own name, a hyphen and seven hex digits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from sandbox.plugins.framework.defaults import NOTE
from sandbox.plugins.framework.entry import Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What the engine says about naming in one Check."""

    resource: str
    seed: bytes = b""
    mode: Literal["propose", "enforce", "disable"] | None = None
    proposed: str = ""


def generated(entry: Entry, naming: Naming, inputs: Props, olds: Props) -> tuple[str | None, Failure | None]:
    """The name to use, or why there is none; both None when the user gave one."""
    rule = entry.autoname
    if rule is None or rule.field in inputs or rule.unless in inputs:
        return None, None
    reusable = entry.engine == "PF" or rule.field in olds.get(NOTE, ())
    if reusable and rule.field in olds:
        return olds[rule.field], None
    if naming.mode == "disable":
        return None, Failure(rule.field, "is required, as automatic naming is disabled: set it")
    if naming.mode == "enforce":
        return naming.proposed, None
    name = naming.proposed or f"{rule.prefix}{naming.resource}-{_hex(naming)}"
    name = (name.lower() if rule.lower else name) + rule.suffix(inputs)
    if len(name) > rule.longest:
        return None, Failure(
            rule.field, f"cannot be generated: {name} has {len(name)} characters, {rule.longest} allowed; set it"
        )
    return name, None


def _hex(naming: Naming) -> str:
    return hashlib.sha256(naming.seed + naming.resource.encode()).hexdigest()[:7]
