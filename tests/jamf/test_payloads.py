"""Property lists on their way into Jamf Pro and out of it (jamf-api 2.2, 2.3)."""

from __future__ import annotations

import plistlib
import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.jamf.errors import JamfError
from providers.jamf.payloads import decoded, domain_of, encoded, lint, normalized, preferences, profile

DOMAIN = "com.anthropic.claudecode"
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Co", "Cn"], max_codepoint=0xFFFD), max_size=30
).map(str.strip)
KEY = TEXT.filter(bool)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(KEY, inner, min_size=1, max_size=4),
    max_leaves=15,
)


def made(settings: Any) -> dict[str, Any]:
    return profile("Claude Code pilot", "acme", DOMAIN, settings, ("a-uuid", "an-identifier"))


def as_jamf(content: str) -> str:
    """What an XML parser makes of the element's content, and Jamf of that, which decodes once more."""
    assert content.startswith("<![CDATA[")
    assert content.index("]]>") == len(content) - 3
    return re.sub(r"&(?:amp|lt|gt);", lambda found: unescape(found[0]), content[9:-3])


@given(st.dictionaries(KEY, VALUES, min_size=1, max_size=5))
def test_whatever_settings_say_comes_back_the_same(settings: dict[str, Any]) -> None:
    kept = decoded(as_jamf(encoded(made(settings))))
    assert preferences(kept, DOMAIN) == normalized(settings)
    assert domain_of(kept) == DOMAIN


def test_there_are_no_blanks_between_tags_and_those_in_a_text_stay() -> None:
    text = encoded(made({"a": [["x"], ["y"]], "b": "first\n\n  second > third"}))
    assert not re.search(r"(?<=>)\s+(?=<)", text)
    assert "first\n\n  second" in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<plist>",
        "<plist version='1'><array/></plist>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><plist>&b;</plist>",
        "bplist00",
    ],
)
def test_what_is_no_property_list_is_told_in_a_line(text: str) -> None:
    with pytest.raises(JamfError, match=r"^the profile in Jamf Pro is no "):
        decoded(text)


@pytest.mark.parametrize(
    "content",
    [None, [], [1], [{"PayloadType": "com.apple.ManagedClient.preferences"}], [{"PayloadType": "x", DOMAIN: {}}]],
)
def test_a_profile_about_something_else_has_no_settings_of_ours(content: Any) -> None:
    document = {} if content is None else {"PayloadContent": content}
    assert preferences(document, DOMAIN) == {}
    assert domain_of(document) == ""


def test_line_ends_blanks_and_whole_numbers_are_no_difference() -> None:
    assert normalized({"a": " x\r\ny\rz ", "b": 3.0, "c": (True, 1.5)}) == {"a": "x\ny\nz", "b": 3, "c": [True, 1.5]}


def test_all_faults_are_told_at_once() -> None:
    assert list(lint({"": 1})) == [("settings", "a key without a name, which Jamf Pro loses; name it")]
    assert [path for path, _ in lint({"a": None, "b": [[], {"c": "$EMAIL "}]})] == [
        "settings.a",
        "settings.b[0]",
        "settings.b[1].c",
        "settings.b[1].c",
    ]


def test_two_profiles_identities_differ_within_and_are_the_same_each_time() -> None:
    one, again = made({"a": 1}), made({"a": 2})
    assert one["PayloadContent"][0]["PayloadUUID"] == again["PayloadContent"][0]["PayloadUUID"]
    other = profile("Claude Code wave2", "acme", DOMAIN, {"a": 1}, ("b", "b"))
    assert other["PayloadContent"][0]["PayloadUUID"] != one["PayloadContent"][0]["PayloadUUID"]
    assert plistlib.loads(plistlib.dumps(one)) == one
