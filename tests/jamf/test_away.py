"""Jamf Pro away: looked at later, done later, and never taken for done."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from pulumi.provider.experimental import provider as engine_api

from providers.jamf.client import AWAY_SECONDS
from providers.jamf.errors import JamfError, LostAnswerError
from providers.jamf.resources import TYPES
from providers.jamf.tokens import PENDING, PENDING_ID
from providers.jamf.values import property_map
from tests.jamf.harness import ALICE, GRACE, Engine, Held, files_inputs, group_inputs, profile_inputs, urn
from tests.jamf.test_client import Server, client

OTHER: dict[str, Any] = {"model": "haiku"}


def away(engine: Engine, status: int = 503) -> None:
    """A new process of the plug-in, which nobody answers but with `status`."""
    engine.restart(httpx.MockTransport(lambda _: httpx.Response(status)))
    engine.provider._client.pause = lambda _: None  # pyright: ignore


def back(engine: Engine) -> None:
    engine.restart()


def diffed(engine: Engine, held: Held, inputs: dict[str, Any]) -> engine_api.DiffResponse:
    news = property_map(engine.checked(held.token, held.name, inputs))
    request = engine_api.DiffRequest(urn(held.token, held.name), held.id, property_map(held.state), news, [])
    return asyncio.run(engine.provider.diff(request))


@pytest.mark.parametrize("status", [503, 401])
def test_what_is_unchanged_stays_so_and_a_warning_says_that_it_is_looked_at_later(engine: Engine, status: int) -> None:
    group = engine.group(ALICE, GRACE)
    profile, files = engine.profile(group), engine.files(group, contents="true")
    away(engine, status)
    assert engine.diff(group, group_inputs(ALICE, GRACE)) == set()
    for held in (group, profile, files):
        read = engine.read(held)
        assert read
        assert (read.id, read.state) == (held.id, held.state)
    assert len(engine.warnings) == 4
    assert engine.warnings[0].startswith("Jamf Pro does not answer; pilot-macs is looked at later: Jamf Pro ")


def test_a_preview_asks_and_goes_on(engine: Engine) -> None:
    away(engine)
    assert engine.create("jamf:index:ComputerGroup", "g", group_inputs(ALICE), preview=True).id == ""
    assert "looked at later" in engine.warnings[0]


def test_an_update_that_jamf_was_not_told_of_is_one_until_it_was(engine: Engine) -> None:
    group = engine.group(ALICE)
    before = engine.profile(group)
    away(engine)
    pending = engine.update(before, profile_inputs(group, settings=OTHER))
    assert "503" in pending.state[PENDING]
    assert pending.state["settings"] == before.state["settings"], "Jamf Pro has these still"
    assert set(pending.state["confirmed"].values()) == {"not sent"}
    assert "pilot-profile is changed later" in engine.warnings[-1]
    assert engine.diff(pending, profile_inputs(group, settings=OTHER)) >= {PENDING, 'settings["model"]'}
    assert PENDING in engine.diff(pending, profile_inputs(group)), "also where the file goes back"
    read = engine.read(pending)
    assert read
    assert read.state == pending.state, "a refresh forgets nothing while Jamf Pro is away"

    back(engine)
    done = engine.update(pending, profile_inputs(group, settings=OTHER))
    assert PENDING not in done.state
    assert engine.diff(done, profile_inputs(group, settings=OTHER)) == set()
    assert engine.settings_of(ALICE) == [OTHER]


def test_macs_that_leave_while_jamf_is_away_are_taken_from_once_it_is_back(engine: Engine) -> None:
    group = engine.group(ALICE, GRACE)
    files = engine.files(group, contents="true")
    away(engine)
    group = engine.update(group, group_inputs(GRACE))
    assert group.state["computer_ids"] == files.state["computer_ids"], "both are in it still"
    files = engine.update(files, files_inputs(group, contents="false"))
    back(engine)
    group = engine.update(group, group_inputs(GRACE))
    files = engine.update(files, files_inputs(group, contents="false"))
    assert files.state["leaving"] == [str(engine.mac(ALICE)["id"])]


def test_what_could_not_be_made_is_replaced_by_what_can_and_nothing_is_deleted_for_it(engine: Engine) -> None:
    away(engine)
    group = engine.group(ALICE)
    profile = engine.profile(group)
    files = engine.files(group, contents="true")
    assert {held.id for held in (group, profile, files)} == {PENDING_ID}
    back(engine)
    # What it names is not there yet, although Jamf Pro answers again.
    assert engine.profile(group).id == PENDING_ID
    for held, inputs in ((group, group_inputs(ALICE)), (profile, profile_inputs(group))):
        answer = diffed(engine, held, inputs)
        assert (answer.changes, answer.replaces, answer.delete_before_replace) == (True, [PENDING], False)
        read = engine.read(held)
        assert read
        assert read.state == held.state
    engine.caller.raw("DELETE", "/sandbox/calls")
    for held in (group, profile, files):
        engine.delete(held)
    assert engine.calls() == []
    made = engine.group(ALICE)
    assert engine.profile(made).state["confirmed"]


def test_a_deletion_fails_for_no_state_could_say_that_something_is_left(engine: Engine) -> None:
    group = engine.group(ALICE)
    away(engine)
    with pytest.raises(LostAnswerError, match="503"):
        engine.delete(group)


def test_what_jamf_refuses_is_refused_at_once(engine: Engine) -> None:
    group = engine.group(ALICE)
    engine.fault("GET .*computers-inventory.*", status=403, times=9, after=False)
    with pytest.raises(JamfError, match="403"):
        engine.update(group, group_inputs(ALICE, GRACE))


def test_a_server_that_is_away_is_waited_for_once_and_asked_again_later() -> None:
    now = 0.0
    server = Server(httpx.ConnectError("refused"))
    caller = client(server, clock=lambda: now)
    for now, calls in ((0.0, 3), (1.0, 3), (AWAY_SECONDS + 1, 6)):
        with pytest.raises(LostAnswerError, match="no answer from Jamf Pro to GET /x: refused"):
            caller.get("/x")
        assert len(server.calls) == calls, now
    with pytest.raises(LostAnswerError):
        caller.post_json("/y", {})
    assert len(server.calls) == 6


def test_one_call_that_the_server_stumbles_over_is_not_the_server_being_away() -> None:
    server = Server(httpx.Response(500))
    caller = client(server)
    for calls in (3, 6):
        with pytest.raises(LostAnswerError):
            caller.get("/x")
        assert len(server.calls) == calls


def test_a_lost_answer_to_one_write_is_not_the_server_being_away() -> None:
    server = Server(httpx.ReadTimeout("slow"), httpx.Response(200, json={}))
    caller = client(server)
    with pytest.raises(LostAnswerError):
        caller.post_json("/x", {})
    assert caller.get("/x") == {}


@pytest.mark.parametrize("kind", TYPES.values(), ids=list(TYPES))
def test_what_is_not_made_yet_has_every_output(kind: Any) -> None:
    assert set(kind.unmade) == set(kind.computed)
