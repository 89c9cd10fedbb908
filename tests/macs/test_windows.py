"""The forms for Windows: each carries the whole document, and says nothing that its reader would take otherwise."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from rollout.macs.bundle import Piece, bundle, templates
from rollout.macs.places import PLACES, POLICY_KEY, Platform
from rollout.macs.sources import source_findings
from rollout.macs.windows import adml, admx, as_reg, intune_script, registry_value, removal_script
from rollout.model.macs import Channel
from tests.macs.test_forms import PROCESS
from tests.macs.world import SET, arns, document, rollout

POLICY = "{http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions}"


def pieces(**changes: Any) -> dict[str, Piece]:
    made = rollout(**changes)
    return {piece.name: piece for piece in bundle(made, "pilot", arns(made), PROCESS)}


@pytest.mark.parametrize("level", SET)
def test_the_registrys_value_is_the_whole_document_on_one_line_of_ascii(level: Any) -> None:
    made = document(rollout(), level, Platform.WINDOWS)
    value = registry_value(made)
    assert json.loads(value) == made
    assert value.isascii()
    assert value.isprintable()
    # As the client finds it in what `reg query` prints: the name, the type, the rest of the line.
    [found] = re.findall(
        r"^\s+Settings\s+REG_(?:EXPAND_)?SZ\s+(.*)$", f"    Settings    REG_SZ    {value}\r\n", re.MULTILINE
    )
    assert json.loads(found) == made


def test_what_no_code_page_has_comes_back_whole() -> None:
    made = {"companyAnnouncements": ['Claude Code ruht \u201ebis morgen\u201c \\ "x"']}
    assert json.loads(registry_value(made)) == made
    assert registry_value(made).isascii()
    read = as_reg(made).decode("utf-16").split("\r\n")
    assert read[:3] == [
        "Windows Registry Editor Version 5.00",
        "",
        f"[{POLICY_KEY.replace('HKLM', 'HKEY_LOCAL_MACHINE')}]",
    ]
    [quoted] = re.findall(r'^"Settings"="(.*)"$', read[3])
    assert json.loads(re.sub(r"\\(.)", r"\1", quoted)) == made


def test_the_script_for_intune_holds_settings_and_profile_as_they_are_and_the_profile_comes_first() -> None:
    found = pieces()
    script = found["pilot/windows/Set-ClaudeCode.ps1"].content.decode()
    first, second = re.findall(r"@'\r\n(.*?)\r\n'@", script, re.DOTALL)
    assert json.loads(first) == document(rollout(), platform=Platform.WINDOWS)
    assert second.replace("\r\n", "\n") + "\n" == found["pilot/windows/aws-config"].content.decode()
    assert script.index("'aws-config')") < script.index("New-ItemProperty")
    # A key that is there must not be made anew: that would drop what others keep in it.
    assert "if (-not (Test-Path $key)) { New-Item -Path $key" in script
    assert "{{" not in script


def test_a_profile_that_would_end_the_scripts_text_is_refused() -> None:
    with pytest.raises(ValueError, match="no script can hold"):
        intune_script({}, "pilot", "[profile x]\n'@; Remove-Item C:\\ -Recurse\n")


def test_what_is_removed_is_what_was_put_there() -> None:
    script = removal_script()
    assert all(name in script for name in ("'managed-settings.json', 'aws-config'", "HKLM:", "'Settings'"))


def test_the_template_of_group_policy_names_the_clients_key_and_each_of_its_words_is_there() -> None:
    template, words = ET.fromstring(admx()), ET.fromstring(adml())  # noqa: S314  our own
    [policy] = template.iter(f"{POLICY}policy")
    assert (policy.get("class"), policy.get("key")) == ("Machine", r"SOFTWARE\Policies\ClaudeCode")
    [text] = policy.iter(f"{POLICY}text")
    assert text.get("valueName") == "Settings"
    used = re.findall(r"\$\((string|presentation)\.(\w+)\)", admx())
    known = {(kind, each.get("id")) for kind in ("string", "presentation") for each in words.iter(f"{POLICY}{kind}")}
    assert set(used) == known
    assert [box.get("refId") for box in words.iter(f"{POLICY}textBox")] == [text.get("id")]


def test_windows_has_file_registry_and_script_and_no_profile_of_apples() -> None:
    names = {name.removeprefix("pilot/windows/") for name in pieces() if name.startswith("pilot/windows/")}
    assert names == {
        "aws-config",
        "managed-settings.json",
        "registry-value.json",
        "ClaudeCode.reg",
        "Set-ClaudeCode.ps1",
    }
    assert {piece.name for piece in templates()} == {
        "windows/ClaudeCode.admx",
        "windows/en-US/ClaudeCode.adml",
        "windows/Remove-ClaudeCode.ps1",
    }


def test_by_the_helper_windows_has_one_source_as_well() -> None:
    assert "pilot/windows/registry-value.json" not in pieces(mac={"channel": "helper"})


def test_a_registry_value_beside_a_file_is_two_sources() -> None:
    places = PLACES[Platform.WINDOWS]
    [found] = source_findings(Channel.FILE, Platform.WINDOWS, {POLICY_KEY, places.settings})
    assert (found.path, found.text) == (
        POLICY_KEY,
        "a registry value beside mac.channel: file; it is read and the file is not; remove it",
    )
