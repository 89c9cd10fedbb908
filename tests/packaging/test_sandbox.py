"""The sandbox is a distribution of its own, and both are locked as one."""

from __future__ import annotations

import re

from tests.packaging.distributions import declared, imported, undeclared, unused
from tests.stacks import PROJECT

PYPROJECT = PROJECT / "sandbox" / "pyproject.toml"


def test_the_sandbox_depends_on_what_it_imports_and_on_nothing_else() -> None:
    holders = imported(["sandbox"], but="sandbox/tests")
    assert (undeclared(PYPROJECT, holders), unused(PYPROJECT, holders)) == ([], set())


def test_the_locked_development_set_holds_both() -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (PROJECT / "requirements-dev.txt").read_text(), re.MULTILINE))
    wanted = declared(PYPROJECT) | declared(PROJECT / "pyproject.toml")
    assert {name.replace("_", "-") for name in wanted} <= locked


def test_the_locked_product_is_locked_to_the_same_versions() -> None:
    product, both = (
        set(re.findall(r"^([a-z0-9.-]+==\S+)", (PROJECT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert product <= both
