"""When an update must not end well: people whom Okta does not know, memberships that did not take, news nobody has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

import pulumi
from pulumi.runtime.settings import get_monitor

from components.cohort import Cohort
from components.identity.federation import Federation
from components.identity.people import listed
from rollout.access.update_warnings import (
    changed_profiles,
    changed_ways_in,
    later_ends,
    refused_spellings,
    tokens_that_outlive,
    too_large_at_once,
)
from rollout.incidents.cut_record import Record
from rollout.incidents.cuts import words_of_cuts
from rollout.incidents.ends import still_in_okta
from rollout.incidents.quotas import never_stopped
from rollout.incidents.stale_file import stale
from rollout.model.errors import StackFileError, one_of
from rollout.model.rollout import Rollout
from rollout.people.directory import Directory, group_mistakes, umbrella_mistakes, unknown_people
from rollout.stack_file.budget_consistency import doubts
from rollout.update_order import Step

NOT_AS_DECLARED = "Okta's groups are not as declared; run `pulumi up --refresh` to mend them:"


def judge_people(rollout: Rollout, known: Directory | None) -> None:
    """Refuse members whom Okta does not know, before anything is declared.

    While an incident is open they are a warning: somebody who left must not stop access from being cut.
    """
    lines = [mistake.line({}) for mistake in unknown_people(rollout, known)] if known is not None else []
    if not lines:
        return
    if rollout.incident_open:
        pulumi.log.warn("\n".join(lines))
    else:
        raise pulumi.RunError(str(StackFileError(lines)))


def refuse_stale(record: Record, rollout: Rollout) -> None:
    """Refuse a stack file that forgets a cut on record, or that the engine would carry out by half."""
    if found := stale(record, rollout):
        raise pulumi.RunError(str(StackFileError([each.line for each in found])))


def warn_of_update(before: Record, rollout: Rollout, after: Record) -> None:
    """Say what a change breaks: in a preview which clients, since an inference profile's ARN cannot be known before it
    is made; what outlives the end of a suspension; whose end has passed, and whose access lasts beyond it; and
    what IAM would refuse half-way."""
    lines = changed_profiles(before, rollout, after) if pulumi.runtime.is_dry_run() else []
    if lines:
        pulumi.log.warn("\n".join(["This breaks clients:", *(f"  {line}" for line in lines)]))
    for line in changed_ways_in(before, rollout) if pulumi.runtime.is_dry_run() else ():
        pulumi.log.warn(line)
    for line in [*tokens_that_outlive(before, rollout), *refused_spellings(rollout, after)]:
        pulumi.log.warn(line)
    for line in still_in_okta(before, rollout) if pulumi.runtime.is_dry_run() else ():
        pulumi.log.warn(line)
    for line in too_large_at_once(before, rollout):
        pulumi.log.warn(line)
    for line in later_ends(before, rollout, after) if pulumi.runtime.is_dry_run() else ():
        pulumi.log.warn(line)


def doubt_budgets(rollout: Rollout) -> None:
    """Say that something does not fit together, where somebody has time to read it: in previews, and in no incident.
    The arithmetic is `rollout check`'s: a plan is read for what it changes."""
    count = 0 if rollout.incident_open or not pulumi.runtime.is_dry_run() else sum(1 for _ in doubts(rollout))
    if count:
        what = "in 1 place" if count == 1 else f"in {count} places"
        pulumi.log.warn(f"the budgets do not fit together {what}; `rollout check` has the arithmetic")


def judge_cuts(
    rollout: Rollout, cuts: Mapping[str, Sequence[str]], record: Record, moved: Mapping[str, str]
) -> list[str]:
    """What an update must end with, once everything is done: a file that gives access which `rollout cut` denies is
    behind what somebody on call has done, and nobody is free of a stop without a word. In a preview a warning says
    so."""
    words = list(words_of_cuts(rollout, cuts, record, moved))
    for word in words:
        if not word.behind:
            pulumi.log.info(word.line)
        elif pulumi.runtime.is_dry_run():
            pulumi.log.warn(word.line)
    return [*(word.line for word in words if word.behind), *_judge_quotas(rollout, record)]


def _judge_quotas(rollout: Rollout, record: Record) -> list[str]:
    lines = list(never_stopped(rollout, record))
    for line in lines if pulumi.runtime.is_dry_run() else ():
        pulumi.log.warn(line)
    return lines


def okta_is_silent(rollout: Rollout, behind: Sequence[str] = ()) -> list[str]:
    """With what an update ends that could change AWS only. What it did not declare stays, since no deletion follows an
    error."""
    lines = ["Okta does not answer: what is denied is denied in AWS, no group was changed; run `pulumi up` again later"]
    lines += [
        f"cohorts.{name}: rolled_back needs Okta; to cut access in AWS now, set suspended"
        for name, cohort in rollout.declared.items()
        if not cohort.level.effects.role
    ]
    return [*lines, *behind]


def effects(
    rollout: Rollout, federation: Federation, cohorts: Mapping[str, Cohort], behind: Sequence[str] = ()
) -> tuple[Sequence[str], pulumi.Output[Any]]:
    """Effects that the stack file asks for and an update had not; and what is known once these are complete. Nothing is
    asked in a preview. `behind`: what was found before, of `judge_cuts`."""
    if pulumi.runtime.is_dry_run():
        return [], pulumi.Output.from_input(None)
    found = list(behind)
    asked = [
        _require_memberships(rollout, federation, cohorts, found),
        *_require_announcements(cohorts, found),
        *_require_macs(cohorts, found),
    ]
    return found, pulumi.Output.all(*asked)


def _require_memberships(
    rollout: Rollout, federation: Federation, cohorts: Mapping[str, Cohort], found: list[str]
) -> pulumi.Output[None]:
    """Okta's own lists are those of the stack file.

    The umbrella group is asked about once, after all cohorts have changed it: somebody may move between two of them.
    """
    memberships = {name: cohort.membership for name, cohort in cohorts.items() if cohort.membership}
    known = {name: membership.user_ids for name, membership in memberships.items()}
    after = {name: cohorts[name].steps.before(Step.MEMBERSHIP_CHECK) for name in memberships}
    verdicts = [
        listed(
            membership.group_id,
            after[name],
            partial(group_mistakes, rollout, name, membership.group_name, known[name]),
        )
        for name, membership in memberships.items()
    ]
    every = [resource for each in after.values() for resource in each]
    verdicts.append(listed(federation.umbrella_group_id, every, partial(umbrella_mistakes, rollout, known)))

    def judge(each: list[list[str]]) -> None:
        lines = [line for lines in each for line in lines]
        found.extend([NOT_AS_DECLARED, *lines] if lines else [])

    return pulumi.Output.all(*verdicts).apply(judge)


def _require_announcements(cohorts: Mapping[str, Cohort], found: list[str]) -> Iterator[pulumi.Output[None]]:
    """The announcer has the news. One that it could not take is not lost, but it must be handed in again."""

    def judge(name: str, of_what: str, holds: str, known: list[Any]) -> None:
        result, urn = known
        answer = _answer(result)
        if answer.get("accepted") is False:
            found.append(
                f"cohorts.{name}: nobody was told of {of_what}: {answer.get('reason')}; "
                f"{holds}. Run `pulumi up --replace '{urn}'` to tell them"
            )

    for name, cohort in cohorts.items():
        told = cohort.announcement
        level = partial(judge, name, "the new level", "the level is in force")
        access = partial(judge, name, "who has access", "access is as the stack file says")
        yield pulumi.Output.all(told.result, told.invocation_urn).apply(level)
        yield pulumi.Output.all(told.access_result, told.access_urn).apply(access)


def _require_macs(cohorts: Mapping[str, Cohort], found: list[str]) -> Iterator[pulumi.Output[None]]:
    """Jamf Pro was told of each document. One that it could not be told of stays in the state as not done."""

    def judge(name: str, people: Sequence[str], known: list[Any]) -> None:
        why, confirmed = known
        if why:
            whose = f"Macs {one_of(sorted(confirmed))}" if confirmed else f"the Macs of {one_of(people)}"
            found.append(
                f"cohorts.{name}: settings are not changed yet on {whose}: {why}. "
                "IAM and Okta did not wait for it; run `pulumi up` again once Jamf Pro answers"
            )

    for name, macs in ((name, cohort.macs) for name, cohort in cohorts.items() if cohort.macs):
        for which, why in macs.pending.items():
            yield pulumi.Output.all(why, macs.confirmed[which]).apply(partial(judge, name, macs.people[which]))


def _answer(result: str) -> dict[str, Any]:
    try:
        answer: Any = json.loads(result)
    except ValueError:
        answer = None
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}


def fail_at_the_very_end(found: Sequence[str]) -> None:
    """Fail with what is in `found` by then, once the engine has done everything, deletions included.

    An error that a program raises while it runs keeps the engine from all deletions, and so a rollback from taking a
    role away because of a group elsewhere. The SDK's last call returns when no step is left (resource_monitor.proto,
    SignalAndWaitForShutdown), and a program that fails after it fails the update too: decision 3.
    """
    if pulumi.runtime.is_dry_run():
        return
    monitor: Any = get_monitor()
    wait = monitor.SignalAndWaitForShutdown

    def wait_and_judge(request: Any) -> Any:
        try:
            return wait(request)
        finally:
            if found:
                raise pulumi.RunError("\n".join(found))

    monitor.SignalAndWaitForShutdown = wait_and_judge
