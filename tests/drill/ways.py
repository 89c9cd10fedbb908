"""By which way those of the drill sign in, and what their role is: `make drill WAY=NAME`, of `WAYS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox import sign_in
from sandbox.workflow_tokens import token
from tests.drill import gateways
from tests.drill.steps import ALICE, PEOPLE, Cohort, Step, Typed
from tests.drill.traffic import Session
from tests.engine import by_identity_center as idc
from tests.engine.world import World

REPOSITORY = "acme/ci"
MACHINES = tuple(f"job-{number}" for number in range(5))
OWNER = "priya.raman@acme.example"
ROLE = "arn:aws:iam::123456789012:role/claude-code-pilot"


@dataclass(frozen=True, kw_only=True)
class Way:
    """`prepare`: the stack file, before anything is there. `settle`: what happens by itself after an update. `enter`: a
    session; SandboxError where it is refused. `role`: the role's name, None where there is none. `first`: whose session
    is at work all the time. `by_okta`: whether Okta lets them in."""

    prepare: Callable[[World], object]
    settle: Callable[[World], object]
    enter: Callable[[World, str], Session]
    role: Callable[[World], str | None]
    first: str = ALICE
    by_okta: bool = True
    macs: bool = True
    as_here: Callable[[Step], Step] = lambda step: step
    typed: Callable[[Typed], Typed] = lambda line: line


def _machines(world: World) -> None:
    with world.stack_file() as config:
        cohort = config["claude-code-rollout:cohorts"]["pilot"]
        kept = {key: value for key, value in cohort.items() if key in {"level", "models"}}
        kept["machines"] = {
            name: {"github": {"repository": REPOSITORY, "environment": name}, "team": "platform", "owner": OWNER}
            for name in MACHINES
        }
        config["claude-code-rollout:cohorts"]["pilot"] = kept
        config.get("claude-code-rollout:success", {}).pop("cohort", None)


def _workflow(world: World, machine: str) -> Session:
    own = token(world.settings.state, REPOSITORY, environment=machine)
    return sign_in.workflow_credentials(world.settings, own, ROLE, machine)


# The channel and the tracker as for people; by name one owner in place of them and their managers.
_OWNERS = {
    "3 suspended": (2, 2, 1),
    "4 rolled back": (4, 4, 1),
    "0 active again": (4, 4, 1),
    "one suspended alone": (2, 2, 1),
    "that one back": (2, 2, 1),
}


def _of_machines(step: Step) -> Step:
    """The same step of five machines. Nobody takes a workflow out of a group: whoever is cut still gets a session, and
    is denied with it, but where the role is gone."""
    counts = {PEOPLE: len(MACHINES), PEOPLE - 1: len(MACHINES) - 1}
    gone = step.title in {"4 rolled back", "targeted destroy", "both back: break-glass"}
    return replace(
        step,
        change=_alone
        if step.title == "one suspended alone"
        else _back
        if step.title == "that one back"
        else step.change,
        signs_in=0 if gone else len(MACHINES),
        before=tuple(counts.get(count, count) for count in step.before),
        after=tuple(counts.get(count, count) for count in step.after),
        told=_OWNERS.get(step.title, step.told),
        macs={},
    )


def _typed_of_machines(line: Typed) -> Typed:
    """They have nothing in Okta and on no Mac: a break-glass does all of it at once, and a second one finds nothing."""
    if line.step.title == "break-glass, Okta and Jamf away":
        return replace(line, step=replace(_of_machines(line.step), signs_in=0), code=0)
    again = line.step.title == "both back: break-glass"
    return replace(line, step=replace(_of_machines(line.step), effect=line.step.effect and not again))


def _alone(cohort: Cohort, incident: Mapping[str, str]) -> Cohort:
    own = {**cohort["machines"][MACHINES[0]], "level": "suspended", "incident": dict(incident)}
    return {**cohort, "machines": {**cohort["machines"], MACHINES[0]: own}}


def _back(cohort: Cohort, incident: Mapping[str, str]) -> Cohort:
    kept: dict[str, Any] = {
        key: value for key, value in cohort["machines"][MACHINES[0]].items() if key not in {"level", "incident"}
    }
    own = {**kept, "sessions_valid_from": incident["since"]}
    return {**cohort, "machines": {**cohort["machines"], MACHINES[0]: own}}


def _gateway(kind: str, enter: Callable[[World, str], Session]) -> Way:
    return Way(
        prepare=gateways.chosen(kind),
        settle=lambda _: None,
        enter=enter,
        role=lambda _: "claude-code-pilot",
        macs=False,
    )


WAYS: Mapping[str, Way] = {
    "saml": Way(
        prepare=lambda _: None,
        settle=lambda _: None,
        enter=lambda world, email: world.sign_in(email, "pilot"),
        role=lambda _: "claude-code-pilot",
    ),
    "identity_center": Way(prepare=idc.choose, settle=idc.push, enter=idc.enter, role=idc.role),
    "claude_apps": _gateway("claude_apps", gateways.by_old_file),
    "litellm": _gateway("litellm", gateways.by_the_hook),
    "machines": Way(
        prepare=_machines,
        settle=lambda _: None,
        enter=_workflow,
        role=lambda _: "claude-code-pilot",
        first=MACHINES[0],
        by_okta=False,
        macs=False,
        as_here=_of_machines,
        typed=_typed_of_machines,
    ),
}
