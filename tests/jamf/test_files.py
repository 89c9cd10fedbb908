"""Files on Macs by script and policy: brought, kept right, taken back (jamf-api 5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.jamf import tokens
from providers.jamf.errors import JamfError
from rollout.macs.commit_guard import File
from rollout.macs.delivery import file_script
from tests.jamf.harness import ALICE, GRACE, SETTINGS, Engine, Held, files_inputs, group_inputs

FOLDER = "/Library/Application Support/ClaudeCode"
PATH = f"{FOLDER}/managed-settings.json"
BOB, MEI = "bob.kim@acme.example", "mei.sato@acme.example"
POLICIES = "/JSSResource/policies"


def script(settings: dict[str, Any] = SETTINGS, owner: str = "pilot") -> str:
    return file_script(owner, [File(path=PATH, content=json.dumps(settings), mode=0o644)])


def declared(engine: Engine, *emails: str) -> tuple[Held, Held]:
    group = engine.group(*emails)
    return group, engine.files(group, contents=script())


def policy(engine: Engine, resource_id: str) -> dict[str, Any]:
    answer = engine.caller.raw("GET", f"{POLICIES}/id/{resource_id}", Accept="application/json")
    return answer.json()["policy"] if answer.is_success else {}


def test_a_file_is_on_each_mac_after_its_check_in(engine: Engine) -> None:
    group, files = declared(engine, ALICE, GRACE)
    assert engine.file_of(ALICE, PATH) == engine.file_of(GRACE, PATH) == SETTINGS
    assert {each["mode"] for each in engine.mac(ALICE)["files"]} == {"0644"}
    assert engine.diff(files, files_inputs(group, contents=script())) == set()
    general = policy(engine, files.id)["general"]
    assert (general["frequency"], general["trigger_checkin"], general["trigger_other"]) == (
        "Ongoing",
        True,
        "claude-code",
    )


def test_other_settings_are_another_script_and_reach_the_mac(engine: Engine) -> None:
    group, files = declared(engine, ALICE)
    other = files_inputs(group, contents=script({"model": "haiku"}))
    assert engine.diff(files, other) == {"contents"}
    engine.update(files, other)
    assert engine.file_of(ALICE, PATH) == {"model": "haiku"}


def test_a_policy_changed_by_hand_is_seen_and_set_right(engine: Engine) -> None:
    group, files = declared(engine, ALICE)
    body = "<policy><general><enabled>false</enabled><frequency>Once per machine</frequency></general></policy>"
    engine.caller("PUT", f"{POLICIES}/id/{files.id}", body, expect=201)
    refreshed = engine.read(files)
    assert refreshed
    assert refreshed.state["altered"] == ["enabled: False", "frequency: Once per computer"]
    assert engine.diff(refreshed, files_inputs(group, contents=script())) == {"altered"}
    engine.update(refreshed, files_inputs(group, contents=script()))
    assert policy(engine, files.id)["general"]["enabled"] is True


def test_whoever_leaves_the_group_loses_the_file_at_the_next_check_in(engine: Engine) -> None:
    group, files = declared(engine, ALICE, GRACE)
    engine.order(GRACE, online=False)
    group = engine.update(group, group_inputs(ALICE))
    inputs = files_inputs(group, contents=script())
    assert engine.diff(files, inputs) == {"computer_ids"}
    files = engine.update(files, inputs)
    assert files.state["leaving"] == [str(engine.mac(GRACE)["id"])]
    assert engine.file_of(GRACE, PATH) == SETTINGS
    engine.order(GRACE, online=True)
    assert engine.file_of(GRACE, PATH) is None
    assert engine.file_of(ALICE, PATH) == SETTINGS
    # Once it is confirmed, the policy that removes goes with the next change.
    refreshed = engine.read(files)
    assert refreshed
    assert refreshed.state["leaving"] == []
    last = engine.update(refreshed, files_inputs(group, contents=script({"model": "haiku"})))
    assert last.state["removal_policy_id"] == ""
    assert policy(engine, refreshed.state["removal_policy_id"]) == {}


def test_who_comes_back_and_leaves_again_is_waited_for_again(engine: Engine) -> None:
    group, files = declared(engine, ALICE, GRACE, BOB)
    engine.order(GRACE, online=False)  # so that the policy that removes stays

    def now_in(*emails: str) -> None:
        nonlocal group, files
        group = engine.update(group, group_inputs(*emails))
        files = engine.update(files, files_inputs(group, contents=script()))

    now_in(BOB)
    engine.order(ALICE, check_in=True)
    now_in(ALICE, BOB)
    engine.order(ALICE, check_in=True)
    assert engine.file_of(ALICE, PATH) == SETTINGS
    engine.order(ALICE, online=False)
    now_in(BOB)
    now_in(BOB, MEI)  # any change
    assert set(files.state["leaving"]) == {str(engine.mac(email)["id"]) for email in (ALICE, GRACE)}
    for email in (ALICE, GRACE):
        engine.order(email, online=True)
        engine.order(email, check_in=True)
        assert engine.file_of(email, PATH) is None
    now_in(BOB)
    assert files.state["leaving"] == [str(engine.mac(MEI)["id"])]


def test_whoever_changes_cohort_has_the_new_file_and_the_old_one_does_not_take_it(engine: Engine) -> None:
    group, files = declared(engine, ALICE, GRACE)
    other = engine.create(tokens.COMPUTER_GROUP, "wave-macs", group_inputs(GRACE, name="Claude Code wave2"))
    group = engine.update(group, group_inputs(ALICE))
    wave = {**files_inputs(other, contents=script({"model": "haiku"}, "wave2")), "name": "Claude Code wave2"}
    engine.create(tokens.MANAGED_FILES, "wave-files", wave)
    engine.update(files, files_inputs(group, contents=script()))
    engine.order(GRACE, check_in=True)
    assert engine.file_of(GRACE, PATH) == {"model": "haiku"}


def test_deleting_runs_the_removal_on_each_mac_first(engine: Engine) -> None:
    _, files = declared(engine, ALICE, GRACE)
    engine.restart(removal_seconds="20")
    engine.delete(files)
    assert engine.mac(ALICE)["files"] == engine.mac(GRACE)["files"] == []
    assert policy(engine, files.id) == {}
    assert engine.caller.raw("GET", "/api/v1/scripts").json()["totalCount"] == 0
    assert engine.warnings == []


def test_a_removal_that_a_mac_has_not_run_is_left_for_it_even_when_the_group_goes(engine: Engine) -> None:
    group, files = declared(engine, ALICE, GRACE)
    engine.order(GRACE, online=False)
    engine.delete(files)
    engine.delete(group)
    [warning] = engine.warnings
    assert engine.mac(GRACE)["name"] in warning
    assert engine.file_of(ALICE, PATH) is None
    engine.order(GRACE, online=True)
    assert engine.mac(GRACE)["files"] == []
    # Brought anew, the policy that was left brings it.
    group = engine.group(ALICE, GRACE)
    again = engine.files(group, contents=script())
    assert again.id == files.id
    assert engine.file_of(GRACE, PATH) == SETTINGS


def test_a_removal_can_be_refused_until_all_have_run_it(engine: Engine) -> None:
    _, files = declared(engine, ALICE)
    engine.order(ALICE, online=False)
    engine.restart(unconfirmed="refuse")
    with pytest.raises(JamfError, match=r"is not confirmed by .*; try again once they have been online"):
        engine.delete(files)
    assert policy(engine, files.id)


@pytest.mark.parametrize("path", ["/api/v1/scripts", f"{POLICIES}/id/0"])
@pytest.mark.parametrize("after", [True, False])
def test_a_create_whose_answer_was_lost_makes_one_of_each(engine: Engine, path: str, after: bool) -> None:
    group = engine.group(ALICE)
    engine.fault(f"POST {path}", after=after)
    engine.files(group, contents=script())
    assert engine.file_of(ALICE, PATH) == SETTINGS
    assert engine.caller.raw("GET", "/api/v1/scripts").json()["totalCount"] == 1


def test_a_script_or_policy_of_the_same_name_that_is_not_ours_is_left_alone(engine: Engine) -> None:
    group = engine.group(ALICE)
    engine.caller(
        "POST",
        f"{POLICIES}/id/0",
        "<policy><general><name>Apply Claude Code pilot</name></general></policy>",
        expect=201,
    )
    with pytest.raises(JamfError, match='policy "Apply Claude Code pilot" is in Jamf Pro already'):
        engine.files(group, contents=script())


def test_an_imported_policy_tells_its_script(engine: Engine) -> None:
    group, files = declared(engine, ALICE)
    imported = engine.read(Held(tokens.MANAGED_FILES, "pilot-files", files.id, {}))
    assert imported
    assert engine.diff(imported, files_inputs(group, contents=script())) == set()
    assert imported.state["script_id"] == files.state["script_id"]


def test_what_each_mac_has_run_is_told(engine: Engine) -> None:
    group = engine.group(ALICE, GRACE)
    engine.order(GRACE, online=False)
    files = engine.files(group, contents=script())
    refreshed = engine.read(files)
    assert refreshed
    names = {email: engine.mac(email)["name"] for email in (ALICE, GRACE)}
    assert refreshed.state["confirmed"] == {names[ALICE]: "completed", names[GRACE]: "not yet"}
