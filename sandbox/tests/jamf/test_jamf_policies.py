"""Scripts and policies of the sandbox's Jamf Pro, run on Macs that are folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.jamf import macs
from sandbox.jamf.shell import UNAWARE
from sandbox.tests.jamf.jamf_harness import Caller, new_app, to_group

ALICE, BOB = "alice.chen@acme.example", "bob.kim@acme.example"
POLICIES = "/JSSResource/policies"
SCRIPTS = "/api/v1/scripts"
FILE = "/Library/Application Support/ClaudeCode/managed-settings.json"
SCRIPT = """#!/bin/sh
set -eu
root=
folder="$root/Library/Application Support/ClaudeCode"
case "$4" in
apply) mkdir -p "$folder"; printf '%s for %s on %s at %s\\n' "$5" "$3" "$2" "$1" >> "$folder/managed-settings.json" ;;
remove) rm -f "$folder/managed-settings.json" ;;
*) exit 64 ;;
esac
"""


@pytest.fixture
def jamf(tmp_path: Path) -> Caller:
    caller = Caller(new_app(tmp_path))
    caller.sign_in()
    return caller


def script(jamf: Caller, contents: str = SCRIPT, name: str = "claude-settings") -> str:
    return jamf("POST", SCRIPTS, {"name": name, "scriptContents": contents}, expect=201)["id"]


def general(name: str = "Claude file", *, frequency: str = "Ongoing", more: str = "") -> str:
    return f"<general><name>{name}</name><frequency>{frequency}</frequency><trigger_checkin>true</trigger_checkin><trigger_other>claude-settings</trigger_other>{more}</general>"


def runs(identifier: str, *parameters: str, priority: str = "After") -> str:
    values = "".join(f"<parameter{number}>{value}</parameter{number}>" for number, value in enumerate(parameters, 4))
    return f"<scripts><script><id>{identifier}</id><priority>{priority}</priority>{values}</script></scripts>"


def policy(jamf: Caller, *parts: str) -> str:
    return jamf("POST", f"{POLICIES}/id/0", f"<policy>{''.join(parts)}</policy>", expect=201).findtext("id")


def applied(jamf: Caller, *people: str, frequency: str = "Ongoing") -> str:
    group = jamf.group("pilot", *people)
    return policy(
        jamf, general(frequency=frequency), f"<scope>{to_group(group)}</scope>", runs(script(jamf), "apply", "v1")
    )


def change(jamf: Caller, identifier: str, *parts: str) -> None:
    assert jamf("PUT", f"{POLICIES}/id/{identifier}", f"<policy>{''.join(parts)}</policy>", expect=201) is None


def file_of(jamf: Caller, person: str) -> str | None:
    files = {file["path"]: file["content"] for file in jamf.macs()[person]["files"]}
    return files.get(FILE)


def log(jamf: Caller, person: str) -> list[tuple[str, str]]:
    shown = jamf("GET", f"/JSSResource/computerhistory/id/{jamf.macs()[person]['id']}/subset/PolicyLogs")
    return [(each.findtext("policy_name"), each.findtext("status")) for each in shown.findall("policy_logs/policy_log")]


def order(jamf: Caller, person: str, **wanted: Any) -> None:
    jamf("PUT", f"/sandbox/macs/{jamf.macs()[person]['serial']}", wanted)


LINE = "v1 for alice.chen on alice-chen-mac at /\n"


def test_a_policy_s_script_runs_on_the_macs_in_scope_with_jamf_s_arguments(jamf: Caller):
    applied(jamf, ALICE)
    assert file_of(jamf, ALICE) == LINE
    assert file_of(jamf, BOB) is None
    assert log(jamf, ALICE) == [("Claude file", "Completed")]


def test_a_changed_policy_runs_again_and_removal_is_a_run_of_its_own(jamf: Caller):
    identifier = applied(jamf, ALICE)
    change(jamf, identifier, runs("1", "remove"))
    assert file_of(jamf, ALICE) is None
    assert len(log(jamf, ALICE)) == 2


def test_deleting_a_policy_removes_nothing_from_the_macs(jamf: Caller):
    jamf("DELETE", f"{POLICIES}/id/{applied(jamf, ALICE)}")
    assert file_of(jamf, ALICE) == LINE


def test_a_changed_script_runs_again(jamf: Caller):
    applied(jamf, ALICE)
    jamf("PUT", f"{SCRIPTS}/1", {"name": "claude-settings", "scriptContents": SCRIPT.replace(">>", ">")})
    assert log(jamf, ALICE) == [("Claude file", "Completed")] * 2


def test_a_frequency_that_is_misspelt_is_once_per_computer_and_a_flush_lets_it_run_again(jamf: Caller):
    identifier = applied(jamf, ALICE, frequency="On going")
    assert jamf("GET", f"{POLICIES}/id/{identifier}").findtext("general/frequency") == "Once per computer"
    change(jamf, identifier, runs("1", "apply", "v2"))
    order(jamf, ALICE, check_in=True)
    assert file_of(jamf, ALICE) == LINE
    jamf("DELETE", f"/JSSResource/logflush/policy/id/{identifier}/interval/Zero+Days")
    assert file_of(jamf, ALICE) == LINE + LINE.replace("v1", "v2")


def test_a_flush_of_a_policy_that_does_not_exist_succeeds(jamf: Caller):
    jamf("DELETE", "/JSSResource/logflush/policy/id/999/interval/Zero+Days")
    jamf("DELETE", "/JSSResource/logflush/policy/id/999/interval/Whenever", expect=409)


def test_an_ongoing_policy_runs_at_every_check_in(jamf: Caller):
    applied(jamf, ALICE)
    order(jamf, ALICE, check_in=True)
    assert file_of(jamf, ALICE) == LINE * 2


def test_a_daily_policy_does_not_run_twice_a_day(jamf: Caller):
    applied(jamf, ALICE, frequency="Once every day")
    order(jamf, ALICE, check_in=True)
    assert file_of(jamf, ALICE) == LINE


def test_a_custom_event_runs_only_where_a_mac_calls_it(jamf: Caller):
    group = jamf.group("pilot", ALICE, BOB)
    event = (
        "<general><name>Claude file</name><frequency>Ongoing</frequency><trigger_other>now</trigger_other></general>"
    )
    policy(jamf, event, f"<scope>{to_group(group)}</scope>", runs(script(jamf), "apply", "v1"))
    order(jamf, ALICE, check_in=True)
    assert file_of(jamf, ALICE) is None
    order(jamf, ALICE, event="now")
    assert (file_of(jamf, ALICE), file_of(jamf, BOB)) == (LINE, None)


def test_macs_check_in_only_when_told_where_a_test_says_so(jamf: Caller):
    jamf.set(automatic_check_in=False)
    applied(jamf, ALICE)
    assert file_of(jamf, ALICE) is None
    order(jamf, ALICE, check_in=True)
    assert file_of(jamf, ALICE) == LINE


def test_a_mac_that_is_offline_checks_in_when_it_comes_back(jamf: Caller):
    order(jamf, ALICE, online=False)
    applied(jamf, ALICE)
    assert file_of(jamf, ALICE) is None
    order(jamf, ALICE, online=True)
    assert file_of(jamf, ALICE) == LINE


def test_a_script_that_fails_is_in_the_log(jamf: Caller):
    policy(jamf, general(), f"<scope>{to_group(jamf.group('pilot', ALICE))}</scope>", runs(script(jamf), "explode"))
    assert log(jamf, ALICE) == [("Claude file", "Failed")]


def test_a_script_that_has_no_place_for_the_macs_folder_does_not_run(jamf: Caller, tmp_path: Path):
    witness = tmp_path / "witness"
    policy(
        jamf,
        general(),
        f"<scope>{to_group(jamf.group('pilot', ALICE))}</scope>",
        runs(script(jamf, f"touch {witness}")),
    )
    assert log(jamf, ALICE) == [("Claude file", "Failed")]
    assert not witness.exists()
    assert "root=" in UNAWARE


def test_a_disabled_policy_does_not_run(jamf: Caller):
    scope = f"<scope>{to_group(jamf.group('pilot', ALICE))}</scope>"
    policy(jamf, general(more="<enabled>false</enabled>"), scope, runs(script(jamf), "apply", "v1"))
    assert log(jamf, ALICE) == []


def test_a_policy_s_scope_that_names_what_does_not_exist_breaks_the_server(jamf: Caller):
    answer = jamf(
        "POST", f"{POLICIES}/id/0", f"<policy>{general()}<scope>{to_group('999')}</scope></policy>", expect=500
    )
    assert "<title>Status page</title>" in answer


def test_an_update_of_a_policy_keeps_the_sections_it_leaves_out(jamf: Caller):
    identifier = applied(jamf, ALICE)
    change(jamf, identifier, "<general><name>Renamed</name></general>")
    shown = jamf("GET", f"{POLICIES}/id/{identifier}")
    assert shown.findtext("general/frequency") == "Ongoing"
    assert shown.findtext("scope/computer_groups/computer_group/name") == "pilot"
    assert shown.findtext("scripts/script/parameter4") == "apply"
    jamf("GET", f"{POLICIES}/name/Renamed")


def test_a_policy_s_name_is_taken_once(jamf: Caller):
    policy(jamf, general())
    assert "Duplicate name" in jamf("POST", f"{POLICIES}/id/0", f"<policy>{general()}</policy>", expect=409)


def test_an_empty_category_of_a_script_breaks_the_server(jamf: Caller):
    jamf("POST", SCRIPTS, {"name": "s", "categoryId": ""}, expect=500)
    jamf("POST", SCRIPTS, {"name": "s", "categoryId": "-1"}, expect=201)


def test_the_answer_to_a_script_s_update_loses_what_a_read_has(jamf: Caller):
    wanted = {"name": "s", "scriptContents": "#!/bin/sh", "notes": "ours", "parameter4": "what to do"}
    identifier = jamf("POST", SCRIPTS, wanted, expect=201)["id"]
    answer = jamf("PUT", f"{SCRIPTS}/{identifier}", {**wanted, "notes": "still ours"})
    assert "scriptContents" not in answer
    shown = jamf("GET", f"{SCRIPTS}/{identifier}")
    assert (shown["scriptContents"], shown["notes"], shown["priority"]) == ("#!/bin/sh", "still ours", "AFTER")
    assert jamf("GET", f'{SCRIPTS}?filter=name=="s"')["totalCount"] == 1


def test_a_script_that_a_policy_runs_stays_until_the_policy_is_gone(jamf: Caller):
    identifier = applied(jamf, ALICE)
    jamf("DELETE", f"{SCRIPTS}/1", expect=409)
    jamf("DELETE", f"{POLICIES}/id/{identifier}")
    jamf("DELETE", f"{SCRIPTS}/1", expect=204)
    jamf("GET", f"{SCRIPTS}/1", expect=404)


def test_the_check_in_is_every_15_minutes_unless_set_to_one_of_four(jamf: Caller):
    path = "/api/v3/check-in"
    assert jamf("GET", path)["checkInFrequency"] == 15
    jamf("PUT", path, {**jamf("GET", path), "checkInFrequency": 5})
    assert jamf("GET", path)["checkInFrequency"] == 5
    jamf("PUT", path, {"checkInFrequency": 7}, expect=400)


def test_files_and_runs_outlive_a_restart(jamf: Caller, tmp_path: Path):
    applied(jamf, ALICE)
    assert file_of(jamf, ALICE) == LINE
    again = Caller(new_app(tmp_path))
    again.sign_in()
    assert file_of(again, ALICE) == LINE
    assert len(log(again, ALICE)) == 1


def test_an_answer_does_not_wait_for_macs_whose_scripts_take_long(
    jamf: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(macs, "PATIENCE_SECONDS", 0.05)
    gate = tmp_path / "gate"
    waits = SCRIPT.replace("set -eu\n", f"set -eu\nwhile ! [ -e '{gate}' ]; do sleep 0.05; done\n")
    group = jamf.group("pilot", ALICE)
    policy(jamf, general(), f"<scope>{to_group(group)}</scope>", runs(script(jamf, waits), "apply", "v1"))
    mac = jamf("GET", "/api/v3/computers-inventory?filter=userAndLocation.email==alice.chen@acme.example")["results"][0]
    shown = jamf("GET", f"/JSSResource/computerhistory/id/{mac['id']}/subset/PolicyLogs")
    assert shown.findall(".//policy_log") == []
    gate.touch()
    assert file_of(jamf, ALICE) is not None
