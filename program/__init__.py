"""What the engine runs: a company's `__main__.py` is `from program import declare` and `declare()`."""

from program.account import declare_account as _declare_account
from program.stack import declare as _declare
from program.traces import without_stack_traces

__all__ = ["declare", "declare_account"]

declare = without_stack_traces()(_declare)
declare_account = without_stack_traces()(_declare_account)
