"""What the sandbox's Jamf Pro does to configuration profiles."""

from __future__ import annotations

import plistlib
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.tests.jamf.jamf_harness import (
    DOMAIN,
    MCX,
    PROFILES,
    SETTINGS,
    Caller,
    compact,
    document,
    encoded,
    mobileconfig,
    new_app,
    to_group,
)

DENIED = "Unable to update the database"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Caller:
    caller = Caller(new_app(tmp_path_factory.mktemp("jamf")))
    caller.sign_in()
    caller.set(create_seconds=0)
    return caller


@pytest.fixture
def jamf(tmp_path: Path) -> Caller:
    caller = Caller(new_app(tmp_path))
    caller.sign_in()
    return caller


def inner(stored: dict[str, Any]) -> dict[str, Any]:
    return stored["PayloadContent"][0]["PayloadContent"][DOMAIN]["Forced"][0]["mcx_preference_settings"]


def sent(payloads: str) -> str:
    return f"<os_x_configuration_profile><general><name>P</name><payloads>{payloads}</payloads></general></os_x_configuration_profile>"


def test_a_property_list_escaped_once_more_comes_back_as_it_was(jamf: Caller):
    assert inner(jamf.stored(jamf.profile())) == SETTINGS


def test_a_property_list_in_escaped_text_wants_the_second_escape_too(jamf: Caller):
    twice = escape(compact(mobileconfig(SETTINGS)).replace("&", "&amp;"))
    answer = jamf("POST", f"{PROFILES}/id/0", sent(twice), expect=201)
    assert inner(jamf.stored(answer.findtext("id"))) == SETTINGS


@pytest.mark.parametrize("text", ["a & b", "a < b"])
def test_a_property_list_escaped_only_as_xml_wants_it_is_refused(jamf: Caller, text: str):
    once = f"<![CDATA[{compact(mobileconfig({'x': text}))}]]>"
    assert DENIED in jamf("POST", f"{PROFILES}/id/0", sent(once), expect=409)
    jamf("POST", f"{PROFILES}/id/0", sent(f"<![CDATA[{compact(mobileconfig({'x': 'plain'}))}]]>"), expect=201)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=30).map(str.strip)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-1000, 1000),
    lambda inner: st.dictionaries(TEXTS.filter(bool), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=10,
)


@given(wanted=st.dictionaries(TEXTS.filter(bool), VALUES, max_size=4))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_every_settings_document_comes_back_whatever_its_texts(shared: Caller, wanted: dict[str, Any]):
    answer = shared("POST", f"{PROFILES}/id/0", document(mobileconfig(wanted)), expect=201)
    profile = answer.findtext("id")
    assert inner(shared.stored(profile)) == wanted
    shared("DELETE", f"{PROFILES}/id/{profile}")


def test_blanks_between_sibling_arrays_become_an_array_of_their_own(jamf: Caller):
    config = mobileconfig({"x": [["a"], ["b"]]})
    spread = plistlib.dumps(config).decode().replace("&", "&amp;")
    answer = jamf("POST", f"{PROFILES}/id/0", sent(f"<![CDATA[{spread}]]>"), expect=201)
    assert inner(jamf.stored(answer.findtext("id"))) == {"x": [["a"], [], ["b"]]}


def test_blanks_around_a_text_are_lost_and_line_ends_within_it_are_kept(jamf: Caller):
    assert inner(jamf.stored(jamf.profile(settings={"x": "  a\n\tb \n"}))) == {"x": "a\n\tb"}


def test_a_new_profile_gets_an_identity_of_jamf_s_own(jamf: Caller):
    profile = jamf.profile()
    stored, general = jamf.stored(profile), jamf("GET", f"{PROFILES}/id/{profile}").find("general")
    assert stored["PayloadUUID"] == stored["PayloadIdentifier"] == general.findtext("uuid")
    assert stored["PayloadUUID"] == stored["PayloadUUID"].lower() != mobileconfig({})["PayloadUUID"].lower()


def test_jamf_writes_its_own_words_around_the_settings(jamf: Caller):
    stored = jamf.stored(jamf.profile("Claude Code: pilot"))
    entry = stored["PayloadContent"][0]
    assert stored["PayloadDisplayName"] == "Claude Code: pilot"
    assert (stored["PayloadDescription"], stored["PayloadEnabled"], stored["PayloadRemovalDisallowed"]) == (
        "",
        True,
        True,
    )
    assert stored["PayloadOrganization"] == "Acme"
    assert (entry["PayloadDisplayName"], entry["PayloadOrganization"]) == ("Custom Settings", "JAMF Software")
    assert entry["PayloadIdentifier"] == "example.acme.claude.settings"
    shown = jamf("GET", f"{PROFILES}/id/{1}").findtext("general/payloads")
    assert '<plist version="1">' in shown
    assert "\n" not in shown


def test_settings_whose_payload_type_is_the_domain_are_kept_less_faithfully(jamf: Caller):
    config = mobileconfig({})
    config["PayloadContent"] = [
        {"PayloadType": DOMAIN, "PayloadUUID": "U", "PayloadIdentifier": "i", "PayloadVersion": 1, "x": "a & b\n\t< c"}
    ]
    answer = jamf("POST", f"{PROFILES}/id/0", document(config), expect=201)
    assert jamf.stored(answer.findtext("id"))["PayloadContent"][0]["x"] == "a &amp; b&lt; c"


def test_an_export_may_hold_a_key_that_plistlib_refuses(jamf: Caller):
    profile = jamf.profile()
    jamf.set(empty_keys=True)
    with pytest.raises(ValueError, match="unexpected key"):
        jamf.stored(profile)
    shown = jamf("GET", f"{PROFILES}/id/{profile}").findtext("general/payloads")
    assert inner(plistlib.loads(shown.replace("<key/>", "").encode())) == SETTINGS


@pytest.mark.parametrize(
    "payloads",
    [
        "bplist00",
        "",
        "<![CDATA[<plist><dict/></plist>]]>",
        "<![CDATA[<plist><array/></plist>]]>",
        "MIAGCSqGSIb3DQEHAqCA",
    ],
    ids=["binary", "empty", "no content", "no dictionary", "signed"],
)
def test_what_is_no_unsigned_profile_is_refused(jamf: Caller, payloads: str):
    assert DENIED in jamf("POST", f"{PROFILES}/id/0", sent(payloads), expect=409)


def test_the_name_must_be_given_and_be_free_whatever_its_case(jamf: Caller):
    assert "A name is required" in jamf("POST", f"{PROFILES}/id/0", document(mobileconfig({}), name=""), expect=409)
    jamf.profile("Claude Code")
    assert "Error: Duplicate name" in jamf(
        "POST", f"{PROFILES}/id/0", document(mobileconfig({}), name="claude code"), expect=409
    )


def test_an_update_keeps_the_sections_that_it_leaves_out(jamf: Caller):
    group = jamf.group("g", "alice.chen@acme.example")
    profile = jamf.profile(scope=to_group(group))
    jamf("PUT", f"{PROFILES}/id/{profile}", document(None, name="Renamed"), expect=201)
    shown = jamf("GET", f"{PROFILES}/id/{profile}")
    assert shown.findtext("scope/computer_groups/computer_group/id") == group
    assert inner(jamf.stored(profile)) == SETTINGS
    assert jamf.stored(profile)["PayloadDisplayName"] == "Renamed"


def test_a_scope_is_replaced_whole_so_exclusions_that_are_left_out_are_wiped(jamf: Caller):
    one, two = jamf.group("one", "alice.chen@acme.example"), jamf.group("two", "bob.kim@acme.example")
    profile = jamf.profile(scope=f"{to_group(one)}<exclusions>{to_group(two)}</exclusions>")
    before = jamf("GET", f"{PROFILES}/id/{profile}").find("scope")
    assert before.findtext("exclusions/computer_groups/computer_group/id") == two
    jamf("PUT", f"{PROFILES}/id/{profile}", document(None, name="", scope=to_group(one)), expect=201)
    after = jamf("GET", f"{PROFILES}/id/{profile}").find("scope")
    assert after.findtext("computer_groups/computer_group/id") == one
    assert after.find("exclusions/computer_groups/computer_group") is None


def test_unknown_elements_are_dropped_and_unknown_words_become_defaults_in_silence(jamf: Caller):
    general = "<frobnicate>1</frobnicate><distribution_method>By Pigeon</distribution_method><id>99</id>"
    answer = jamf("POST", f"{PROFILES}/id/0", document(mobileconfig({}), general=general), expect=201)
    assert answer.findtext("id") == "1"
    shown = jamf("GET", f"{PROFILES}/id/1").find("general")
    assert shown.findtext("distribution_method") == "Install Automatically"
    assert shown.find("frobnicate") is None


@pytest.mark.parametrize(
    ("written", "read"), [("Computer", "System"), ("computer", "System"), ("User", "User"), ("Computer Level", "User")]
)
def test_a_level_of_computer_reads_back_as_system_and_computer_level_as_user(jamf: Caller, written: str, read: str):
    general = f"<level>{written}</level>"
    jamf("POST", f"{PROFILES}/id/0", document(mobileconfig({}), general=general), expect=201)
    assert jamf("GET", f"{PROFILES}/id/1").findtext("general/level") == read


def test_redeployment_always_reads_back_as_newly_assigned(jamf: Caller):
    general = "<redeploy_on_update>All</redeploy_on_update>"
    jamf("POST", f"{PROFILES}/id/0", document(mobileconfig({}), general=general), expect=201)
    assert jamf("GET", f"{PROFILES}/id/1").findtext("general/redeploy_on_update") == "Newly Assigned"


def test_a_read_fills_in_what_nobody_wrote(jamf: Caller):
    shown = jamf("GET", f"{PROFILES}/id/{jamf.profile()}")
    assert shown.findtext("general/category/name") == "No category assigned"
    assert shown.findtext("general/site/name") == "NONE"
    assert [each.text for each in shown.findall("self_service/notification")] == ["false", "Self Service"]
    assert shown.find("scope/limitations/network_segments") is not None


def test_json_is_flat_and_carries_the_payloads_as_text(jamf: Caller):
    group = jamf.group("g")
    profile = jamf.profile(scope=to_group(group))
    shown = jamf.raw("GET", f"{PROFILES}/id/{profile}", Accept="application/json").json()["os_x_configuration_profile"]
    assert shown["scope"]["computer_groups"] == [{"id": int(group), "name": "g"}]
    assert inner(plistlib.loads(shown["general"]["payloads"].encode())) == SETTINGS
    listed = jamf.raw("GET", PROFILES, Accept="application/json").json()
    assert listed == {"os_x_configuration_profiles": [{"id": int(profile), "name": "Claude Code"}]}


def test_an_update_s_answer_has_a_body_only_sometimes(jamf: Caller):
    profile = jamf.profile()
    answers = [jamf.raw("PUT", f"{PROFILES}/id/{profile}", document(None)) for _ in range(4)]
    assert {answer.status_code for answer in answers} == {201}
    assert {bool(answer.content) for answer in answers} == {True, False}


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("<computers><computer><id>999</id></computer></computers>", "Unable to match computer"),
        (to_group("999"), "No match found for computer_group 999"),
    ],
)
def test_a_scope_that_names_what_does_not_exist_is_refused(jamf: Caller, scope: str, words: str):
    assert words in jamf("POST", f"{PROFILES}/id/0", document(mobileconfig({}), scope=scope), expect=409)
    assert jamf("GET", PROFILES).findtext("size") == "0"


def test_an_unknown_category_is_refused_and_none_is_minus_one(jamf: Caller):
    none = document(mobileconfig({}), general="<category><id>0</id></category>")
    assert "No match found for category 0" in jamf("POST", f"{PROFILES}/id/0", none, expect=409)
    jamf("POST", f"{PROFILES}/id/0", document(mobileconfig({}), general="<category><id>-1</id></category>"), expect=201)


def test_a_profile_that_is_gone_is_a_page_whatever_is_accepted(jamf: Caller):
    answer = jamf.raw("GET", f"{PROFILES}/id/7", Accept="application/json")
    assert answer.status_code == 404
    assert "The server has not found anything matching the request URI" in answer.text
    assert "<title>Status page</title>" in answer.text
    jamf("DELETE", f"{PROFILES}/id/7", expect=404)


@pytest.mark.parametrize("body", ["<os_x_configuration_profile>", "no xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
def test_what_is_no_profile_document_is_refused(jamf: Caller, body: str):
    assert jamf.raw("POST", f"{PROFILES}/id/0", body).status_code in {400, 409}
    assert jamf.raw("POST", f"{PROFILES}/id/0", {"general": {}}).status_code == 415


def test_encoding_is_what_the_reference_says(jamf: Caller):
    assert "&amp;amp;&amp;amp;" in encoded(mobileconfig(SETTINGS))
    assert MCX in encoded(mobileconfig(SETTINGS))
    assert jamf.profile() == "1"
