"""Every member, cohort, model, level, age of session and moment, where people sign in by IAM Identity Center: no
decision of others' evaluator may differ from the table of `tests.authority.test_everybody`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from rollout.iam_limits import MANAGED_CHARACTERS, MANAGED_PER_ROLE, characters
from tests import recording, stacks
from tests.authority import test_everybody as everybody
from tests.authority.roles import by_permission_set
from tests.authority.test_everybody import (
    INCIDENT,
    MOST,
    SEEDS,
    WITH_ROLE,
    Document,
    at_level,
)
from tests.config import generated
from tests.registrations import Recorded

ROLE = "AWSReservedSSO_claude-code-{cohort}_0123456789abcdef"


def of_identity_center(run: Recorded, cohort: str) -> tuple[str, Mapping[str, Any], Any]:
    """A role has what its permission set names, by what these policies say now; without a role nobody has anything."""
    held, most = by_permission_set(run, cohort) or ({}, None)
    return ROLE.format(cohort=cohort), held, most


def wrong_decisions(document: Document, most: int | None = None) -> tuple[list[str], int]:
    return everybody.wrong_decisions(document, most, of_identity_center)


@pytest.mark.slow
@pytest.mark.sampled("stack")
@pytest.mark.parametrize("level", WITH_ROLE)
@pytest.mark.parametrize("stack", stacks.COMMITTED)
def test_no_decision_is_wrong_for_anybody_in_a_committed_stack_file(stack: str, level: str) -> None:
    wrong, asked = wrong_decisions(stacks.by_identity_center(at_level(stack, level)))
    assert wrong == []
    assert asked


def fitting(seed: int) -> Document:
    """A generated file, of which a role of ten policies carries each cohort: models and people that are too many are
    left out, as `rollout check` would have them."""
    document = stacks.by_identity_center(generated.document(seed))
    for cohort in document["cohorts"].values():
        cohort["models"] = cohort["models"][:MODELS]
        cohort["members"] = dict(list(cohort["members"].items())[:PEOPLE])
    return document


MODELS, PEOPLE = 8, 90


@pytest.mark.slow
@pytest.mark.sampled("seeds")
@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_no_decision_is_wrong_for_anybody_in_generated_stack_files(seeds: range) -> None:
    count = 0
    for seed in seeds:
        wrong, asked = wrong_decisions(fitting(seed), MOST)
        assert wrong == [], seed
        count += asked
    assert count > MOST


OWN: list[dict[str, Any]] = [
    {},
    {"sessions_valid_from": INCIDENT["since"]},
    {"until": generated.MEMBERS_LAST_DAY},
    *({"level": level, "incident": INCIDENT} for level in WITH_ROLE[1:]),
]


def alone(level: str, own: dict[str, Any]) -> Document:
    document = stacks.by_identity_center(stacks.small())
    cohort = document["cohorts"]["pilot"]
    cohort.update({"level": level} | ({"incident": INCIDENT} if level != "active" else {}))
    cohort["members"]["alice.chen@acme.example"].update(own)
    return document


def attached(run: Recorded) -> list[str]:
    held, _ = by_permission_set(run, "pilot") or ({}, None)
    return sorted(held)


@pytest.mark.parametrize("level", WITH_ROLE)
def test_no_level_of_anybody_changes_what_is_attached(level: str) -> None:
    """Only what stands in the policies: nothing of a cut is for Identity Center to carry out."""
    usual = attached(recording.run(stacks.config(alone("active", {}))))
    assert len(usual) <= MANAGED_PER_ROLE
    for own in OWN:
        if "level" in own and WITH_ROLE.index(own["level"]) < WITH_ROLE.index(level):
            continue
        run = recording.run(stacks.config(alone(level, own)))
        assert attached(run) == usual
        held, _ = by_permission_set(run, "pilot") or ({}, None)
        assert max(map(characters, held.values())) <= MANAGED_CHARACTERS


def test_a_cohort_that_is_rolled_back_is_denied_and_allowed_nothing_before_anything_is_deleted() -> None:
    document = alone("rolled_back", {})
    run = recording.run(stacks.config(document))
    assert by_permission_set(run, "pilot") is None
    kept = {r.inputs["name"]: r for r in run.of("aws:iam/policy:Policy") if "-pilot-" in r.inputs["name"]}
    assert set(kept) == {"claude-code-pilot-invoke", "claude-code-pilot-stop"}
    assert '"Allow"' not in kept["claude-code-pilot-invoke"].inputs["policy"]
    assert '"Suspended"' in kept["claude-code-pilot-stop"].inputs["policy"]
    members = run.one("pilot-membership-members")
    assert kept["claude-code-pilot-stop"].urn in members.depends_on
    assert not [urn for urn in kept["claude-code-pilot-invoke"].depends_on if "embership" in urn]
