"""Computer groups: the Macs of people, as inventory knows them (jamf-api 4)."""

from __future__ import annotations

from typing import Any

import pytest

from providers.jamf import tokens
from providers.jamf.errors import JamfError
from tests.jamf.harness import ALICE, GRACE, OWEN, PRIYA, Engine, Held, RefusedError, group_inputs

CLASSIC = "/JSSResource/computergroups"


def members(engine: Engine, group: Held) -> list[str]:
    answer = engine.caller.raw("GET", f"{CLASSIC}/id/{group.id}", Accept="application/json").json()
    return sorted(str(each["id"]) for each in answer["computer_group"]["computers"])


def ids(engine: Engine, *emails: str) -> list[str]:
    return sorted(str(engine.mac(email)["id"]) for email in emails)


def test_people_become_their_macs(engine: Engine) -> None:
    group = engine.group(ALICE, GRACE)
    assert members(engine, group) == group.state["computer_ids"] == ids(engine, ALICE, GRACE)
    assert engine.diff(group, group_inputs(GRACE, ALICE)) == set()


def test_a_member_who_comes_or_goes_is_one_change_that_touches_nobody_else(engine: Engine) -> None:
    group = engine.group(ALICE)
    inputs = group_inputs(GRACE)
    assert engine.diff(group, inputs) == {"emails"}
    engine.update(group, inputs)
    assert members(engine, group) == ids(engine, GRACE)
    assert [call for call in engine.calls("computer-groups") if call.startswith("PUT")] == []


def test_a_new_name_keeps_the_members(engine: Engine) -> None:
    group = engine.group(ALICE, GRACE)
    engine.update(group, group_inputs(ALICE, GRACE, name="Another"))
    assert members(engine, group) == ids(engine, ALICE, GRACE)
    assert engine.read(group).state["name"] == "Another"  # pyright: ignore[reportOptionalMemberAccess]


def test_whoever_has_no_mac_or_several_is_named_and_nothing_is_made(engine: Engine) -> None:
    with pytest.raises(JamfError) as refused:
        engine.create(tokens.COMPUTER_GROUP, "g", group_inputs(ALICE, OWEN, PRIYA), preview=True)
    text = str(refused.value)
    assert f"no managed Mac in inventory for {PRIYA}; assign one, or set jamf.no_mac: warn" in text
    assert f"several Macs in inventory ({OWEN}: " in text
    assert ALICE not in text
    with pytest.raises(JamfError):
        engine.group(ALICE, OWEN, PRIYA)
    assert engine.caller.raw("GET", CLASSIC, Accept="application/json").json()["computer_groups"] == []


def test_both_can_be_allowed(engine: Engine) -> None:
    group = engine.group(ALICE, OWEN, PRIYA, several_macs="all", no_mac="warn")
    assert len(members(engine, group)) == 3
    assert group.state["without_mac"] == [PRIYA]
    assert engine.warnings == [f"no managed Mac in inventory, so no settings for {PRIYA}"]


def test_a_group_of_whoever_has_no_mac_is_as_declared_once_it_is_read_again(engine: Engine) -> None:
    alone = engine.group(PRIYA, no_mac="warn")
    refreshed = engine.read(alone)
    assert refreshed
    assert refreshed.state["without_mac"] == [PRIYA]
    assert engine.diff(refreshed, group_inputs(PRIYA, no_mac="warn")) == set()


def test_a_mac_that_is_not_managed_is_none(engine: Engine) -> None:
    engine.order(ALICE, managed=False)
    with pytest.raises(JamfError, match=f"no managed Mac in inventory for {ALICE}"):
        engine.group(ALICE)


def test_a_change_of_members_by_hand_is_seen_and_taken_back(engine: Engine) -> None:
    group = engine.group(ALICE)
    body = f"<computer_group><computer_additions><computer><id>{ids(engine, GRACE)[0]}</id></computer></computer_additions></computer_group>"
    engine.caller("PUT", f"{CLASSIC}/id/{group.id}", body, expect=201)
    refreshed = engine.read(group)
    assert refreshed
    assert engine.diff(refreshed, group_inputs(ALICE)) == {"computer_ids"}
    engine.update(refreshed, group_inputs(ALICE))
    assert members(engine, group) == ids(engine, ALICE)


@pytest.mark.parametrize("after", [True, False])
def test_a_change_whose_answer_was_lost_is_looked_at_before_it_is_tried_again(engine: Engine, after: bool) -> None:
    group = engine.group(ALICE)
    engine.fault(f"PUT {CLASSIC}/id/{group.id}", after=after)
    engine.update(group, group_inputs(GRACE))
    assert members(engine, group) == ids(engine, GRACE)


def test_a_group_whose_create_was_lost_is_found_again(engine: Engine) -> None:
    engine.fault("POST /api/v3/computer-groups/static-groups")
    group = engine.group(ALICE)
    assert members(engine, group) == ids(engine, ALICE)


def test_a_group_of_the_same_name_that_is_not_ours_is_left_alone(engine: Engine) -> None:
    engine.caller.group("Claude Code pilot", GRACE)
    with pytest.raises(JamfError, match="not ours"):
        engine.group(ALICE)


def test_an_imported_group_tells_whose_macs_are_in_it(engine: Engine) -> None:
    theirs = engine.caller.group("By hand", ALICE, GRACE)
    imported = engine.read(Held(tokens.COMPUTER_GROUP, "pilot-macs", theirs, {}))
    assert imported
    assert imported.state["emails"] == [ALICE, GRACE]
    assert engine.diff(imported, group_inputs(ALICE, GRACE, name="By hand")) == set()


def test_deleting_twice_is_once(engine: Engine) -> None:
    group = engine.group(ALICE)
    engine.delete(group)
    engine.delete(group)
    assert engine.read(group) is None


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        ({"emails": [ALICE], "name": ""}, ("name", "must have 1 to 255 characters, and has 0")),
        ({"emails": ALICE, "name": "x"}, ("emails", "must be a list of texts")),
        ({"emails": [ALICE], "name": "x", "no_mac": "all"}, ("no_mac", "must be one of warn, refuse: all")),
        ({"name": "x"}, ("emails", "missing")),
        (
            {"emails": [], "name": "x", "members": []},
            ("members", "unknown; allowed: description, emails, name, no_mac, several_macs"),
        ),
    ],
)
def test_inputs_are_judged_before_anything_is_asked(
    engine: Engine, inputs: dict[str, Any], fault: tuple[str, str]
) -> None:
    with pytest.raises(RefusedError) as refused:
        engine.checked(tokens.COMPUTER_GROUP, "g", inputs)
    assert refused.value.faults == [fault]
