"""Sources asked side by side. What cannot be reached is an answer too."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, cast

from botocore.exceptions import ClientError

from cli.live.stack import CommandError

Given = ParamSpec("Given")
Found = TypeVar("Found")

# More than there are sources; each call has its own time-outs (`cli.live.aws`, `cli.live.engine`).
AT_ONCE = 16
WHY_AT_MOST = 300


@dataclass(frozen=True)
class Unreachable:
    """`source`: as a person calls it, such as `CloudWatch metrics`. `why`: in one line, without a secret."""

    source: str
    why: str

    @property
    def line(self) -> str:
        return f"{self.source}: {self.why}"


class Answer(Generic[Found]):
    """Of a question that is under way."""

    def __init__(self, get: Callable[[], Found | Unreachable]) -> None:
        self.get = get


class Asking:
    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    def of(
        self, source: str, read: Callable[Given, Found], *args: Given.args, **options: Given.kwargs
    ) -> Answer[Found]:
        """Begin to ask. `get()` of the answer waits for it, and never raises."""
        return Answer(self._threads.submit(lambda: asked(source, read, *args, **options)).result)


@contextmanager
def asking() -> Generator[Asking]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield Asking(threads)


def asked(source: str, read: Callable[Given, Found], *args: Given.args, **options: Given.kwargs) -> Found | Unreachable:
    """What `read` gives, or why it gives nothing, whatever that is: one source must not take the rest along."""
    try:
        return read(*args, **options)
    except Exception as error:
        return Unreachable(source, why(error))


def why(error: Exception) -> str:
    """An error in one line. AWS's own say the operation and the code; ours say all by themselves."""
    text = " ".join(str(error).split()) or "no reason given"
    match error:
        case ClientError():
            details = cast("dict[str, Any]", error.response.get("Error", {}))
            text = f"{error.operation_name}: {details.get('Code')}: {' '.join(str(details.get('Message')).split())}"
        case CommandError():
            pass
        case _:
            text = f"{type(error).__name__}: {text}"
    return text[:WHY_AT_MOST]
