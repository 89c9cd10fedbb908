"""What the program says of Okta's groups once an update is done."""

from __future__ import annotations

import pulumi
import pytest

from tests import recording, stacks
from tests.recording import opaque

ALICE, GRACE, STRANGER = "alice.chen@acme.example", "grace.liu@acme.example", "mallory@acme.example"
GROUP, UMBRELLA = (opaque("00g", name, 20) for name in ("pilot-membership-group", "federation-umbrella"))
IN_ORDER = {GROUP: [ALICE, GRACE], UMBRELLA: [ALICE, GRACE, STRANGER]}


def ends_with(groups: dict[str, list[str]]) -> list[str]:
    """The lines of the error that an update ends with; none if it ends well."""
    try:
        recording.run(stacks.config(stacks.small()), preview=False, groups=groups)
    except pulumi.RunError as error:
        return str(error).splitlines()
    return []


def test_groups_that_are_as_declared_are_no_error_and_a_preview_asks_nothing() -> None:
    assert ends_with(IN_ORDER) == []
    previewed = recording.run(stacks.config(stacks.small()), preview=True)
    assert not [call for call in previewed.calls if "groupId" in call[1]]


@pytest.mark.parametrize(
    ("groups", "line"),
    [
        (
            {GROUP: [ALICE]},
            f"cohorts.pilot: missing from the Okta group aws_123456789012_claude-code-pilot: {GRACE}",
        ),
        (
            {GROUP: [ALICE, GRACE, STRANGER]},
            f"cohorts.pilot: in the Okta group aws_123456789012_claude-code-pilot but not to be: {STRANGER}",
        ),
        ({UMBRELLA: [GRACE]}, f"cohorts.pilot: missing from the Okta group Claude-Code-Users: {ALICE}"),
    ],
)
def test_an_update_ends_with_an_error_that_names_who_is_missing_or_extra(
    groups: dict[str, list[str]], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.identity.people.SECOND_LOOK_SECONDS", "0")
    said = ends_with({**IN_ORDER, **groups})
    assert said[1:] == [line]
    assert said[0] == "Okta's groups are not as declared; run `pulumi up --refresh` to mend them:"
