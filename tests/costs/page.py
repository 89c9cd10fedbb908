"""The page's text, and its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rollout.stack_file.budget_consistency import ACTIVE_DAYS, USD_PER_ACTIVE_DAY
from tests.bench import size_page
from tests.costs import bill, prices
from tests.costs.bill import Line
from tests.costs.declared import COHORT_PEOPLE, Declared, declared, keys
from tests.costs.limits import limits
from tests.costs.request import Request, measured

PEOPLE = (25, 50, 100)

INTRODUCTION = """# Limits and costs

Written by `make limits-page`: `tests/costs` runs the program for stacks of so many developers and counts what it
declares, runs the meter on one record and counts what it asks of AWS, and multiplies by the prices below.

## Limits

What bounds a rollout, with the number, where it is written, and where the code holds it. What is checked is refused
before anything is touched.
"""
QUOTAS = """
Bedrock's own quotas, in tokens and requests a minute per model, belong to the account and are shared by all cohorts; the
alarms on throttled calls ring before people ask.

## A month on AWS
"""


def page() -> str:
    request = measured()
    found = [declared(people, request.own_metrics) for people in PEOPLE]
    return "\n".join(_lines(request, found, keys())) + "\n"


def _lines(request: Request, found: Sequence[Declared], made_keys: int) -> Iterator[str]:
    yield INTRODUCTION
    yield from _table(("Limit", "Number", "Written in", "Held by"), limits())
    yield QUOTAS
    yield (
        f"In USD, for cohorts of {COHORT_PEOPLE} like the sandbox's pilot, with three models each and everything on: "
        f"Slack, webhook, GitHub, Jamf Pro. Assumed: {bill.REQUESTS_A_DAY} requests of each developer on "
        f"{bill.WORKDAYS} days; each record delivered by itself, which is the dearest way "
        "([decision 12](decisions/0012-the-meter-counts-in-transactions.md)); "
        f"{bill.METER_SECONDS * 1000:.0f} ms of Lambda for it, and {bill.PLATFORM_BYTES} bytes that Lambda logs by itself. "
        f"Counted: {request.writes} write units and {request.reads} read units a request, {request.line_bytes} bytes of "
        f"its line in the usage log, {request.record_bytes} of Bedrock's record.\n"
    )
    use = [list(bill.use(people, request, each)) for people, each in zip(PEOPLE, found, strict=True)]
    standing = [list(bill.standing(each, made_keys)) for each in found]
    yield from _table(("What", "Price", *(f"{people} developers" for people in PEOPLE)), _bill(use, standing))
    yield ""
    yield from _proportion(use, standing, found)
    yield ""
    yield from size_page.section(*size_page.known())
    yield "\n## Prices\n"
    yield (
        f"us-east-1, on demand, read in {prices.READ}. An account's free allowances are not taken off. "
        f"{prices.LEFT_OUT} Compare a first month with the invoice.\n"
    )
    yield from _table(("USD", "For one", "Read at"), _prices())
    yield (
        "\nWhere the meter's work goes, and what breaks first as load grows: "
        "[usage and cost](usage-and-cost.md#what-it-costs)."
    )


def _bill(use: Sequence[Sequence[Line]], standing: Sequence[Sequence[Line]]) -> Iterator[Sequence[str]]:
    for name, parts in (("grows with use", use), ("there to be paid for", standing)):
        for lines in zip(*parts, strict=True):
            yield lines[0].what, f"`{lines[0].price}`", *map(_amount, lines)
        yield f"**{name}**", "", *(f"**{_sum(lines):,.2f}**" for lines in parts)
    sums = [_sum([*first, *second]) for first, second in zip(use, standing, strict=True)]
    yield "**all**", "", *(f"**{each:,.2f}**" for each in sums)
    yield "of it, each developer", "", *(f"{each / people:,.2f}" for people, each in zip(PEOPLE, sums, strict=True))


def _proportion(
    use: Sequence[Sequence[Line]], standing: Sequence[Sequence[Line]], found: Sequence[Declared]
) -> Iterator[str]:
    more = found[-1].cohorts - found[-2].cohorts
    resources = (found[-1].resources - found[-2].resources) / more
    usd = (_sum(standing[-1]) - _sum(standing[-2])) / more
    yield (
        f"A stack with one cohort is {found[0].resources} resources that AWS, Okta and Jamf Pro hold (`pulumi up` counts "
        "components, what it only reads and the stack itself, too); each further cohort is "
        f"{resources:g} more, and USD {usd:.2f} a month before anybody asks anything.\n"
    )
    claude = PEOPLE[-1] * USD_PER_ACTIVE_DAY * ACTIVE_DAYS
    share = 100 * (_sum(use[-1]) + _sum(standing[-1])) / claude
    yield (
        f"Claude itself is the bill: {PEOPLE[-1]} developers at the published average of USD {USD_PER_ACTIVE_DAY} on "
        f"{ACTIVE_DAYS} active days are USD {claude:,} a month (`rollout/stack_file/budget_consistency.py` says where that was read, and "
        f"`rollout check` holds the budgets against it). All of the above is {share:.1f} % of that."
    )


def _prices() -> Iterator[Sequence[str]]:
    for name, price in prices.PRICES.items():
        of = f", {price.of}" if price.of else ""
        usd = f"{price.usd:.2f}" if price.usd >= 0.01 else f"{price.usd * 1e6:.10g} per million"
        yield usd, f"`{name}`: {price.unit}", f"[{price.source}]({price.link}){of}"


def _amount(line: Line) -> str:
    return f"{line.quantity:,.{line.decimals}f}: {line.usd:,.2f}"


def _sum(lines: Iterable[Line]) -> float:
    return sum(line.usd for line in lines)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join(['---'] * len(heads))} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
