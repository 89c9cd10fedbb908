"""The files that a company's gateway runs with, made of its stack file and of what is deployed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli.live.engine import outputs
from cli.live.signing_in import account_of
from cli.live.stack import CommandError, stack_file
from rollout.account import Account
from rollout.gateway import claude_apps, litellm, spend_limits
from rollout.gateway.claude_apps import Deployed, GatewayError
from rollout.macs.model import SettingsError
from rollout.macs.settings import managed_settings, whole_cohort
from rollout.model.gateway import GatewayKind
from rollout.model.rollout import Rollout

WIDTH = 110


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a kind's files are made of. `known`: the stack's outputs."""

    stack: str
    rollout: Rollout
    account: Account
    known: Mapping[str, Any]


def write(stack: str, folder: Path | None) -> None:
    """Into `folder`, each with its name; without one, the first of them to standard output. CommandError where there is
    no gateway, or not everything that it needs is deployed."""
    rollout = stack_file(Path.cwd(), stack)
    if rollout.gateway is None:
        raise CommandError(f"stack {stack} has no gateway; docs/gateway.md says what one is for")
    known = outputs(Path.cwd(), stack)
    accounts = [found for name in rollout.of_people if (found := account_of(name, known))]
    if not accounts:
        raise CommandError("no cohort of people has a profile yet; run `pulumi up` first")
    files = EMITTERS[rollout.gateway.kind](Given(stack=stack, rollout=rollout, account=accounts[0], known=known))
    if folder is None:
        print(next(iter(files.values())), end="")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{', '.join(files)} in {folder}")


def _claude_apps(given: Given) -> dict[str, str]:
    rollout, account = given.rollout, given.account
    cohorts = claude_apps.served(rollout)
    try:
        document = claude_apps.document(rollout, account, {name: _deployed(given, name) for name in cohorts})
    except (GatewayError, SettingsError) as error:
        raise CommandError(str(error)) from None
    head = [f"For `claude gateway` {claude_apps.LEAST_VERSION} or newer, by `rollout gateway --stack {given.stack}`."]
    head += [
        "Made anew at each change of the stack file; it is read once, when the gateway starts.",
        "In its environment:",
    ]
    head += [f"  {name}: {text}" for name, text in claude_apps.environment(rollout, account).items()]
    for cohort, people in claude_apps.alone(rollout).items():
        head.append(f"Of cohort {cohort}, IAM and not this file has the level of: {', '.join(people)}")
    if not cohorts:
        head.append("No cohort is served: nobody can sign in.")
    text = yaml.safe_dump(document, sort_keys=False, width=WIDTH, allow_unicode=True)
    bodies = [json.dumps(body) for body in spend_limits.limits(rollout, account, cohorts)]
    return {
        "gateway.yaml": "".join(f"# {line}\n" for line in head) + text,
        "spend-limits.jsonl": "".join(f"{body}\n" for body in bodies),
    }


def _deployed(given: Given, cohort: str) -> Deployed:
    found: Mapping[str, Any] = given.known.get("cohorts", {}).get(cohort, {})
    arns: dict[str, str] = found.get("profile_arns") or {}
    if not found.get("role_arn") or not set(given.rollout.cohorts[cohort].models) <= set(arns):
        raise CommandError(f"cohort {cohort} has not all of its role and profiles yet; run `pulumi up` first")
    settings = managed_settings(given.rollout, whole_cohort(given.rollout, cohort), arns)
    return Deployed(role_arn=found["role_arn"], profile_arns=arns, settings=settings or {})


def _litellm(given: Given) -> dict[str, str]:
    """No ARN is in them: the hook reads these, and levels, from the meter's table while it runs."""
    return litellm.files(given.rollout, given.account)


# Of each kind its files, by name: the one that the gateway starts with first.
EMITTERS: Mapping[GatewayKind, Callable[[Given], dict[str, str]]] = {
    GatewayKind.CLAUDE_APPS: _claude_apps,
    GatewayKind.LITELLM: _litellm,
}
