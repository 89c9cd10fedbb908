"""The committed stack of the sandbox as the program registers it."""

from __future__ import annotations

import pytest

from tests import recording, stacks
from tests.registrations import Recorded


@pytest.fixture(scope="module")
def pilot() -> Recorded:
    return recording.run(stacks.committed("sandbox"), "sandbox")
