"""What an update would meet that is there already and not the stack's own, and the block that adopts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx

from cli.doctor.finding import Check, Finding, broken, fine, unknown
from cli.doctor.made_once import There, audiences, in_aws, in_okta
from cli.doctor.steps import Step
from cli.live import engine
from cli.live.asking import Unreachable, asked, asking
from cli.live.aws import Clients
from cli.live.engine import Held
from cli.stack_file.listing import stacks
from rollout import names
from rollout.access.federation import WORKFLOW_AUDIENCE, workflow_provider_arn
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.stack_file.beside import block

CHECK = "there already"
FIX = "look at what it says; the credentials may lack the right to ask"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`okta`: None where nothing is there to ask it with."""

    project: Path
    stack: str
    rollout: Rollout
    account: Account | None
    clients: Clients
    okta: Callable[[], AbstractContextManager[httpx.Client]] | None


def check(asked: Asked) -> Check:
    return Check(name=CHECK, look=lambda: _findings(asked), fix=FIX, step=Step.UPDATE)


def _findings(about: Asked) -> Iterator[Finding]:
    account = about.account
    if account is None:
        yield unknown(CHECK, "of which account is not known", "set aws:allowedAccountIds and aws:region")
        return
    own = {(each.kind, each.id) for each in engine.held(about.project, about.stack) if each.is_own}
    found = list(in_aws(about.clients, about.rollout, account))
    of_okta = asked("Okta", _of_okta, about, account)
    if isinstance(of_okta, Unreachable):
        yield unknown(CHECK, f"Okta was not asked: {of_okta.why}", "set Okta's credentials, and ask again")
    else:
        found += of_okta
    others = [each for each in found if (each.kind, each.id) not in own]
    lacking = list(_lacking(about, account))
    yield from lacking
    if others:
        yield from _told(about, others)
    elif not isinstance(of_okta, Unreachable) and not lacking:
        where = "" if about.okta else " in AWS; Okta was not asked"
        yield fine(CHECK, f"nothing that this stack would make is another's{where}")


def _lacking(about: Asked, account: Account) -> Iterator[Finding]:
    """What is adopted and is not there, or not as a workflow needs it: each machine would be refused its session."""
    if not about.rollout.has_workflows or not about.rollout.adopt.github_provider:
        return
    known = audiences(about.clients, account)
    if known is None:
        fix = f"take `github_provider: true` out of adopt in Pulumi.{about.stack}.yaml: this stack makes it then"
        yield broken(CHECK, f"adopt.github_provider: IAM has no provider {names.WORKFLOW_ISSUER}", fix)
    elif WORKFLOW_AUDIENCE not in known:
        what = f"adopt.github_provider: {WORKFLOW_AUDIENCE} is not among the audiences of {names.WORKFLOW_ISSUER}"
        arn = workflow_provider_arn(account)
        fix = f"`aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {arn}"
        yield broken(CHECK, what, f"{fix} --client-id {WORKFLOW_AUDIENCE}`")


def _of_okta(about: Asked, account: Account) -> list[There]:
    if about.okta is None:
        return []
    with about.okta() as okta:
        return list(in_okta(okta, about.rollout, account))


def _told(about: Asked, others: Sequence[There]) -> Iterator[Finding]:
    """One finding for all that is adopted by one block, and one each for what nothing adopts."""
    makers = _makers(about)
    adopted = {each.adopt[0]: each.adopt[1] for each in others if each.adopt}
    if adopted:
        set_now = {key: value for key, value in about.rollout.adopt.model_dump(mode="json").items() if value}
        what = ", ".join(f"{each.what}{_by(makers, each)}" for each in others if each.adopt)
        fix = f"put into Pulumi.{about.stack}.yaml: `{block({**set_now, **adopted})}`"
        yield broken(CHECK, f'{what}: an update would end with "already exists"', fix)
    # Where a function is adopted, what it logs to goes with it.
    goes_along = {"announcer", "meter"} & adopted.keys()
    for each in others:
        if each.adopt or (goes_along and each.what.startswith("log group") and not each.id.endswith("/usage")):
            continue
        yield broken(CHECK, f"{each.what}{_by(makers, each)}", each.fix)


def _makers(about: Asked) -> dict[tuple[str, str], str]:
    """Which other stack of the folder made what, as far as their states can be read."""
    with asking() as ask:
        answers = [
            (stack, ask.of(stack, engine.held, about.project, stack))
            for stack in stacks(about.project)
            if stack != about.stack.rpartition("/")[2]
        ]
        told: list[tuple[str, list[Held] | Unreachable]] = [(stack, answer.get()) for stack, answer in answers]
    return {
        (each.kind, each.id): stack
        for stack, found in told
        if not isinstance(found, Unreachable)
        for each in found
        if each.is_own
    }


def _by(makers: dict[tuple[str, str], str], each: There) -> str:
    stack = makers.get((each.kind, each.id))
    return f" (of stack {stack})" if stack else ""
