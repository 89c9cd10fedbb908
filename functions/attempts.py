"""Pieces of work that do not wait for each other: each is tried, and what failed is raised when all is done."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

log = logging.getLogger(__name__)


class Attempts:
    """`with attempts.each(): ...` goes on after an error, which `require()` raises at the end."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []

    @contextmanager
    def each(self) -> Generator[None]:
        try:
            yield
        except Exception as error:  # whatever it is, the others' work is done before it is raised
            # Lambda writes down what is raised, but of a group not what is in it.
            log.warning("failed, going on with the rest: %a", error)
            self.failures.append(error)

    def require(self) -> None:
        """Raises the one error there was, or the group of them."""
        match self.failures:
            case []:
                return
            case [error]:
                raise error
            case several:
                raise ExceptionGroup(f"{len(several)} pieces of work failed", several)
