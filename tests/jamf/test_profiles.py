"""Configuration profiles: what Jamf Pro does to them, and what the provider makes of it (jamf-api 2)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from providers.jamf import tokens
from providers.jamf.errors import JamfError
from providers.jamf.values import UNKNOWN
from tests.jamf.harness import ALICE, GRACE, SETTINGS, Engine, Held, RefusedError, group_inputs, profile_inputs

PROFILES = "/JSSResource/osxconfigurationprofiles"


def changed(**parts: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SETTINGS), **parts}


def test_settings_reach_each_mac_of_the_group_as_they_were_given(engine: Engine) -> None:
    group = engine.group(ALICE, GRACE)
    profile = engine.profile(group)
    assert engine.settings_of(ALICE) == engine.settings_of(GRACE) == [SETTINGS]
    assert engine.diff(profile, profile_inputs(group)) == set()
    assert profile.state["uuid"] == engine.mac(ALICE)["profiles"][0]["uuid"]


def test_what_jamf_rewrites_is_no_difference_and_a_second_look_finds_none(engine: Engine) -> None:
    group = engine.group(ALICE)
    profile = engine.profile(group)
    engine.caller.set(empty_keys=True)
    refreshed = engine.read(profile)
    assert refreshed
    assert engine.diff(refreshed, profile_inputs(group)) == set()
    assert {**refreshed.state, "confirmed": 0} == {**profile.state, "confirmed": 0}


def test_an_update_reaches_macs_that_have_the_profile_already_and_leaves_no_ghost_beside_it(engine: Engine) -> None:
    group = engine.group(ALICE)
    profile = engine.profile(group)
    inputs = profile_inputs(group, settings=changed(model="haiku"))
    assert engine.diff(profile, inputs) == {'settings["model"]'}
    updated = engine.update(profile, inputs)
    assert engine.settings_of(ALICE) == [changed(model="haiku")]
    assert (updated.state["uuid"], updated.state["identifier"]) == (
        profile.state["uuid"],
        profile.state["identifier"],
    )


def by_hand(engine: Engine, profile: Held, old: str, new: str) -> None:
    text = engine.caller.raw("GET", f"{PROFILES}/id/{profile.id}").text
    shown = text[text.index("<payloads>") + 10 : text.index("</payloads>")]
    assert old in shown
    # What GET shows is escaped once; a write needs it twice.
    payload = shown.replace(old, new).replace("&", "&amp;")
    body = f"<os_x_configuration_profile><general><payloads>{payload}</payloads></general></os_x_configuration_profile>"
    engine.caller("PUT", f"{PROFILES}/id/{profile.id}", body, expect=201)


def test_a_change_by_hand_is_seen_by_the_key_it_touches_and_taken_back(engine: Engine) -> None:
    group = engine.group(ALICE)
    profile = engine.profile(group)
    by_hand(engine, profile, "Read(//**/.env)", "Read(//**/.npmrc)")
    refreshed = engine.read(profile)
    assert refreshed
    assert engine.diff(refreshed, profile_inputs(group)) == {'settings["permissions"]'}
    engine.update(refreshed, profile_inputs(group))
    assert engine.settings_of(ALICE) == [SETTINGS]


def test_a_scope_widened_by_hand_is_seen_and_taken_back_whole(engine: Engine) -> None:
    group = engine.group(ALICE)
    profile = engine.profile(group)
    body = "<os_x_configuration_profile><scope><all_computers>true</all_computers></scope></os_x_configuration_profile>"
    engine.caller("PUT", f"{PROFILES}/id/{profile.id}", body, expect=201)
    assert engine.settings_of(GRACE)
    refreshed = engine.read(profile)
    assert refreshed
    assert engine.diff(refreshed, profile_inputs(group)) == {"altered", "computer_group_ids"}
    assert refreshed.state["altered"] == ["scope: all_computers"]
    engine.update(refreshed, profile_inputs(group))
    assert (engine.settings_of(GRACE), engine.settings_of(ALICE)) == ([], [SETTINGS])


def test_excluded_groups_are_sent_with_each_change_of_scope(engine: Engine) -> None:
    group = engine.group(ALICE, GRACE)
    without = engine.create(tokens.COMPUTER_GROUP, "without", {"name": "Without", "emails": [GRACE]})
    profile = engine.profile(group, excluded_group_ids=[without.id])
    assert engine.settings_of(GRACE) == []
    engine.update(profile, profile_inputs(group, excluded_group_ids=[without.id], settings=changed(model="haiku")))
    assert (engine.settings_of(GRACE), engine.settings_of(ALICE)) == ([], [changed(model="haiku")])


def test_the_profile_is_the_computers_and_not_a_users(engine: Engine) -> None:
    engine.profile(engine.group(ALICE))
    assert engine.mac(ALICE)["profiles"][0]["level"] == "System"


def test_a_preview_carries_what_is_not_known_yet_however_deep(engine: Engine) -> None:
    group = engine.group(ALICE)
    unknown = changed(availableModels=[UNKNOWN], env={"MODEL": UNKNOWN})
    inputs = {**profile_inputs(group, settings=unknown), "computer_group_ids": [UNKNOWN]}
    preview = engine.create(tokens.CONFIGURATION_PROFILE, "pilot-profile", inputs, preview=True)
    assert preview.state["settings"] == unknown
    assert (preview.state["uuid"], preview.state["confirmed"]) == (UNKNOWN, UNKNOWN)
    profile = engine.profile(group)
    assert engine.diff(profile, {**inputs, "computer_group_ids": [group.id]}) == {
        'settings["availableModels"]',
        'settings["env"]',
    }
    assert engine.diff(profile, {**profile_inputs(group), "settings": UNKNOWN}) == {"settings"}
    assert engine.update(profile, inputs, preview=True).state["uuid"] == profile.state["uuid"]


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"a": None}, ("settings.a", "null, which a property list cannot hold; leave it out")),
        ({"a": {}}, ("settings.a", "empty; leave it out, since Jamf Pro may")),
        ({"a": {"b": ["x "]}}, ("settings.a.b[0]", "blanks at an end, which Jamf Pro trims; take them out")),
        (
            {"a": "for $COMPUTERNAME"},
            ("settings.a", "$COMPUTERNAME: Jamf Pro replaces what looks like its variables; reword it"),
        ),
        (
            {"a": "\U0001f600"},
            ("settings.a", "a character that may not survive in Jamf Pro: '\U0001f600'; leave it out"),
        ),
        ({}, ("settings", "empty; leave it out, since Jamf Pro may")),
    ],
)
def test_what_jamf_would_not_keep_is_refused_before_it_is_sent(
    engine: Engine, settings: dict[str, Any], fault: tuple[str, str]
) -> None:
    group = Held(tokens.COMPUTER_GROUP, "g", "1", {})
    with pytest.raises(RefusedError) as refused:
        engine.checked(tokens.CONFIGURATION_PROFILE, "p", profile_inputs(group, settings=settings))
    assert refused.value.faults == [fault]


def test_a_create_whose_answer_was_lost_is_found_again_and_made_once(engine: Engine) -> None:
    group = engine.group(ALICE)
    engine.fault(f"POST {PROFILES}/id/0")
    profile = engine.profile(group)
    assert engine.settings_of(ALICE) == [SETTINGS]
    [listed] = engine.caller.raw("GET", PROFILES, Accept="application/json").json()["os_x_configuration_profiles"]
    assert str(listed["id"]) == profile.id


def test_a_create_that_never_took_place_is_tried_again_after_a_look(engine: Engine) -> None:
    group = engine.group(ALICE)
    engine.fault(f"POST {PROFILES}/id/0", after=False)
    engine.profile(group)
    assert engine.settings_of(ALICE) == [SETTINGS]


def test_a_profile_of_the_same_name_that_is_not_ours_is_left_alone(engine: Engine) -> None:
    group = engine.group(ALICE)
    theirs = engine.caller.profile("Claude Code pilot")
    with pytest.raises(JamfError, match=rf"is in Jamf Pro already \(id {theirs}\), and not ours; `pulumi import` it"):
        engine.profile(group)


def test_another_stacks_profile_is_not_ours_either(engine: Engine) -> None:
    group = engine.group(ALICE)
    engine.profile(group)
    with pytest.raises(JamfError, match="not ours"):
        engine.create(tokens.CONFIGURATION_PROFILE, "another-urn", profile_inputs(group))


def test_an_import_takes_what_is_there_and_says_what_an_update_would_change(engine: Engine) -> None:
    theirs = engine.caller.profile("By hand")
    imported = engine.read(Held(tokens.CONFIGURATION_PROFILE, "pilot-profile", theirs, {}))
    assert imported
    assert imported.state["name"] == "By hand"
    assert imported.state["settings"] == {"permissions": {"deny": ["Read(./.env)", "Bash(a && b < c)"]}}
    group = engine.group(ALICE)
    inputs = profile_inputs(group, organization=imported.state["organization"])
    assert engine.diff(imported, inputs) >= {"name", "computer_group_ids", 'settings["env"]'}
    assert engine.settings_of(ALICE) == []
    engine.update(imported, inputs)
    assert engine.settings_of(ALICE) == [SETTINGS]


def test_what_is_gone_is_gone_once_another_node_has_had_the_time_to_know(engine: Engine) -> None:
    profile = engine.profile(engine.group(ALICE))
    engine.caller("DELETE", f"{PROFILES}/id/{profile.id}")
    assert engine.read(profile) is None
    engine.delete(profile)  # 404 is done


def test_a_new_process_on_a_node_that_lags_does_not_take_a_profile_for_gone(engine: Engine) -> None:
    group = engine.group(ALICE)
    engine.caller.set(lag_seconds=1.0)
    profile = engine.profile(group)
    for _ in range(2):  # whichever node is next
        engine.restart(settle_seconds="10")
        assert engine.read(profile)


def test_removal_waits_until_the_macs_have_confirmed_and_then_deletes(engine: Engine) -> None:
    profile = engine.profile(engine.group(ALICE, GRACE))
    engine.caller.set(acknowledge_seconds=0.4, inventory_seconds=30)
    engine.restart(removal_seconds="20")
    engine.delete(profile)
    assert engine.settings_of(ALICE) == engine.settings_of(GRACE) == []
    assert engine.caller.raw("GET", f"{PROFILES}/id/{profile.id}").status_code == 404
    assert engine.warnings == []
    wrote = [call for call in engine.calls(PROFILES) if call.startswith(("PUT", "DELETE"))]
    assert [call.split()[0] for call in wrote] == ["PUT", "DELETE"], "out of scope first"


def test_a_mac_that_is_offline_keeps_its_removal_waiting_and_is_named(engine: Engine) -> None:
    group = engine.group(ALICE, GRACE)
    profile = engine.profile(group)
    engine.order(GRACE, online=False)
    engine.delete(profile)
    [warning] = engine.warnings
    assert engine.mac(GRACE)["name"] in warning
    assert engine.mac(ALICE)["name"] not in warning
    assert engine.settings_of(GRACE)
    engine.order(GRACE, online=True)
    assert engine.settings_of(GRACE) == []
    # The same resource declared anew is the one that was left.
    again = engine.profile(group)
    assert again.id == profile.id
    assert engine.settings_of(GRACE) == [SETTINGS]


def test_a_removal_can_be_refused_until_all_have_confirmed(engine: Engine) -> None:
    profile = engine.profile(engine.group(ALICE))
    engine.order(ALICE, online=False)
    engine.restart(unconfirmed="refuse")
    with pytest.raises(JamfError, match="nothing is in its scope any more: try again once they have been online"):
        engine.delete(profile)
    # The scope is empty by now, and Alice is waited for all the same; also by who knows nothing of the first try.
    for state in (profile.state, {**profile.state, "confirmed": {}}):
        with pytest.raises(JamfError, match=engine.mac(ALICE)["name"]):
            engine.delete(Held(profile.token, profile.name, profile.id, state))
    assert engine.settings_of(ALICE) == [SETTINGS]
    assert engine.read(profile)
    engine.order(ALICE, online=True)
    engine.delete(profile)
    assert engine.read(profile) is None


def test_a_removal_waits_for_who_left_while_offline_too(engine: Engine) -> None:
    group = engine.group(ALICE, GRACE)
    profile = engine.profile(group)
    engine.order(GRACE, online=False)
    engine.update(group, group_inputs(ALICE))
    engine.delete(profile)
    [warning] = engine.warnings
    assert engine.mac(GRACE)["name"] in warning
    assert engine.mac(ALICE)["name"] not in warning
    engine.order(GRACE, online=True)
    assert engine.settings_of(GRACE) == []


def test_what_each_mac_has_confirmed_is_told_and_nobody_is_waited_for(engine: Engine) -> None:
    group = engine.group(ALICE, GRACE)
    engine.order(GRACE, online=False)
    profile = engine.profile(group)
    names = {email: engine.mac(email)["name"] for email in (ALICE, GRACE)}
    refreshed = engine.read(profile)
    assert refreshed
    assert refreshed.state["confirmed"] == {names[ALICE]: "installed", names[GRACE]: "pending"}
    engine.order(GRACE, online=True, answers="ERROR")
    engine.update(refreshed, profile_inputs(group, settings=changed(model="haiku")))
    last = engine.read(refreshed)
    assert last
    assert last.state["confirmed"][names[GRACE]] == "failed"


def test_acknowledged_is_told_apart_from_installed_while_inventory_lags(engine: Engine) -> None:
    engine.caller.set(inventory_seconds=60)
    profile = engine.profile(engine.group(ALICE))
    refreshed = engine.read(profile)
    assert refreshed
    assert set(refreshed.state["confirmed"].values()) == {"acknowledged"}
