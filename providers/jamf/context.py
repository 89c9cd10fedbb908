"""What an operation on a resource has at hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from providers.jamf.client import Client
from providers.jamf.errors import JamfError, LostAnswerError
from providers.jamf.marker import is_marked

Found = TypeVar("Found")

CREATE_TRIES = 3
LOST_PAUSE_SECONDS = 1.0
SHORTEST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.2, 10.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`removal_seconds`: how long a removal waits for Macs. `unconfirmed`: `leave` or `refuse` one that has not been
    confirmed by then. `settle_seconds`: until all nodes of a cluster know what one of them was told."""

    removal_seconds: float = 1200
    unconfirmed: str = "leave"
    settle_seconds: float = 60


@dataclass(frozen=True, kw_only=True)
class Existing:
    """Something of a name that is there already. `description`: where our mark would be."""

    id: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Context:
    """Of one resource, by its URN. `warn`: tells the person at the engine."""

    client: Client
    urn: str
    limits: Limits
    warn: Callable[[str], None]

    def settled(self, ask: Callable[[], Found | None]) -> Found | None:
        """An answer, or None once that can be trusted: another node may not know of it yet (jamf-api 1)."""
        deadline = time.monotonic() + self.limits.settle_seconds
        while (found := ask()) is None and time.monotonic() < deadline:
            self.client.pause(min(5.0, self.limits.settle_seconds))
        return found

    def polls(self) -> Generator[None]:
        """Once at once, then at growing intervals until a removal's time is over."""
        deadline = time.monotonic() + self.limits.removal_seconds
        seconds = SHORTEST_POLL_SECONDS
        yield
        while time.monotonic() < deadline:
            self.client.pause(min(seconds, max(0.0, deadline - time.monotonic())))
            seconds = min(seconds * 1.5, LONGEST_POLL_SECONDS)
            yield

    def create(self, what: str, post: Callable[[], str], find: Callable[[], Existing | None]) -> tuple[str, bool]:
        """The id, and whether it was there already and is ours: of a create whose answer was lost, or a removal that
        was left.

        `what`: such as `profile "x"`. Names are unique, so after a look it may be tried again; never without one.
        """
        with self.client.writing():
            refused: JamfError | None = None
            for number in range(CREATE_TRIES):
                try:
                    return post(), False
                except LostAnswerError as error:
                    refused = error
                    self.client.pause(LOST_PAUSE_SECONDS * 2**number)
                except JamfError as error:
                    if not error.is_duplicate:
                        raise
                    refused = error
                found = find()
                if found and is_marked(found.description, self.urn):
                    return found.id, True
                if found:
                    raise JamfError(
                        f"{what} is in Jamf Pro already (id {found.id}), and not ours; `pulumi import` it, or give "
                        "one of the two another name"
                    )
                if not isinstance(refused, LostAnswerError):
                    raise refused
        assert refused  # noqa: S101
        raise refused
