"""Computer groups of the sandbox's Jamf Pro, and from people to their Macs."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.jamf.directory import NO_MAC, TWO_MACS
from sandbox.okta.directory import people
from sandbox.tests.jamf.jamf_harness import GROUPS, Caller, new_app, to_group

CLASSIC = "/JSSResource/computergroups"
SMART = "/api/v3/computer-groups/smart-groups"
INVENTORY = "/api/v3/computers-inventory"
ALICE, BOB = "alice.chen@acme.example", "bob.kim@acme.example"


@pytest.fixture
def jamf(tmp_path: Path) -> Caller:
    caller = Caller(new_app(tmp_path))
    caller.sign_in()
    return caller


def mac_id(jamf: Caller, person: str) -> str:
    return str(jamf.macs()[person]["id"])


def members(jamf: Caller, group: str) -> list[str]:
    shown = jamf("GET", f"{CLASSIC}/id/{group}")
    return [each.text for each in shown.findall("computers/computer/id")]


def delta(additions: list[str] | None = None, deletions: list[str] | None = None) -> str:
    def part(tag: str, ids: list[str] | None) -> str:
        return f"<{tag}>{''.join(f'<computer><id>{each}</id></computer>' for each in ids or [])}</{tag}>"

    return f"<computer_group>{part('computer_additions', additions)}{part('computer_deletions', deletions)}</computer_group>"


def found(jamf: Caller, wanted: str, *sections: str) -> list[dict[str, Any]]:
    asked = "".join(f"&section={section}" for section in sections)
    return jamf("GET", f"{INVENTORY}?page-size=100&filter={quote(wanted)}{asked}")["results"]


def test_a_static_group_shows_its_members_on_the_classic_api_only(jamf: Caller):
    group = jamf.group("pilot", ALICE)
    assert jamf("GET", f"{GROUPS}/{group}") == {"id": group, "name": "pilot", "description": "", "siteId": "-1"}
    assert members(jamf, group) == [mac_id(jamf, ALICE)]
    assert jamf("GET", GROUPS)["results"][0]["count"] == 1


def test_a_static_group_without_assignments_breaks_the_server(jamf: Caller):
    jamf("POST", GROUPS, {"name": "pilot"}, expect=500)
    jamf("POST", GROUPS, {"name": "pilot", "assignments": []}, expect=201)


def test_a_group_s_name_is_taken_once(jamf: Caller):
    jamf.group("pilot")
    answer = jamf("POST", GROUPS, {"name": "Pilot", "assignments": []}, expect=422)
    assert (answer["httpStatus"], answer["errors"][0]["field"]) == (422, "name")


def test_the_second_version_of_the_api_has_the_same_groups(jamf: Caller):
    group = jamf.group("pilot")
    assert jamf("GET", f"{GROUPS.replace('v3', 'v2')}/{group}")["name"] == "pilot"


def test_replacing_a_static_group_replaces_all_its_members(jamf: Caller):
    group = jamf.group("pilot", ALICE)
    jamf("PUT", f"{GROUPS}/{group}", {"name": "pilot", "assignments": [mac_id(jamf, BOB)]}, expect=202)
    assert members(jamf, group) == [mac_id(jamf, BOB)]


def test_a_change_of_members_is_all_or_nothing_and_names_no_culprit(jamf: Caller):
    group = jamf.group("pilot", ALICE)
    answer = jamf("PUT", f"{CLASSIC}/id/{group}", delta([mac_id(jamf, BOB), "999"]), expect=409)
    assert "Unable to match computer" in answer
    assert "999" not in answer
    assert members(jamf, group) == [mac_id(jamf, ALICE)]


def test_removing_who_is_no_member_is_a_conflict_and_adding_again_is_nothing(jamf: Caller):
    group = jamf.group("pilot", ALICE)
    alice, bob = mac_id(jamf, ALICE), mac_id(jamf, BOB)
    jamf("PUT", f"{CLASSIC}/id/{group}", delta(deletions=[bob]), expect=409)
    jamf("PUT", f"{CLASSIC}/id/{group}", delta([alice]), expect=201)
    jamf("PUT", f"{CLASSIC}/id/{group}", delta([bob], [alice]), expect=201)
    assert members(jamf, group) == [bob]


def test_an_unmanaged_mac_joins_no_group(jamf: Caller):
    group, bob = jamf.group("pilot"), jamf.macs()[BOB]
    jamf("PUT", f"/sandbox/macs/{bob['serial']}", {"managed": False})
    jamf("PUT", f"{CLASSIC}/id/{group}", delta([str(bob["id"])]), expect=409)
    jamf("PUT", f"{GROUPS}/{group}", {"name": "pilot", "assignments": [str(bob["id"])]}, expect=400)


def test_the_classic_api_makes_groups_of_both_kinds(jamf: Caller):
    rule = "<criterion><name>Email Address</name><search_type>is</search_type><value>{}</value></criterion>"
    smart = f"<computer_group><name>s</name><is_smart>true</is_smart><criteria>{rule.format(ALICE)}</criteria></computer_group>"
    made = jamf("POST", f"{CLASSIC}/id/0", smart, expect=201).findtext("id")
    assert members(jamf, made) == [mac_id(jamf, ALICE)]
    serial = jamf.macs()[BOB]["serial"]
    static = f"<computer_group><name>t</name><computers><computer><serial_number>{serial}</serial_number></computer></computers></computer_group>"
    assert members(jamf, jamf("POST", f"{CLASSIC}/id/0", static, expect=201).findtext("id")) == [mac_id(jamf, BOB)]


def criterion(name: str, value: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "searchType": "is", "value": value, **more}


def test_a_smart_group_follows_inventory(jamf: Caller):
    wanted = {"name": "data", "criteria": [criterion("Department", "data")]}
    group = jamf("POST", SMART, wanted, expect=201)["id"]
    data = [person["email"] for person in people() if person["team"] == "data"]
    expected = sorted(int(mac_id(jamf, person)) for person in data)
    assert jamf("GET", f"/api/v3/computer-groups/smart-group-membership/{group}") == {"members": expected}
    assert jamf("POST", f"/api/v1/smart-computer-groups/{group}/recalculate") == {"count": len(expected)}


def test_criteria_combine_from_left_to_right_and_parentheses_hold(jamf: Caller):
    alice, bob = criterion("Email Address", ALICE, priority=0), criterion("Email Address", BOB, priority=1, andOr="or")
    mobile = criterion("Department", "mobile", priority=2)
    flat = {"name": "flat", "criteria": [alice, bob, mobile]}
    nested = {
        "name": "nested",
        "criteria": [alice, {**bob, "openingParen": True}, {**mobile, "closingParen": True}],
    }
    count = "/api/v1/smart-computer-groups/{}/recalculate"
    assert jamf("POST", count.format(jamf("POST", SMART, flat, expect=201)["id"])) == {"count": 0}
    assert jamf("POST", count.format(jamf("POST", SMART, nested, expect=201)["id"])) == {"count": 1}


@pytest.mark.parametrize("name", ["department", "Email", "E-mail Address"])
def test_a_criterion_that_is_not_spelt_as_jamf_spells_it_is_refused(jamf: Caller, name: str):
    jamf("POST", SMART, {"name": "g", "criteria": [criterion(name, "x")]}, expect=409)


def test_a_group_in_a_scope_stays_until_the_scope_lets_it_go(jamf: Caller):
    group = jamf.group("pilot")
    profile = jamf.profile(scope=to_group(group))
    jamf("DELETE", f"{GROUPS}/{group}", expect=409)
    jamf("DELETE", f"/JSSResource/osxconfigurationprofiles/id/{profile}")
    jamf("DELETE", f"{GROUPS}/{group}", expect=204)
    jamf("GET", f"{GROUPS}/{group}", expect=404)


def test_everybody_has_one_mac_but_one_person_with_two_and_one_with_none(jamf: Caller):
    counts = {person["email"]: len(found(jamf, f'userAndLocation.email=="{person["email"]}"')) for person in people()}
    assert {email: count for email, count in counts.items() if count != 1} == {TWO_MACS: 2, NO_MAC: 0}
    assert jamf("GET", INVENTORY)["totalCount"] == 51


def test_every_sandbox_has_the_same_macs(jamf: Caller, tmp_path: Path):
    assert jamf.macs() == (other := Caller(new_app(tmp_path / "other"))).macs()
    assert len({mac["serial"] for mac in other("GET", "/sandbox/macs")}) == 51


def test_inventory_has_the_sections_that_were_asked_for(jamf: Caller):
    [mac] = found(jamf, f'userAndLocation.email=="{ALICE}"', "GENERAL", "USER_AND_LOCATION")
    assert mac["general"]["managementId"] == jamf.macs()[ALICE]["managementId"]
    assert mac["userAndLocation"]["email"] == ALICE
    assert mac["configurationProfiles"] is None
    assert jamf("GET", f"{INVENTORY}/{mac['id']}")["userAndLocation"] is None


def test_inventory_comes_in_pages(jamf: Caller):
    pages = [jamf("GET", f"{INVENTORY}?page={number}&page-size=20") for number in range(4)]
    assert [page["totalCount"] for page in pages] == [51] * 4
    assert [len(page["results"]) for page in pages] == [20, 20, 11, 0]
    assert len({mac["id"] for page in pages for mac in page["results"]}) == 51


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (f'userAndLocation.email=="{ALICE.upper()}"', 1),
        (f'userAndLocation.email=="{ALICE}",userAndLocation.email=="{BOB}"', 2),
        (f'userAndLocation.email=="{ALICE}" and userAndLocation.email=="{BOB}"', 0),
        (f'userAndLocation.email=in=("{ALICE}",{BOB})', 2),
        ("general.name==*-mac-2", 1),
        ("userAndLocation.email!=*@acme.example", 0),
        ("(id==1,id==2);id!=2", 1),
        ("general.remoteManagement.managed==true", 51),
    ],
)
def test_a_filter_finds(jamf: Caller, wanted: str, count: int):
    assert len(found(jamf, wanted)) == count


@pytest.mark.parametrize("wanted", ["userAndLocation.mail==x", "id=", "(id==1", "id==1 id==2", "==", "id=in=1", "'"])
def test_a_filter_that_inventory_does_not_understand_is_refused(jamf: Caller, wanted: str):
    answer = jamf("GET", f"{INVENTORY}?filter={quote(wanted)}", expect=400)
    assert answer["errors"][0]["field"] == "filter"


def test_a_person_s_macs_are_found_by_e_mail_on_the_classic_api(jamf: Caller):
    shown = jamf("GET", f"/JSSResource/users/email/{TWO_MACS}")
    assert len(shown.findall("user/links/computers/computer")) == 2
    assert jamf.raw("GET", f"/JSSResource/users/email/{NO_MAC}").status_code == 404
