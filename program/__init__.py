"""What the engine runs: a company's `__main__.py` is `from program import declare` and `declare()`."""

from program.account import declare_account
from program.stack import declare

__all__ = ["declare", "declare_account"]
