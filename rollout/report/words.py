"""Figures as people read them, and the headline: who has it, what it cost, whether anything is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rollout.levels import Level
from rollout.report.facts import Topic
from rollout.report.figures import Figures
from rollout.report.spend import Spend
from rollout.success.metrics import State

HUNDRED = 100


@dataclass(frozen=True, kw_only=True)
class Attention:
    """Something that somebody must look at. `section`: the id of where the page says more."""

    text: str
    section: str


def usd(amount: float) -> str:
    return f"${amount:,.0f}" if amount >= HUNDRED else f"${amount:,.2f}"


def cents(amount: float) -> str:
    """Of a bill, whatever its size."""
    return f"${amount:,.2f}"


def signed(amount: float) -> str:
    """A little is not nothing: a tenth of a cent is said as such."""
    if 0 < abs(amount) < 0.01:
        return "under $0.01"
    return f"{'-' if amount < 0 else '+' if amount else ''}${abs(amount):,.2f}"


def percent(share: float) -> str:
    """A little is not nothing, and nearly all is not all."""
    value = HUNDRED * share
    if 0 < value < 1:
        return "under 1 %"
    if HUNDRED - 1 < value < HUNDRED:
        return "99 %"
    return f"{value:.0f} %"


def day(value: date | datetime) -> str:
    return f"{value.day} {value:%b %Y}"


def moment(value: datetime) -> str:
    return f"{day(value.astimezone(UTC))}, {value.astimezone(UTC):%H:%M} UTC"


def minutes(value: float) -> str:
    if value < 1:
        return "under 1 min"
    hours, rest = divmod(round(value), 60)
    if hours >= 48:
        return f"{hours / 24:.0f} days"
    if hours:
        return f"{hours} h {rest:02d} min" if rest else f"{hours} h"
    return f"{rest} min"


def lasted(start: datetime, end: datetime) -> str:
    return minutes((end - start) / timedelta(minutes=1))


def count(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def level_word(level: Level) -> str:
    return level.value.replace("_", " ")


def figure(value: float) -> str:
    return f"{value:.3g}"


def joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def title(found: Figures) -> str:
    if not found.with_access:
        return "Nobody has Claude Code now"
    if not found.headcount:
        return f"{count(found.with_access, 'person has', 'people have')} Claude Code"
    return f"{found.with_access:,} of {found.headcount:,} people have Claude Code"


def standfirst(found: Figures) -> str:
    """What it cost and whether anything is wrong, in two or three sentences."""
    wrong = list(attention(found))
    last = "Nothing needs attention." if not wrong else f"{count(len(wrong), 'thing needs', 'things need')} attention."
    unread = [source.topic.value for source in found.sources if source.problem]
    caveat = f" {joined(unread).capitalize()} could not be read, and may hold more." if unread else ""
    return f"{_cost(found)} {last}{caveat}"


def _cost(found: Figures) -> str:
    if not (spend := found.spend):
        return "What it cost could not be read."
    month = f"{spend.month:%B}"
    cost = f"{month} has cost {usd(spend.spent)} of {usd(spend.budget)} so far{_of_budget(spend, spend.spent)}"
    if not (ahead := spend.projection):
        return f"{cost}; too little was used yet to say how it ends."
    return f"{cost}, and is expected to end at {usd(ahead.expected)}{_of_budget(spend, ahead.expected)}."


def _of_budget(spend: Spend, amount: float) -> str:
    share = spend.share(amount)
    return "" if share is None else f" ({percent(share)})"


def reconciled(found: Figures) -> str:
    """The last billed month in two sentences, or why there is none."""
    if not (bill := found.bill):
        return unread(found, Topic.BILL) or f"Not reconciled: {found.not_reconciled or 'nothing was read'}."
    sums = f"{bill.month:%B %Y}: the meter counted {cents(bill.counted_usd)}, AWS billed {cents(bill.billed_usd)}"
    if not bill.causes:
        return f"{sums}, and nothing differs."
    told = f"{sums}, a difference of {signed(bill.difference_usd)}: {signed(bill.explained_usd)} explained, "
    return f"{told}{signed(bill.unexplained_usd)} not explained."


def attention(found: Figures) -> Iterator[Attention]:
    yield from _cohorts(found)
    yield from _costs(found)
    yield from _bill(found)
    yield from _success(found)
    yield from _incidents(found)


def _cohorts(found: Figures) -> Iterator[Attention]:
    for cohort in found.cohorts:
        if cohort.level.needs_incident:
            yield Attention(
                text=f"{cohort.name} is {level_word(cohort.level)}{_since(cohort.since)}", section="cohorts"
            )
        if cohort.level is not cohort.wanted:
            text = f"{cohort.name} is {level_word(cohort.level)}, and the stack file says {level_word(cohort.wanted)}"
            yield Attention(text=f"{text}: an update is due", section="cohorts")


def _success(found: Figures) -> Iterator[Attention]:
    for each in found.success:
        if each.state is State.NOT_MET and each.value is not None:
            text = f"{each.title} of {each.cohort} misses its target: {figure(each.value)} {each.unit}"
            yield Attention(text=f"{text}, meant {figure(each.target)}", section="success")


def _incidents(found: Figures) -> Iterator[Attention]:
    stopped = [step for step in found.open_steps if step.member]
    if stopped:
        text = f"{count(len(stopped), 'person is', 'people are')} at a level of their own"
        yield Attention(text=text, section="incidents")
    late = [step for step in found.steps or () if step.met is False]
    if late:
        text = f"{count(len(late), 'level was', 'levels were')} reached later than the plan's minutes"
        yield Attention(text=text, section="incidents")
    for level, residual in found.promises.items():
        if not residual.met:
            text = f"{level_word(level)} may take longer than the plan's {residual.service_level} minutes to bite"
            yield Attention(text=text, section="incidents")
    for alarm in found.ringing or ():
        yield Attention(text=f"Alarm {alarm} is ringing", section="incidents")


def _bill(found: Figures) -> Iterator[Attention]:
    if not (bill := found.bill) or bill.agrees:
        return
    if bill.unexplained:
        text = f"{signed(bill.unexplained_usd)} of the bill of {bill.month:%B} are not explained by what was counted"
        yield Attention(text=text, section="bill")
    for warning in bill.warnings:
        yield Attention(text=f"The bill of {bill.month:%B}: {warning}", section="bill")


def _since(at: datetime | None) -> str:
    return f" since {moment(at)}" if at else ""


def _costs(found: Figures) -> Iterator[Attention]:
    if not (spend := found.spend):
        return
    month = f"{spend.month:%B}"
    if spend.spent > spend.budget:
        text = f"{month} has cost {usd(spend.spent)}, more than its budget of {usd(spend.budget)}"
    elif spend.expects_more_than_budget and spend.projection:
        text = f"{month} is expected to end at {usd(spend.projection.expected)}, above its budget"
    elif spend.projection and spend.projection.high > spend.budget:
        text = f"{month} may end above its budget: up to {usd(spend.projection.high)}"
    elif spend.spent and spend.spent >= spend.alert:
        text = f"{month} has used {percent(spend.spent / spend.budget)} of its budget"
    else:
        return
    yield Attention(text=text, section="spend")


def unread(found: Figures, topic: Topic) -> str | None:
    problem = found.problem(topic)
    return f"{topic.value.capitalize()} could not be read: {problem}" if problem else None
