"""Where a stack's record of cuts is kept: in its own state, written before anything that an update changes by it.

A program reads what its stack's last updates left there by two functions of the engine's own, which are there on every
backend: `readStackOutputs`, and, once there is something, `readStackResourceOutputs` (tried with engine 3.258, folder
backend, in preview and in `up`; the second fails on a stack that never had an update). Outputs of a stack are written
when an update ends. The record is a resource (`pulumi.Stash`), so an update that is killed half-way leaves it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import pulumi

from rollout.incidents.component_outputs import said_by
from rollout.incidents.cut_record import NAME, Record, from_stack, joined, kept_in


def on_record(stack: str, without_outputs: Callable[[], Mapping[str, Any]] = dict[str, Any]) -> Record:
    """As the last update left it, ended or killed; empty on a first one. `stack`: its full name. `without_outputs`: its
    resources by URN, asked for where it has no outputs: our own program gives it some at once (`keep`), somebody else's
    may export nothing. RunError where the state does not tell: what is not known must not be taken for nothing."""
    try:
        outputs = _outputs("readStackOutputs", name=stack)
        resources = _outputs("readStackResourceOutputs", stackName=stack) if outputs else without_outputs()
        said = from_stack(said_by(outputs, resources.values()))
        kept = kept_in(resources)
        return joined(kept, said) if kept else said
    except Exception as error:
        raise pulumi.RunError(
            f"what stack {stack} has on record of cuts cannot be read, and nothing was touched: {error}"
        ) from None


def keep(record: Record, opts: pulumi.ResourceOptions | None = None) -> pulumi.Stash:
    """Whatever acts on the record depends on this. It is named in an output at once: of a stack that has none, nobody
    can ask for the record, and a first update may fail. `opts`: where the rollout is a component, its outputs are not
    the stack's."""
    if opts is None:
        pulumi.export("cuts_on_record", NAME)
    return pulumi.Stash(NAME, input=record.document(), opts=opts)


def _outputs(function: str, **arguments: str) -> Mapping[str, Any]:
    found = cast("Mapping[str, Any]", pulumi.runtime.invoke(f"pulumi:pulumi:{function}", arguments).value or {})
    return cast("Mapping[str, Any]", found.get("outputs") or {})
