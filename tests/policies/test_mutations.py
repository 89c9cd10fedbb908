"""Edits that would undo something: each is made, and caught by what the table says."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from policies.rules import RULES
from tests.policies.mutated import edited, fresh
from tests.policies.mutations import MUTATIONS, Mutation, page
from tests.policies.test_rules import BOOTSTRAP, document, gateway, gateway_service, machines
from tests.stacks import PROJECT, as_engine, config, small

pytestmark = pytest.mark.slow


def stack_file(name: str) -> dict[str, str]:
    if name == "oidc":
        return config({**small(), "federation": "oidc"})
    if name == "machines":
        return config(machines())
    if name == "gateway":
        return config(gateway())
    if name == "gateway-service":
        return config(gateway_service())
    if name == "prompts":
        return config({**small(), "logs": {"prompt_text": True}})
    if name == "bootstrap":
        return BOOTSTRAP
    return as_engine(document(name))


def run_test(path: str, recording: Any) -> None:
    """One test, with the recorded pilot where it asks for it."""
    module, _, function = path.partition(":")
    test = getattr(fresh(module), function)
    given: dict[str, Any] = {}
    if "pilot" in inspect.signature(test).parameters:
        given["pilot"] = recording.run(stack_file("pilot"), "sandbox")
    test(**given)


@pytest.mark.sampled("mutation", keep=8)
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_an_edit_is_caught_by_what_the_table_says(mutation: Mutation) -> None:
    with edited(mutation.file, mutation.old, mutation.new):
        recording = fresh("tests.recording")
        if mutation.rule:
            program = "bootstrap/__main__.py" if mutation.stack == "bootstrap" else "__main__.py"
            run = recording.run(stack_file(mutation.stack), "sandbox", program_file=program)
            assert mutation.rule in fresh("tests.policies.judged").mandatory(run)
        else:
            with pytest.raises((AssertionError, pytest.fail.Exception)):
                run_test(str(mutation.test), recording)


@pytest.mark.parametrize("path", sorted({m.test for m in MUTATIONS if m.test}))
def test_each_of_these_tests_passes_without_an_edit(path: str) -> None:
    run_test(path, fresh("tests.recording"))


def test_the_page_is_the_table() -> None:
    assert len(MUTATIONS) >= 30
    assert len({mutation.what for mutation in MUTATIONS}) == len(MUTATIONS)
    assert {mutation.rule for mutation in MUTATIONS if mutation.rule} <= {rule.name for rule in RULES}
    committed = (PROJECT / "docs" / "mutations.md").read_text(encoding="utf-8")
    assert committed == page(), "run `make mutations-page` and commit the page"
