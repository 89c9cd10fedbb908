"""`rollout init --beside`: the file of a stack that adopts what another one has made, in its account or its Okta."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, cast

import yaml
from pydantic import AfterValidator, Field, ValidationError

from cli.company.answers import AccountId, Given
from cli.company.files import ROSTERS, roster_header
from cli.company.people import mistakes_in, people_text
from cli.company.placing import place
from cli.live import engine
from cli.live.engine import Held
from cli.stack_file.accounts import allowed_accounts
from cli.stack_file.change import changed, difference, judged, write_if_unchanged
from cli.stack_file.files import config_in, config_of, with_config
from cli.stack_file.listing import BEGINNING, END, stack_path
from cli.stack_file.neighbours import place_of
from cli.stack_file.yaml_load import line_of, loaded
from cli.terminal.ask import confirmed
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.text import text_of
from rollout.account import Account
from rollout.model.errors import StackFileError, mistakes_of
from rollout.model.fields import CohortName, ModelLabel, Words
from rollout.model.rollout import Rollout
from rollout.names import PROJECT
from rollout.stack_file.beside import ASKED, UMBRELLA, Place, block, clashes, made
from rollout.stack_file.checks import part

NOTHING = "nothing was written"
# By the name of the resource that has it (`components.identity.federation`).
IDS = {
    "saml_provider_arn": "federation-saml",
    "okta_app_id": "federation-aws",
    "okta_sign_in_app_id": "federation-sign-in",
    UMBRELLA: "federation-umbrella",
}
# What both stacks say alike; the rest is the first one's own: who is told, secrets, success, Macs, cohorts.
ALIKE = (
    *("organization", "okta", "federation", "identity_center", "models", "session_minutes", "throttle", "claude"),
    *("mac", "logs"),
)
BUDGETS = ("user_daily_usd", "team_daily_usd", "monthly_usd", "alert_at")
RETENTION_DAYS = 30
HEAD = (
    "# Beside stack {first}, in the same account: `adopt` names what that one has made. Before the first `pulumi up`:\n"
)
NEXT = """
Next:
  rollout check                 judges both stacks beside each other
  pulumi stack init {second}    once; then `rollout doctor -s {second}`
"""


def _any(labels: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if labels == ():
        raise ValueError("empty; name at least one, or leave it out")
    return labels


class Second(Given):
    """What may be said of the second stack; none of it has to be."""

    cohort: CohortName = "trial"
    """The first cohort's name; no other stack of the account has one of this name."""
    models: Annotated[tuple[ModelLabel, ...] | None, AfterValidator(_any)] = None
    """Labels of the first stack's models; all of them where it is not said."""
    people: Words | None = None
    """A CSV file with the cohort's people."""
    monthly_usd: Annotated[float, Field(gt=0)] | None = None
    """What the month may cost; as the first stack's where it is not said."""
    account: AccountId | None = None
    """Its AWS account, where that is another one than the first stack's: then the umbrella group alone is adopted."""


def run(folder: Path, beside: str, second: str, answers: Path | None, yes: bool, as_json: bool) -> int:
    """Exit 0 once the file is there; CommandError, and nothing written, where it would not be right."""
    if beside.rpartition("/")[2] == second:
        raise CommandError(f"--stack: {second} is the first stack itself; name another one\n{NOTHING}")
    path = stack_path(folder, beside)
    first, config = with_config(path)
    state = engine.held(folder, beside)
    known = place_of(beside, first, config)
    place_ = replace(known, accounts=known.accounts or _accounts_in(state))
    adopt, accounts = adopted(place_, state), place_.accounts
    target = folder / f"{BEGINNING}{second}{END}"
    if target.exists():
        files, shown = dict[str, str](), _joined(target, first, adopt, accounts, yes, as_json)
    else:
        said = _second(answers)
        if said.account and said.account not in accounts:
            adopt, accounts = {UMBRELLA: adopt[UMBRELLA]}, frozenset({said.account})
        elif first.gateway:
            text = (
                f"gateway: people of stack {known.stack} reach Bedrock by {first.gateway.url} alone, and of two stacks "
                "of an account one has a gateway: put the cohort into that stack, or name another `account`"
            )
            raise CommandError(f"{text}\n{NOTHING}")
        files = _new(folder, path, second, said, adopt, accounts)
        _judge(files, folder, second, place_)
        shown = ""
    written = place(files, folder) if files else ([target.name] if shown else [])
    if as_json:
        print_json({"folder": str(folder), "written": written, "adopt": adopt})
        return 0
    print("\n".join(f"wrote {each}" for each in written) or f"{target.name}: adopts all of it already")
    print(NEXT.format(second=second), end="")
    return 0


def adopted(first: Place, state: list[Held]) -> dict[str, str | bool]:
    """The block, with the ids that the first stack's state has. CommandError where that has not made them yet."""
    known = {each.name: each.id for each in state}
    found: dict[str, str | bool] = {}
    missing: list[str] = []
    account = Account(next(iter(first.accounts)), first.region or "") if len(first.accounts) == 1 else None
    for key, value in made(first.rollout, account).items():
        if key not in IDS or getattr(first.rollout.adopt, key):
            found[key] = value
        elif IDS[key] in known:
            found[key] = known[IDS[key]]
        else:
            missing.append(key)
    if missing or ASKED in found.values():
        text = (
            f"stack {first.stack} has not made all of it yet ({', '.join(missing)}): "
            f"`pulumi up --stack {first.stack}` comes first"
        )
        raise CommandError(f"{text}\n{NOTHING}")
    return found


def _accounts_in(state: list[Held]) -> frozenset[str]:
    """By the provider, or by what is this stack's own in IAM: under `identity_center` there is no provider."""
    ours = (each.id for each in state if each.is_own and each.kind == "aws:iam/policy:Policy")
    arns = [*(each.id for each in state if each.name == IDS["saml_provider_arn"]), *ours]
    return frozenset(arn.split(":")[4] for arn in arns if arn.count(":") >= 5)


def _second(answers: Path | None) -> Second:
    if answers is None:
        return Second()
    try:
        given: Any = loaded(text_of(answers))
    except yaml.YAMLError as error:
        raise CommandError(f"{answers.name}: no YAML: {line_of(error)}\n{NOTHING}") from None
    if not isinstance(given, dict):
        raise CommandError(f"{answers.name}: no map; the keys are {', '.join(sorted(Second.model_fields))}\n{NOTHING}")
    told = cast("dict[str, Any]", given)
    if isinstance(people := told.get("people"), str):
        told = {**told, "people": str(answers.parent / people)}
    try:
        return Second.model_validate(told)
    except ValidationError as error:
        lines = sorted({f"{answers.name}: {mistake.line({})}" for mistake in mistakes_of(error, Second, ())})
        raise CommandError("\n".join([*lines, NOTHING])) from None


def _new(
    folder: Path,
    path: Path,
    second: str,
    said: Second,
    adopt: Mapping[str, str | bool],
    accounts: frozenset[str],
) -> dict[str, str]:
    """Texts by path: the stack file, and its roster where there is none yet."""
    theirs = config_of(path)
    roster = f"{ROSTERS}/{second}-{said.cohort}.csv"
    config: dict[str, Any] = {key: copy.deepcopy(theirs[key]) for key in theirs if not key.startswith(f"{PROJECT}:")}
    if accounts:
        config["aws:allowedAccountIds"] = sorted(accounts)
    if accounts.isdisjoint(allowed_accounts(theirs)):
        config.pop("aws:profile", None)
    ours = {key: copy.deepcopy(theirs[f"{PROJECT}:{key}"]) for key in ALIKE if f"{PROJECT}:{key}" in theirs}
    budgets = cast("dict[str, Any]", theirs.get(f"{PROJECT}:budgets") or {})
    ours["budgets"] = {key: budgets[key] for key in BUDGETS if key in budgets}
    if said.monthly_usd:
        ours["budgets"]["monthly_usd"] = said.monthly_usd
    ours["logs"] = {"retention_days": RETENTION_DAYS}
    ours["service_levels"] = "warn"
    ours["adopt"] = dict(adopt)
    models = list(said.models or ours["models"])
    ours["cohorts"] = {said.cohort: {"level": "planned", "models": models, "roster": roster}}
    document = {"config": {**config, **{f"{PROJECT}:{key}": value for key, value in ours.items()}}}
    head = f"{HEAD.format(first=path.name.removeprefix(BEGINNING).removesuffix(END))}# `pulumi stack init {second}`.\n"
    body = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    files = {f"{BEGINNING}{second}{END}": head + body}
    if said.people:
        text = people_text(Path(said.people))
        if lines := mistakes_in(text, said.people, list(part(ours, "organization", "teams"))):
            raise CommandError("\n".join([*lines, NOTHING]))
        files[roster] = text
    elif not (folder / roster).exists():
        files[roster] = roster_header()
    return files


def _judge(files: Mapping[str, str], folder: Path, second: str, first: Place) -> None:
    """By the stack file's own judge, and beside the first stack. CommandError has all that is wrong."""
    name = f"{BEGINNING}{second}{END}"
    with tempfile.TemporaryDirectory() as scratch:
        for roster in (folder / ROSTERS).glob(f"{second}-*.csv"):
            _write(Path(scratch) / ROSTERS / roster.name, roster.read_bytes())
        for path, text in files.items():
            _write(Path(scratch) / path, text.encode())
        try:
            rollout = judged(files[name], Path(scratch), name)
        except StackFileError as error:
            raise CommandError("\n".join([*(f"{name}: {line}" for line in error.lines), NOTHING])) from None
    found = clashes([first, place_of(second, rollout, config_in(files[name], name) or {})])
    lines = [each.text for each in found if each.is_mistake or each.text.startswith("cohorts.")]
    if lines:
        raise CommandError("\n".join([*(f"{name}: {line}" for line in lines), NOTHING]))


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)


def _joined(
    target: Path,
    first: Rollout,
    adopt: Mapping[str, str | bool],
    accounts: frozenset[str],
    yes: bool,
    as_json: bool,
) -> str:
    """The block put into a file that somebody has written already: shown, and asked for. The difference; empty where
    there is none."""
    rollout, config = with_config(target)
    own = allowed_accounts(config)
    one_account = not own or not accounts or bool(own & accounts)
    one_group = rollout.okta == first.okta
    wanted = {key: value for key, value in adopt.items() if (one_group if key == UMBRELLA else one_account)}

    def change(document: Any) -> None:
        known = document["config"]
        known[f"{PROJECT}:adopt"] = {**(known.get(f"{PROJECT}:adopt") or {}), **wanted}
        if accounts and not known.get("aws:allowedAccountIds"):
            known["aws:allowedAccountIds"] = sorted(accounts)

    before = text_of(target)
    after = changed(target, before, change)
    shown = difference(target.name, before, after)
    if not shown:
        return ""
    try:
        judged(after, target.parent, target.name)
    except StackFileError as error:
        lines = [*(f"{target.name}: {line}" for line in error.lines), f"with `{block(wanted)}`", NOTHING]
        raise CommandError("\n".join(lines)) from None
    if not as_json:
        print(shown, end="")
    confirmed(f"Write {target.name}?", yes)
    write_if_unchanged(target, before, after)
    return shown
