"""The sandbox's Macs: what reaches them, when, and what Jamf Pro knows of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.jamf.jamf_harness import PROFILES, SETTINGS, Caller, document, mobileconfig, new_app, to_group

ALICE, BOB = "alice.chen@acme.example", "bob.kim@acme.example"
ALL = "<redeploy_on_update>All</redeploy_on_update>"
NEW: dict[str, Any] = {"model": "haiku"}


@pytest.fixture
def jamf(tmp_path: Path) -> Caller:
    caller = Caller(new_app(tmp_path))
    caller.sign_in()
    return caller


def order(jamf: Caller, person: str, **wanted: Any) -> None:
    jamf("PUT", f"/sandbox/macs/{jamf.macs()[person]['serial']}", wanted)


def update(jamf: Caller, profile: str, settings: dict[str, Any], *, general: str = ALL, ghost: bool = False) -> None:
    stored = jamf.stored(profile)
    same = {} if ghost else {name: stored[name] for name in ("PayloadUUID", "PayloadIdentifier")}
    jamf("PUT", f"{PROFILES}/id/{profile}", document(mobileconfig(settings, **same), general=general), expect=201)


def states(jamf: Caller, profile: str, command: str = "INSTALL_PROFILE") -> list[str]:
    return [each["commandState"] for each in jamf.commands(f"profileId=={profile};command=={command}")]


def reported(jamf: Caller, person: str) -> list[str]:
    mac = jamf("GET", f"/api/v3/computers-inventory/{jamf.macs()[person]['id']}?section=CONFIGURATION_PROFILES")
    return [each["profileIdentifier"] for each in mac["configurationProfiles"]]


def test_a_profile_reaches_the_macs_in_its_scope_and_no_other(jamf: Caller):
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE)))
    assert jamf.settings_of(ALICE) == [SETTINGS]
    assert jamf.settings_of(BOB) == []
    assert states(jamf, profile) == ["ACKNOWLEDGED"]
    assert reported(jamf, ALICE) == [jamf.stored(profile)["PayloadIdentifier"]]


def test_who_joins_the_group_gets_the_profile_and_who_leaves_it_loses_it(jamf: Caller):
    group = jamf.group("pilot", ALICE)
    profile = jamf.profile(scope=to_group(group))
    bob = str(jamf.macs()[BOB]["id"])
    jamf("PUT", f"/api/v3/computer-groups/static-groups/{group}", {"name": "pilot", "assignments": [bob]}, expect=202)
    assert (jamf.settings_of(ALICE), jamf.settings_of(BOB)) == ([], [SETTINGS])
    assert states(jamf, profile, "REMOVE_PROFILE") == ["ACKNOWLEDGED"]


def test_an_excluded_group_is_out_of_scope(jamf: Caller):
    both, one = jamf.group("both", ALICE, BOB), jamf.group("one", BOB)
    jamf.profile(scope=f"{to_group(both)}<exclusions>{to_group(one)}</exclusions>")
    assert (jamf.settings_of(ALICE), jamf.settings_of(BOB)) == ([SETTINGS], [])


def test_an_update_reaches_everybody_only_if_it_is_redeployed_to_all(jamf: Caller):
    group = jamf.group("pilot", ALICE)
    profile = jamf.profile(scope=to_group(group))
    update(jamf, profile, NEW, general="<redeploy_on_update>Newly Assigned</redeploy_on_update>")
    assert jamf.settings_of(ALICE) == [SETTINGS]
    macs = [str(jamf.macs()[person]["id"]) for person in (ALICE, BOB)]
    jamf("PUT", f"/api/v3/computer-groups/static-groups/{group}", {"name": "pilot", "assignments": macs}, expect=202)
    assert (jamf.settings_of(ALICE), jamf.settings_of(BOB)) == ([SETTINGS], [NEW])
    update(jamf, profile, NEW)
    assert jamf.settings_of(ALICE) == [NEW]


def test_an_update_under_a_new_identity_leaves_a_ghost_behind(jamf: Caller):
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE)))
    update(jamf, profile, NEW, ghost=True)
    assert jamf.settings_of(ALICE) == [SETTINGS, NEW]
    jamf("DELETE", f"{PROFILES}/id/{profile}")
    assert jamf.settings_of(ALICE) == [SETTINGS]


def test_deleting_a_profile_takes_it_from_the_macs(jamf: Caller):
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE)))
    jamf("DELETE", f"{PROFILES}/id/{profile}")
    assert jamf.settings_of(ALICE) == []
    assert states(jamf, profile, "REMOVE_PROFILE") == ["ACKNOWLEDGED"]


def test_commands_wait_for_a_mac_that_is_offline(jamf: Caller):
    order(jamf, ALICE, online=False)
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE, BOB)))
    assert sorted(states(jamf, profile)) == ["ACKNOWLEDGED", "PENDING"]
    assert jamf.settings_of(ALICE) == reported(jamf, ALICE) == []
    assert [each["commandState"] for each in jamf.commands("status==Pending")] == ["PENDING"]
    order(jamf, ALICE, online=True)
    assert states(jamf, profile) == ["ACKNOWLEDGED"] * 2
    assert jamf.settings_of(ALICE) == [SETTINGS]


def test_a_mac_that_was_offline_gets_what_is_right_now_and_not_what_was(jamf: Caller):
    order(jamf, ALICE, online=False)
    group = jamf.group("pilot", ALICE)
    profile = jamf.profile(scope=to_group(group))
    update(jamf, profile, NEW)
    assert states(jamf, profile) == ["PENDING"]
    jamf("PUT", f"{PROFILES}/id/{profile}", document(None, scope="<all_computers>false</all_computers>"), expect=201)
    assert states(jamf, profile) == []
    order(jamf, ALICE, online=True)
    assert jamf.settings_of(ALICE) == []


def test_a_mac_that_is_managed_no_more_keeps_what_it_has(jamf: Caller):
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE)))
    order(jamf, ALICE, managed=False)
    jamf("DELETE", f"{PROFILES}/id/{profile}")
    assert states(jamf, profile, "REMOVE_PROFILE") == ["PENDING"]
    assert jamf.settings_of(ALICE) == [SETTINGS]


def test_inventory_lags_behind_what_a_mac_has(jamf: Caller):
    jamf.set(inventory_seconds=3600)
    before = jamf("GET", f"/api/v3/computers-inventory/{jamf.macs()[ALICE]['id']}")["general"]["reportDate"]
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE)))
    assert states(jamf, profile) == ["ACKNOWLEDGED"]
    assert jamf.settings_of(ALICE) == [SETTINGS]
    assert reported(jamf, ALICE) == []
    order(jamf, ALICE, report=True)
    assert reported(jamf, ALICE) == [jamf.stored(profile)["PayloadIdentifier"]]
    assert jamf("GET", f"/api/v3/computers-inventory/{jamf.macs()[ALICE]['id']}")["general"]["reportDate"] > before


def test_a_mac_takes_its_time_to_acknowledge(jamf: Caller):
    jamf.set(acknowledge_seconds=3600)
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE)))
    assert states(jamf, profile) == ["PENDING"]
    assert jamf.settings_of(ALICE) == []


def test_a_mac_may_say_not_now_and_later_do_it(jamf: Caller):
    order(jamf, ALICE, answers="NOT_NOW")
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE)))
    assert states(jamf, profile) == ["NOT_NOW"]
    assert jamf.settings_of(ALICE) == []
    order(jamf, ALICE, answers="ACKNOWLEDGED")
    assert states(jamf, profile) == ["ACKNOWLEDGED"]


def test_a_mac_may_fail(jamf: Caller):
    order(jamf, ALICE, answers="ERROR")
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE)))
    assert states(jamf, profile) == ["ERROR"]
    assert jamf.settings_of(ALICE) == []


def test_payload_variables_are_filled_in_for_each_mac(jamf: Caller):
    group = jamf.group("pilot", ALICE)
    jamf.profile(scope=to_group(group), settings={"x": "for $EMAIL on $COMPUTERNAME, not $HOME"})
    assert jamf.settings_of(ALICE) == [{"x": f"for {ALICE} on alice-chen-mac, not $HOME"}]


def test_commands_are_not_listed_without_a_filter(jamf: Caller):
    jamf("GET", "/api/v2/mdm/commands", expect=400)


def test_a_filter_by_a_field_that_commands_do_not_have_filters_nothing(jamf: Caller):
    jamf.profile(scope=to_group(jamf.group("pilot", ALICE, BOB)))
    assert len(jamf.commands("commandType==REMOVE_PROFILE")) == 2
    assert len(jamf.commands("command==REMOVE_PROFILE")) == 0
    assert len(jamf.commands("profileId==1;commandType==REMOVE_PROFILE")) == 2


@pytest.mark.parametrize("wanted", ["uuid==nonsense", "status==Done"])
def test_a_malformed_value_breaks_the_command_list(jamf: Caller, wanted: str):
    jamf("GET", f"/api/v2/mdm/commands?filter={wanted}", expect=500)


def test_commands_are_found_by_mac_and_by_profile_identifier(jamf: Caller):
    profile = jamf.profile(scope=to_group(jamf.group("pilot", ALICE, BOB)))
    [command] = jamf.commands(f"clientManagementId=={jamf.macs()[BOB]['managementId']}")
    assert command["client"] == {"managementId": jamf.macs()[BOB]["managementId"], "clientType": "COMPUTER"}
    assert len(jamf.commands(f'profileIdentifier=="{jamf.stored(profile)["PayloadIdentifier"]}"')) == 2
    assert jamf.commands(f"uuid=={command['uuid']}") == [command]


def test_a_user_s_profile_goes_to_the_user_s_channel(jamf: Caller):
    scope = to_group(jamf.group("pilot", ALICE))
    body = document(mobileconfig({}), scope=scope, general="<level>Computer Level</level>")
    jamf("POST", f"{PROFILES}/id/0", body, expect=201)
    assert jamf.commands("profileId==1")[0]["client"]["clientType"] == "COMPUTER_USER"
    assert jamf.macs()[ALICE]["profiles"][0]["level"] == "User"


def test_a_mac_s_history_and_management_tell_done_from_wanted(jamf: Caller):
    order(jamf, ALICE, online=False)
    jamf.profile(scope=to_group(jamf.group("pilot", ALICE)))
    alice = jamf.macs()[ALICE]["id"]
    history = jamf("GET", f"/JSSResource/computerhistory/id/{alice}/subset/Commands")
    assert history.findtext("commands/pending/command/name").startswith("Install Configuration Profile")
    assert history.find("commands/completed/command") is None
    wanted = jamf("GET", f"/JSSResource/computermanagement/id/{alice}/subset/OSXConfigurationProfiles")
    assert wanted.findtext("os_x_configuration_profiles/profile/name") == "Claude Code"
    jamf("GET", "/JSSResource/computerhistory/id/999", expect=404)


@pytest.mark.parametrize("wanted", [{"on": True}, {"online": "yes"}, {"answers": "MAYBE"}])
def test_a_wrong_order_is_refused(jamf: Caller, wanted: dict[str, Any]):
    serial = jamf.macs()[ALICE]["serial"]
    jamf("PUT", f"/sandbox/macs/{serial}", wanted, expect=400)
    jamf("PUT", "/sandbox/macs/C0FFEE", {"online": True}, expect=404)
