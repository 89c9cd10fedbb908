"""`rollout explain`: why a person is refused, asked of each source by itself, and the most likely reason."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.cutting.whereabouts import cohorts_of
from cli.explain import portal, reasons
from cli.explain.answers import Reason, Says, most_likely
from cli.explain.roles import deployed_in, held, left_lately, let_in_by
from cli.explain.sources import counted, okta_accounts
from cli.live.asking import Answer, Unreachable, asked, asking
from cli.live.aws import Clients, account_of, checked_account, clients, expected_accounts
from cli.live.emergency import RoleState, role_state
from cli.live.engine import cut_record, outputs
from cli.stack_file.files import config_of, with_config
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from rollout import names
from rollout.access.emergency import spellings
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.usage.meter_input import limits

NOTHING, FOUND, NOT_ALL = 0, 1, 3
SOURCE_WIDTH = 26
NOTHING_REFUSES = (
    "Nothing here refuses them. Ask them to sign in again and to try once more; if AWS still refuses, run "
    "`rollout doctor` and the query `Denied calls`"
)
NOTHING_SO_FAR = "Nothing of what answered refuses them; what did not answer may: ask again"


def run(stack: str, person: str, began: str | None, as_json: bool) -> int:
    """The exit code: 1 where something refuses them, 3 where nothing was found and not everybody answered."""
    email, since = person.strip().lower(), _time(began)
    found = list(held(stack, list(explained(Path.cwd(), stack, email, since, datetime.now(UTC)))))
    told = [one for one in found if isinstance(one, Says)]
    away = [one for one in found if isinstance(one, Unreachable)]
    reason = most_likely(told)
    if as_json:
        print_json(_document(email, told, away, reason))
    else:
        show(Console(highlight=False), email, found, reason)
    return FOUND if reason and reason.certain else NOT_ALL if away else NOTHING


def _time(began: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(began) if began else None
    except ValueError:
        raise CommandError(f"--began: not a time such as 2026-11-23T14:05:00Z: {began}") from None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def explained(
    project: Path, stack: str, email: str, began: datetime | None, now: datetime
) -> Iterator[Says | Unreachable]:
    """Each source in turn, asked side by side. What one needs of another, and has not, is said."""
    path = stack_path(project, stack)
    source = f"Pulumi.{stack}.yaml"
    try:
        rollout, config = with_config(path)
    except StackFileError as error:
        yield Unreachable(source, f"is wrong, so only its cohorts were read: {error.lines[0]}")
        rollout, config = None, asked(source, config_of, path)
    if rollout:
        yield reasons.by_file(stack, email, rollout)
    cohorts = asked(source, cohorts_of, path, email)
    homes = [] if isinstance(cohorts, Unreachable) else cohorts
    asked_at = rollout.okta.domain if rollout and not names.MACHINE.fullmatch(email) else None
    with asking() as ask:
        record_ = ask.of("the last update", cut_record, project, stack)
        aws = asked("AWS", _aws, project, stack, {} if isinstance(config, Unreachable) else config)
        states = {} if isinstance(aws, Unreachable) else {n: ask.of("IAM", role_state, aws[0], n) for n in homes}
        okta = ask.of("Okta", okta_accounts, asked_at, os.environ, email) if asked_at else None
        record = record_.get()
        known = record if isinstance(record, Record) else None
        if rollout and known:
            yield reasons.by_record(stack, email, rollout, known, now)
        elif isinstance(record, Unreachable):
            yield record
        if okta and rollout:
            account = None if isinstance(aws, Unreachable) else aws[1]
            yield _okta(stack, email, okta.get(), rollout, account)
            if rollout.identity_center and not isinstance(aws, Unreachable):
                login = _login(email, okta.get())
                groups = _groups(email, rollout, aws[1])
                yield asked(portal.SOURCE, portal.by_portal, aws[0], rollout.identity_center, login, groups)
        sessions = frozenset({*spellings(email), *(known.names(email) if known else ())})
        if isinstance(aws, Unreachable):
            yield aws
            return
        told = okta.get() if okta else []
        used = [
            *(deployed_in(known, email) if known else ()),
            *(() if isinstance(told, Unreachable) else let_in_by(told, aws[1].id)),
        ]
        left = [name for name in (left_lately(known, email, now) if known else ()) if name not in {*homes, *used}]
        others = dict.fromkeys(name for name in (*used, *left) if name not in homes)
        states |= {name: ask.of("IAM", role_state, aws[0], name) for name in others}
        yield from _iam(stack, email, states, sessions, rollout, left)
        if rollout:
            yield _meter(aws, sessions, email, rollout, known, now)
            now_theirs = [answer.get() for name, answer in states.items() if name not in left]
            living = [state for state in now_theirs if isinstance(state, RoleState)]
            mine = {name: rollout.cohorts[name] for name in homes if name in rollout.cohorts}
            gateway = rollout.gateway.url if rollout.gateway else ""
            yield reasons.by_session(email, mine, known, living, began, gateway)


def _aws(project: Path, stack: str, config: Mapping[str, Any]) -> tuple[Clients, Account]:
    """CommandError where the credentials are of another account than the stack's."""
    made = clients(config)
    told = asked("stack outputs", outputs, project, stack)
    expected = expected_accounts(config, {} if isinstance(told, Unreachable) else told)
    account = checked_account(made, expected) if expected else account_of(made)
    return made, Account(account, str(config.get("aws:region") or made("iam").meta.region_name))


def _okta(
    stack: str, email: str, told: list[reasons.Account] | Unreachable, rollout: Rollout, account: Account | None
) -> Says | Unreachable:
    if isinstance(told, Unreachable):
        return told
    groups = _groups(email, rollout, account) if account else []
    if _let_in(email, rollout):
        groups.append(rollout.okta.umbrella_group)
    return reasons.by_okta(stack, email, told, groups)


def _let_in(email: str, rollout: Rollout) -> list[str]:
    """Cohorts that the file lets them into."""
    mine = {name: cohort for name, cohort in rollout.declared.items() if email in cohort.holders}
    return [
        name for name, cohort in mine.items() if cohort.level_of(email).effects.members and email not in cohort.ended
    ]


def _groups(email: str, rollout: Rollout, account: Account) -> list[str]:
    return [names.okta_group(account.id, name) for name in _let_in(email, rollout)]


def _login(email: str, told: list[reasons.Account] | Unreachable) -> str:
    """As Okta has it; where Okta does not tell, most people's is their address."""
    return told[0].login if isinstance(told, list) and told else email


def _iam(
    stack: str,
    email: str,
    states: Mapping[str, Answer[RoleState]],
    sessions: frozenset[str],
    rollout: Rollout | None,
    left: Collection[str],
) -> Iterator[Says | Unreachable]:
    """`left`: cohorts that they are in no more, and that a session of theirs may outlive."""
    for name, answer in states.items():
        state = answer.get()
        if isinstance(state, Unreachable):
            yield replace(state, source=f"IAM, role of {name}")
            continue
        cohort = rollout.cohorts.get(name) if rollout else None
        level = cohort.level_of(email) if cohort and email in cohort.holders else None
        if not state.exists and (level is None or not level.effects.role):
            continue  # there is no role to ask about, which the file or the last update has said
        is_left = name in left
        yield reasons.by_iam(stack, name, email, sessions, state, file_level=level, is_left=is_left)


def _meter(
    aws: tuple[Clients, Account],
    sessions: frozenset[str],
    email: str,
    rollout: Rollout,
    record: Record | None,
    now: datetime,
) -> Says | Unreachable:
    made, account = aws
    team = next((cohort.holders[email].team for cohort in rollout.cohorts.values() if email in cohort.holders), None)

    def ask() -> Says:
        told = limits(rollout, account, record or Record())
        return reasons.by_meter(counted(made, sessions, team, told, now), now)

    return asked("the meter", ask)


def _document(email: str, told: list[Says], away: list[Unreachable], reason: Reason | None) -> dict[str, Any]:
    return {
        "person": email,
        "most_likely": {"why": reason.why, "do": reason.do, "certain": reason.certain} if reason else None,
        "sources": [
            {
                "source": one.source,
                "says": list(one.lines),
                "refuses": [{"why": each.why, "do": each.do, "certain": each.certain} for each in one.reasons],
            }
            for one in told
        ],
        "did_not_answer": [{"source": one.source, "why": one.why} for one in away],
    }


def show(console: Console, email: str, found: list[Says | Unreachable], reason: Reason | None) -> None:
    def say(text: str) -> None:
        console.print(text, markup=False)

    say(f"{email}: what each source says of their access")
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=SOURCE_WIDTH)
    table.add_column(overflow="fold")
    for one in found:
        lines = ("did not answer: " + one.why,) if isinstance(one, Unreachable) else one.lines
        for number, line in enumerate(lines):
            table.add_row(Text(one.source if number == 0 else ""), Text(line))
    console.print(Padding(table, (0, 0, 0, 2)))
    if reason is None:
        is_whole = not any(isinstance(one, Unreachable) for one in found)
        say(NOTHING_REFUSES if is_whole else NOTHING_SO_FAR)
        return
    say(f"{'Most likely' if reason.certain else 'Perhaps'}: {reason.why}")
    say(f"Do: {reason.do}")
