"""What each source says of a person who is refused, in words, and whether that refuses them.

Nothing is asked here: these are functions of what was found. The rank says which reason stands behind the others: a
Deny in IAM is what AWS refuses by, whatever the file says, and who is in no cohort is in no group of Okta's either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from cli.explain.answers import Account, Counted, Rank, Reason, Says
from cli.live.emergency import RoleState
from rollout.incidents.cut_record import CohortRecord, PersonRecord, Record
from rollout.levels import Level
from rollout.model.cohort import Cohort
from rollout.model.rollout import Rollout
from rollout.model.times import earliest, latest, moment
from rollout.names import MACHINE


def by_file(stack: str, email: str, rollout: Rollout) -> Says:
    source = f"Pulumi.{stack}.yaml"
    named = {name: cohort for name, cohort in rollout.cohorts.items() if email in cohort.holders}
    if not named:
        do = f"`rollout add-member -s {stack} COHORT {email}` with --name and --team, then `rollout up -s {stack}`"
        if _is_machine(email):
            do = f"write it down among the `machines` of a cohort, then `rollout up -s {stack}`"
        reason = Reason(rank=Rank.NOT_MEMBER, why=f"{email} is in no cohort of {source}", do=do)
        return Says(source=source, lines=("in no cohort",), reasons=(reason,))
    lines, reasons = list[str](), list[Reason]()
    for name, cohort in named.items():
        level = cohort.level_of(email)
        usable = cohort.model_copy(update={"level": level}).usable_models(rollout.throttle)
        by = f", by {rollout.gateway.url} alone" if rollout.gateway and usable and not cohort.machines else ""
        lines.append(f"in {name}, {level}: {', '.join(usable) or 'no model'} may be called{by}")
        if (end := cohort.end_of(email)) and email in cohort.ended:
            lines.append(f"their access ended {moment(end)}, by `until`")
            reasons.append(_ended(stack, email, end))
        elif end:
            lines.append(f"their access ends {moment(end)}, by `until`")
        reasons += _of_level(stack, name, email, cohort, rollout)
    if len(named) > 1:  # planned besides
        reasons = [reason for reason in reasons if reason.rank is not Rank.PLANNED] or reasons
    return Says(source=source, lines=tuple(lines), reasons=tuple(reasons))


def _ended(stack: str, email: str, end: datetime) -> Reason:
    do = f"where it is to last longer, `rollout set-until -s {stack} {email} DAY`, then `rollout up -s {stack}`"
    return Reason(rank=Rank.ENDED, why=f"access of {email} ended {moment(end)}, as was agreed", do=do)


def _of_level(stack: str, name: str, email: str, cohort: Cohort, rollout: Rollout) -> Iterator[Reason]:
    level = cohort.level_of(email)
    own = cohort.holders[email]
    incident = (own.incident if own.level is level else None) or cohort.incident
    whose = f"{email} alone" if level is not cohort.level else f"cohort {name}"
    by = f" by {incident.id}: {incident.reason}" if incident else ""
    if level is Level.PLANNED:
        do = f"`rollout set-level -s {stack} {name} active`, when its day has come"
        yield Reason(rank=Rank.PLANNED, why=f"{whose} is planned: nobody of it has access yet", do=do)
    elif level.is_cut:
        do = f"wait for the end of the incident; who decides it: `rollout set-level -s {stack} {name} active`"
        yield Reason(rank=Rank.STOPPED, why=f"{whose} is {level}{by}", do=do)
    elif level is Level.THROTTLED:
        model = rollout.throttle.model
        do = f"use {model}, which is `/model {model}` in Claude Code; for the rest wait for the end of the incident"
        why = f"{whose} is throttled{by}: every model but {model} is refused"
        yield Reason(rank=Rank.THROTTLED, why=why, do=do, certain=False)


def by_record(stack: str, email: str, rollout: Rollout, record: Record, now: datetime) -> Says:
    """What the last update left deployed."""
    lines, reasons = list[str](), list[Reason]()
    do = f"`rollout plan -s {stack}`, then `rollout up -s {stack}`"
    ends = f"who leads the incident ends it, and no update before that: `rollout incidents -s {stack}`"
    declared = {name: cohort for name, cohort in rollout.declared.items() if email in cohort.holders}
    for name, cohort in declared.items():
        known = record.cohorts.get(name)
        person = known.people.get(email) if known and known.is_deployed else None
        if not known or not known.is_deployed or person is None or person.left:
            lines.append(f"{name}: they are not deployed yet")
            reasons.append(
                Reason(rank=Rank.NOT_DEPLOYED, why=f"the file has {email} in {name}, the stack not yet", do=do)
            )
            continue
        if (end := earliest(known.until, person.until)) and end <= now:
            lines.append(f"{name}: their access ended {moment(end)}, as deployed")
            reasons.append(_ended(stack, email, end))
        level, wanted = _level(known, person), cohort.level_of(email)
        if level is wanted:
            lines.append(f"{name}: deployed as the file says, {level}")
            continue
        lines.append(f"{name}: deployed as {level}, and the file says {wanted}")
        if level.is_cut:
            whose = name if known.is_cut else f"{email} alone"
            why = f"{whose} is {level} as deployed, and the file says {wanted}"
            reasons.append(Reason(rank=Rank.STOPPED, why=why, do=ends))
    for name, known in sorted(record.cohorts.items()):
        person = known.people.get(email)
        if name in declared or not known.is_deployed or person is None or person.left:
            continue
        level = _level(known, person)
        lines.append(f"{name}: they are deployed in it, at {level}; the file has them there no more")
        if level.is_cut:
            why = f"they are still in {name} as deployed, which is {level} for them"
            reasons.append(Reason(rank=Rank.STOPPED, why=why, do=ends))
    return Says(source="the last update", lines=tuple(lines) or ("they are not in it",), reasons=tuple(reasons))


def _level(cohort: CohortRecord, person: PersonRecord) -> Level:
    """The cohort's, or their own where that takes more."""
    return person.level if person.level and person.level.rank > cohort.level.rank else cohort.level


def by_okta(stack: str, email: str, accounts: Sequence[Account], groups: Sequence[str]) -> Says:
    """`groups`: which let them in, by the file; none where they should be in none."""
    if not accounts:
        do = "look at the address: it is as Okta's profile has it; else their account is to be made"
        reason = Reason(rank=Rank.NO_ACCOUNT, why=f"Okta has nobody of the address {email}", do=do)
        return Says(source="Okta", lines=("nobody of this address",), reasons=(reason,))
    lines = [f"{each.login} is {each.status}, in {', '.join(sorted(each.groups)) or 'no group'}" for each in accounts]
    living = [each for each in accounts if each.status == "ACTIVE"]
    if not living:
        do = "Okta's administrators can say why, and make it ACTIVE again; then they sign in again"
        why = f"the Okta account {accounts[0].login} is {accounts[0].status}"
        return Says(source="Okta", lines=tuple(lines), reasons=(Reason(rank=Rank.NO_ACCOUNT, why=why, do=do),))
    missing = [group for group in groups if not any(group in each.groups for each in living)]
    reasons: tuple[Reason, ...] = ()
    if missing:
        do = f"`pulumi up --stack {stack} --refresh` puts back what somebody took out by hand"
        why = f"{living[0].login} is not in Okta's group {' and '.join(missing)}"
        reasons = (Reason(rank=Rank.NOT_IN_GROUP, why=why, do=do),)
    return Says(source="Okta", lines=tuple(lines), reasons=reasons)


def by_iam(
    stack: str,
    cohort: str,
    email: str,
    names: frozenset[str],
    state: RoleState,
    *,
    file_level: Level | None,
    is_left: bool = False,
) -> Says:
    """`names`: of their sessions, as far as anybody knows. `file_level`: theirs; None where the file has them
    elsewhere, or nowhere. `is_left`: they left the cohort, and a session of theirs may be of its role still."""
    source = f"IAM, role of {cohort}"
    if not state.exists:
        do = f"`rollout up -s {stack}`, where the file's level has a role"
        return Says(
            source=source,
            lines=("no such role",),
            reasons=(Reason(rank=Rank.NO_ROLE, why=f"cohort {cohort} has no role in AWS", do=do),),
        )
    lines, reasons = list[str](), list[Reason]()
    leads = f"who leads the incident ends it; `rollout incidents -s {stack}` says which"
    here, certain = file_level is not None, not is_left
    back = f"`rollout set-level -s {stack} {cohort} active` gives back, where the incident is over"
    of = (
        "" if here else f" on the role of {cohort}, where {'a session' if is_left else 'the access'} of theirs still is"
    )
    for each in state.emergencies:
        if not each.names or names & {*each.names}:
            whom = email if each.names else f"everybody of {cohort}"
            since = f" since {each.since:%d %b %H:%M} UTC" if each.since else ""
            lines.append(f"everything is denied to {whom}{since}, by `rollout cut`")
            why = f"`rollout cut` denies {whom} everything{since}"
            own = f"`rollout set-level -s {stack} {email} active` gives back, where the incident is over"
            do = (own if each.names else back) if here else leads
            reasons.append(Reason(rank=Rank.CUT, why=f"{why}{of}", do=do, certain=certain))
    behind = "" if file_level is not None and file_level.is_cut else ", and the file does not say so"
    if state.suspended:
        lines.append("Bedrock is denied to the whole cohort")
        why = f"IAM denies Bedrock to cohort {cohort}{behind}"
        reasons.append(Reason(rank=Rank.STOPPED, why=f"{why}{of}", do=leads if behind else back, certain=certain))
    if names & state.denied_names:
        lines.append("everything is denied to them alone")
        why = f"IAM denies {email} everything{behind}"
        reasons.append(Reason(rank=Rank.STOPPED, why=f"{why}{of}", do=leads, certain=certain))
    if not state.allows:
        lines.append("nothing is allowed")
    if not state.allows and here:
        reasons.append(
            Reason(rank=Rank.NO_ROLE, why=f"the role of {cohort} allows nothing", do=f"`rollout up -s {stack}`")
        )
    if not lines:
        lines.append("the role allows the models of its level, and no Deny is of this person")
    if state.others:
        lines.append(f"besides, by hand: {', '.join(state.others)}")
    return Says(source=source, lines=tuple(lines), reasons=tuple(reasons))


def by_meter(counted: Sequence[Counted], now: datetime) -> Says:
    """What they and theirs have used, and whether that stops them."""
    lines = tuple(f"{each.what}: USD {each.usd:,.2f}" for each in counted)
    reasons = tuple(
        Reason(
            rank=Rank.SPENT,
            why=f"{each.what} is used up (USD {each.usd:,.2f}), so calls are denied until {_utc(each.stop.until)}",
            do="wait until then, or `budgets.raises` in the stack file gives one person more until a time",
        )
        for each in counted
        if each.stop and now < each.stop.until and not (each.stop.since and now < each.stop.since)
    )
    return Says(source="the meter", lines=lines or ("nothing was counted of them",), reasons=reasons)


def by_session(
    email: str,
    cohorts: Mapping[str, Cohort],
    record: Record | None,
    states: Sequence[RoleState],
    began: datetime | None,
    gateway: str = "",
) -> Says:
    """Before which time sessions are refused, by whoever drew it; `began`: when theirs did, where somebody says.
    `gateway`: the address of what begins sessions for people."""
    lines: list[datetime | None] = [state.older_sessions_before for state in states]
    for name, cohort in cohorts.items():
        lines += [cohort.valid_from(), cohort.member_valid_from(email) if email in cohort.holders else None]
        known = record.cohorts.get(name) if record else None
        person = known.people.get(email) if known else None
        lines += [known.dead_before if known else None, person.dead_before if person else None]
    line = latest(*lines)
    if line is None:
        return Says(source="their session", lines=("no incident has made earlier sessions invalid",))
    said = f"sessions that began before {_utc(line)} are refused"
    do = "ask them to sign in again: in Claude Code `/login`, elsewhere a new `okta-aws-cli` session"
    if gateway:
        do = f"ask them to try again in a minute: {gateway} begins their sessions, and a new one once AWS refuses it"
    if _is_machine(email):
        do = "run the job again, which gets a new session"
    if began is None:
        reason = Reason(rank=Rank.PERHAPS_OLD, why=f"{said}, and theirs may be older", do=do, certain=False)
        return Says(source="their session", lines=(said,), reasons=(reason,))
    if began < line:
        reason = Reason(rank=Rank.OLD_SESSION, why=f"their session of {_utc(began)} is refused: {said}", do=do)
        return Says(source="their session", lines=(f"began {_utc(began)}", said), reasons=(reason,))
    return Says(source="their session", lines=(f"began {_utc(began)}", f"{said}, and theirs is not"))


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d %b %H:%M:%S} UTC"


def _is_machine(holder: str) -> bool:
    return MACHINE.fullmatch(holder) is not None
