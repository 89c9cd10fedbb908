"""What the SDK would keep of our own calls, and nobody reads."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def without_stack_traces() -> Generator[None]:
    """Of resources that are declared in it.

    The SDK (pulumi 3.25x, `runtime.resource._get_stack_trace`) sends the stack of calls along with each resource, and
    the engine keeps it in the state: a quarter of it, with the paths of the machine, written anew at each step. With
    one frame to look at it finds no caller and sends none. What goes wrong in here is printed whole: the limit is taken
    back before anybody prints.
    """
    absent = object()
    before = getattr(sys, "tracebacklimit", absent)
    sys.tracebacklimit = 1
    try:
        yield
    finally:
        if before is absent:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before  # pyright: ignore[reportAttributeAccessIssue]
