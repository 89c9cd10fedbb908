"""What a resource leaves in the state beside what it is: nothing of the machine that declared it."""

from __future__ import annotations

import sys
import traceback

import pytest

from program.traces import without_stack_traces
from tests import recording, stacks


@pytest.mark.parametrize("okta_answers", [True, False])
def test_no_resource_carries_the_stack_of_calls_that_declared_it(okta_answers: bool) -> None:
    """A quarter of the state, written at each step, with the machine's paths."""
    made = recording.run(stacks.config(stacks.small()), okta_answers=okta_answers).order
    assert len(made) > 50
    assert [each.urn for each in made if each.frames] == []


def test_what_goes_wrong_in_the_program_is_printed_with_all_its_frames() -> None:
    @without_stack_traces()
    def program() -> None:
        assert len(traceback.extract_stack()) == 1
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="a fault of ours") as caught:
        program()
    assert not hasattr(sys, "tracebacklimit")
    assert "in program" in "".join(traceback.format_exception(caught.value))
