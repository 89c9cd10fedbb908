"""`rollout cut` of a person: by which names they are denied, who is asked for them, and a spelling that is doubted."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from cli.live import also_called, engine
from rollout import names
from rollout.incidents.cut_record import NAME, STASH, CohortRecord, PersonRecord, Record
from rollout.levels import Level
from tests.cli.conftest import Command
from tests.cli.cutting.conftest import ALICE, denied, policies


def test_a_person_is_cut_in_every_cohort_of_every_file_here_as_typed_and_in_lower_case(
    rollout: Command, iam: Any, project: Path
) -> None:
    ended = rollout("cut", "Alice.Chen@acme.example")
    assert ended.code == 0, ended.err
    assert denied(iam, "pilot", names.cut_policy(ALICE)) == ["*:Alice.Chen@acme.example", f"*:{ALICE}"]
    assert "role claude-code-pilot denies sessions called Alice.Chen@acme.example or " in ended.out
    assert "nothing to deny: there is no role claude-code-" in ended.out
    assert "not known: Okta: not asked: there is no OKTA_API_TOKEN" in ended.out
    assert "if their Okta login differs from Alice.Chen@acme.example, cut the login too" in ended.out
    assert project.exists()


def test_what_is_no_sessions_name_is_refused_before_anything(rollout: Command, iam: Any) -> None:
    for wrong in ("*@acme.example", "a b@acme.example", "${aws:username}@x", f"{'x' * 65}@acme.example"):
        ended = rollout("cut", wrong, "--cohort", "pilot")
        assert (ended.code, "no session can be called so" in ended.err) == (1, True)
    assert rollout("cut", "Pilot!").code == 1
    assert policies(iam, "pilot") == []


def test_the_names_of_every_okta_account_are_added(rollout: Command, iam: Any, okta: dict[str, Any]) -> None:
    okta["people"] = [
        {"id": "00u1", "status": "ACTIVE", "profile": {"login": "achen", "email": ALICE}},
        {"id": "00u2", "status": "DEPROVISIONED", "profile": {"login": "Alice.Chen@old.example", "email": ALICE}},
        {"id": "00u3", "status": "ACTIVE", "profile": {"login": "evil*", "email": ALICE}},
    ]
    ended = rollout("cut", ALICE, "--cohort", "pilot")
    assert ended.code == 0, ended.err
    assert denied(iam, "pilot", names.cut_policy(ALICE)) == [
        f"*:{name}" for name in sorted(["00u1", "00u2", "00u3", "achen", "Alice.Chen@old.example", ALICE])
    ]
    lines = ended.out.splitlines()
    assert lines[0].startswith("in force in IAM since")
    assert lines[2] == (
        "also in force for: 00u1 (their Okta id), 00u2 (their Okta id), 00u3 (their Okta id), "
        "Alice.Chen@old.example, achen"
    )
    [asked] = okta["asked"]
    assert asked.startswith("/api/v1/users?search=profile.email+eq+%22alice.chen%40acme.example%22")


@pytest.mark.parametrize("status", [401, 503])
def test_an_okta_that_refuses_takes_nothing_from_the_deny(
    rollout: Command, iam: Any, okta: dict[str, Any], status: int
) -> None:
    okta["status"] = status
    ended = rollout("cut", ALICE, "--cohort", "pilot")
    assert ended.code == 0, ended.err
    assert "not known: Okta: " + {401: "refuses OKTA_API_TOKEN", 503: "answers 503"}[status] in ended.out
    assert policies(iam, "pilot") == [names.cut_policy(ALICE)]


def test_names_that_the_stack_has_on_record_are_added(
    rollout: Command, iam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = {ALICE: PersonRecord(names=("achen",)), "bob@acme.example": PersonRecord(names=("bob",))}
    record = Record(cohorts={"pilot": CohortRecord(level=Level.ACTIVE, people=people)})
    kept = {"type": STASH, "urn": f"urn:pulumi:sandbox::x::{STASH}::{NAME}", "outputs": {"input": record.document()}}
    monkeypatch.setattr(engine, "pulumi", lambda *_, **__: json.dumps({"deployment": {"resources": [kept]}}))
    assert rollout("cut", ALICE, "-s", "sandbox").code == 0
    assert denied(iam, "pilot", names.cut_policy(ALICE)) == ["*:achen", f"*:{ALICE}"]


def test_a_source_that_hangs_is_left_behind(rollout: Command, iam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(also_called, "SECONDS", 0.2)
    monkeypatch.setattr(also_called, "okta_names", lambda *_: never.wait())
    ended = rollout("cut", ALICE, "--cohort", "pilot")
    never.set()
    assert "not known: Okta: did not answer within 0.2 s" in ended.out
    assert policies(iam, "pilot") == [names.cut_policy(ALICE)]


def test_somebody_whom_nobody_knows_is_cut_and_the_spelling_is_doubted(rollout: Command, iam: Any) -> None:
    ended = rollout("cut", "alice.chen@acme.exmaple")
    assert ended.code == 0
    assert policies(iam, "pilot") == ["cut-alice.chen@acme.exmaple"]
    assert "CHECK THE SPELLING: nobody called alice.chen@acme.exmaple is" in ended.out
    assert "CHECK THE SPELLING" not in rollout("cut", ALICE).out


def test_a_part_of_a_members_address_is_doubted_as_well(rollout: Command, iam: Any) -> None:  # noqa: ARG001
    for typed in (ALICE[1:], ALICE[:-1]):
        assert f"CHECK THE SPELLING: nobody called {typed} is" in rollout("cut", typed).out
