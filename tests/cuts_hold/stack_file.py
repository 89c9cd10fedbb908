"""The stack of the sequences: two cohorts of four people, and what somebody does to its file by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from rollout.levels import Level
from rollout.people.directory import Person
from tests import stacks

ALICE, GRACE, KIM, LEE = (f"{name}@acme.example" for name in ("alice.chen", "grace.liu", "kim.okafor", "lee.santos"))
PEOPLE, BOTH = (ALICE, GRACE, KIM, LEE), ("pilot", "wave2")


def first_file() -> dict[str, Any]:
    made = stacks.small()
    pilot = made["cohorts"]["pilot"]
    pilot["members"][KIM] = {"name": "Kim Okafor", "team": "backend"}
    made["cohorts"]["wave2"] = {**copy.deepcopy(pilot), "members": {LEE: {"name": "Lee Santos", "team": "platform"}}}
    return made


def accounts() -> dict[str, list[Person]]:
    """Kim's login is not the address."""
    logins = {email: email for email in PEOPLE} | {KIM: "kokafor@acme.example"}
    return {email: [Person(f"00u{n}", email, logins[email], "ACTIVE")] for n, email in enumerate(PEOPLE)}


def _cohort(file: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    return file["cohorts"][data.draw(st.sampled_from(sorted(file["cohorts"])))]


def _level(file: dict[str, Any], data: st.DataObject) -> None:
    _cohort(file, data)["level"] = data.draw(st.sampled_from(list(Level))).value


def _forget(file: dict[str, Any], data: st.DataObject) -> None:
    cohort = _cohort(file, data)
    cohort["level"] = "active"
    for key in ("incident", "sessions_valid_from"):
        cohort.pop(key, None)


def _remove(file: dict[str, Any], data: st.DataObject) -> None:
    cohort = _cohort(file, data)
    if cohort["members"]:
        del cohort["members"][data.draw(st.sampled_from(sorted(cohort["members"])))]


def _forget_person(file: dict[str, Any], data: st.DataObject) -> None:
    cohort = _cohort(file, data)
    for member in cohort["members"].values():
        for key in ("level", "incident", "sessions_valid_from"):
            member.pop(key, None)


def _move(file: dict[str, Any], data: st.DataObject) -> None:
    source, target = _cohort(file, data), _cohort(file, data)
    if source["members"]:
        email = data.draw(st.sampled_from(sorted(source["members"])))
        target["members"][email] = source["members"].pop(email)


def _add(file: dict[str, Any], data: st.DataObject) -> None:
    email = data.draw(st.sampled_from(PEOPLE))
    if not any(email in cohort["members"] for cohort in file["cohorts"].values()):
        _cohort(file, data)["members"][email] = {"name": "Again", "team": "backend"}


def _drop_cohorts(file: dict[str, Any], data: st.DataObject) -> None:
    if data.draw(st.booleans()):
        file["logs"] = {"retired": list(BOTH)}
    del file["cohorts"]


def _earlier_since(file: dict[str, Any], data: st.DataObject) -> None:
    cohort = _cohort(file, data)
    if "incident" in cohort:
        cohort["incident"] = {**cohort["incident"], "since": data.draw(st.sampled_from(["2026-11-23T00:00:00Z"]))}


EDITS: list[Callable[[dict[str, Any], st.DataObject], None]] = [
    *(_level, _forget, _remove, _forget_person, _move, _add, _drop_cohorts, _earlier_since)
]
