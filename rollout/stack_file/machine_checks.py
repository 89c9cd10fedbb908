"""Mistakes in machines: as `rollout.stack_file.checks`, on the document as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError

from rollout import names
from rollout.access.sizes import trust_characters
from rollout.iam_limits import TRUST_CHARACTERS
from rollout.model.cohort import Machine
from rollout.model.errors import Mistake, shown
from rollout.stack_file import checks
from rollout.stack_file.checks import Document, each_cohort, part
from rollout.stack_file.size_checks import SIZE_CHECKS

# Of people, and of machines just as well.
AS_OF_MEMBERS: tuple[Callable[[Document, datetime], Iterator[Mistake]], ...] = (
    checks.teams,
    checks.throttle_model,
    checks.incidents,
    checks.member_levels,
    checks.one_cohort_each,
    *SIZE_CHECKS,
)


def each_machine(document: Document) -> Iterator[tuple[str, str, Document]]:
    for name, cohort in each_cohort(document):
        for machine in part(cohort, "machines"):
            yield name, machine, part(cohort, "machines", machine)


def as_of_members(document: Document, now: datetime) -> Iterator[Mistake]:
    """What is wrong of people is wrong of machines: the same checks, on a file that has these in their place."""
    cohorts = {
        name: {**cohort, "members": part(cohort, "machines")}
        for name, cohort in each_cohort(document)
        if part(cohort, "machines")
    }
    for check in AS_OF_MEMBERS if cohorts else ():
        for mistake in check({**document, "cohorts": cohorts}, now):
            path = mistake.path
            if path[2:3] == ("members",):
                yield replace(
                    mistake,
                    path=(*path[:2], "machines", *path[3:]),
                    text=mistake.text.replace("a person is", "a machine is").replace(" members", " machines"),
                )


def either_kind(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    for name, cohort in each_cohort(document):
        people = [key for key in ("members", "roster") if cohort.get(key)]
        if part(cohort, "machines") and people:
            text = f"beside {' and '.join(people)}: a cohort has people or machines; put these into one of their own"
            yield Mistake(("cohorts", name, "machines"), text)


def one_identity_each(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """Of two machines that IAM cannot tell apart, each could take the other's name, and so its tokens and its Deny."""
    first: dict[str, str] = {}
    for name, machine, said in each_machine(document):
        if not (found := _machine(said)):
            continue
        place = f"cohorts.{name}.machines.{machine}"
        other = first.setdefault(found.identity, place)
        if other != place:
            text = f"is {shown(found.identity)} as {other} is: IAM could not tell them apart; give it an identity of "
            yield Mistake(("cohorts", name, "machines", machine), f"{text}its own")


def roles_of_others(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """Whoever may take a role of ours, people of a cohort above all, would be the machine."""
    for name, machine, said in each_machine(document):
        found = _machine(said)
        if not found or not found.role:
            continue
        role = found.role.rpartition("/")[2].lower()  # IAM takes two that differ by capitals alone for one
        if names.is_our_role(role):
            text = f"a role of this rollout's: {shown(found.role)}; give the machine one that nobody else takes"
            yield Mistake(("cohorts", name, "machines", machine, "role"), text)
        elif role.startswith("awsreservedsso_"):
            text = f"a permission set, which people take: {shown(found.role)}; give the machine a role of its own"
            yield Mistake(("cohorts", name, "machines", machine, "role"), text)


def trust_fits(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    for name, cohort in each_cohort(document):
        of_cohort = part(cohort, "machines")
        known = {machine: found for machine in of_cohort if (found := _machine(part(of_cohort, machine)))}
        size = trust_characters(known)
        if known and size > TRUST_CHARACTERS:
            text = f"{len(known)} machines make a trust policy of {size:,} characters, IAM takes {TRUST_CHARACTERS:,}: "
            yield Mistake(("cohorts", name, "machines"), f"{text}put some into a cohort of their own")


def _machine(said: Document) -> Machine | None:
    """None where the models have something against it."""
    try:
        return Machine.model_validate({**said, "incident": None, "sessions_valid_from": None, "level": None})
    except ValidationError:
        return None


MACHINE_CHECKS = (as_of_members, either_kind, one_identity_each, roles_of_others, trust_fits)
