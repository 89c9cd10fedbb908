"""`python -m tests.costs`: docs/limits-and-costs.md."""

from __future__ import annotations

import sys

from tests.costs.page import page

sys.stdout.write(page())
