"""The section of docs/usage-and-cost.md that says what breaks first as load grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from rollout.usage.shards import SHARDS
from sandbox.settings import PROJECT
from tests.costs import prices
from tests.simulation import run, table
from tests.simulation.cases import CASES, DEFAULT_WRITES, DELIVERED, NEW_WRITES, RAISED_WRITES, Case, Figures
from tests.simulation.company import COHORT, TEAM

PAGE: Path = PROJECT / "docs" / "usage-and-cost.md"
PICTURE: Path = PROJECT / "docs" / "pictures" / "scale.svg"
BEGIN, END = "<!-- scale: written by `make scale-page` -->", "<!-- end of scale -->"
AIM_USD, AIM_SECONDS = 3, 30


def section(found: Mapping[str, Figures]) -> str:
    return "\n".join([BEGIN, "", *_lines(found), "", END])


def whole(found: Mapping[str, Figures], before: str) -> str:
    """The page with its section anew."""
    return before[: before.index(BEGIN)] + section(found) + before[before.index(END) + len(END) :]


def _lines(found: Mapping[str, Figures]) -> Iterator[str]:
    yield (
        "The meter's own code, run at 10, 100 and 1,000 times the load of 100 developers at their busiest (five times "
        "the average, 8 requests a second), with a clock that is a number and a table that refuses what DynamoDB "
        f"refuses (`tests/simulation`; {DELIVERED} records a delivery, one delivery in {run.REPEATED} comes twice, "
        f"teams of {TEAM}, cohorts of {COHORT}, half a second to twenty at full load):"
    )
    yield ""
    yield "![How late the meter counts, and what it writes, with one item a counter and with several](pictures/scale.svg)"
    yield ""
    yield (
        "| Times | Counter | Lag of half, s | of 99 %, s | over 30 s or never, % | Refused for each transaction | "
        "Write units a request | USD a million | Executions at once, at most |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for name, case in CASES.items():
        one = found[name]
        cells = (one.lag_50, one.lag_99, one.late, one.conflicts, one.writes, one.usd, one.at_once)
        yield f"| {case.load:,} | {_said(case, name)} | {' | '.join(f'{cell:,}' for cell in cells)} |"
    yield ""
    yield from _read_off(found)
    yield ""
    yield (
        f"In all of these, each counter is to the last digit what an independent count says ({_sum(found)} "
        "differences). USD: DynamoDB and Lambda, at the "
        f"[prices](limits-and-costs.md#prices) of {prices.READ}; logs are the same whatever the load. From DynamoDB's "
        f"guide: {table.ITEM_WRITES:,} write and {table.ITEM_READS:,} read units a second of a partition, {DEFAULT_WRITES:,} "
        "units a second of a table until more is asked for, two units for each item of a transaction, a refused one "
        f"paid in full (assumed where the guide is silent). From Lambda's: {run.AT_ONCE:,} executions at once, of which "
        "the meter reserves none; a failed delivery again after one and three minutes. Assumed, since nobody "
        "promises them: a transaction holds its items for "
        f"{1000 * table.HOLD:.0f} ms and {1000 * table.HOLD_AN_ITEM:g} for each, {1000 * run.A_RECORD:g} ms of work for a "
        f"record, a process begins in {run.COLD:g} s, a record is on its way for {run.ON_ITS_WAY[0]:g} s, and DynamoDB's "
        "bursts (up to 300 seconds of what was not used) are not there when they are needed. At 100 "
        "and 1,000 times the load processes run already and the month is spread, but for the month that begins and for "
        "one item; the others begin with no process. *As before* has not the counter of the cohort's day that was "
        "there before, and is kinder for it. Not tried in an account."
    )


def _said(case: Case, name: str) -> str:
    words = ["one item, as before" if case.shards == 1 else f"up to {case.shards} items"]
    words += [name.partition(", ")[2]] if case.shards > 1 and ", " in name else []
    words += [f"quota of {case.table_writes:,} units" if case.table_writes == RAISED_WRITES else ""]
    return ", ".join(filter(None, words))


def _read_off(found: Mapping[str, Figures]) -> Iterator[str]:
    aim, few, before = found["1000"], found["10, three people"], found["100, one item"]
    new = found["100, a table that never had a load"]
    met = "met" if aim.lag_99 <= AIM_SECONDS and aim.late < 1 else "not met"
    yield (
        f"- **8,000 requests a second within {AIM_SECONDS} s: {met}**, where the table's quota was raised "
        f"(`Write throughput` of a table on demand, to {RAISED_WRITES:,} units); 99 of 100 are counted {aim.lag_99:g} s "
        f"after the call. A month that begins at that load has {found['1000, a month that begins'].lag_99:g} s."
    )
    cheap = "met" if found["10"].usd < AIM_USD else "met where they are of two people, not where they are of more"
    yield (
        f"- **Under USD {AIM_USD} a million at ten records a delivery: {cheap}.** Ten records of two people are USD "
        f"{found['10, two people'].usd:.2f}, of three {few.usd:.2f}, of ten {found['10'].usd:.2f}, at 1,000 times the load {aim.usd:.2f}. What limits is no "
        "counter that is shared: each request has its mark (two units), each person of a delivery a day, a month "
        "and what they read of themselves (five). Fewer would take counting without transactions, or months that "
        "are added up from days."
    )
    yield (
        f"- With one item a counter, 100 times the load is too much: {before.conflicts:g} refusals for each "
        f"transaction, {before.late:g} % later than {AIM_SECONDS} s, USD {before.usd:.2f} a million."
    )
    yield (
        f"- What breaks first, then: the table's quota of {DEFAULT_WRITES:,} write units a second, at some "
        f"{int(DEFAULT_WRITES / found['100'].writes / 100) * 100:,} requests a second; ask for more before. What it is "
        "like to be beyond: a table that never had a load takes "
        f"{NEW_WRITES:,} units at first, and twice its last peak half an hour later. At 800 requests a second for six "
        f"seconds, {new.throttled:,} transactions are refused, {new.late:g} % of requests are counted later than "
        f"{AIM_SECONDS} s, and USD {new.usd:.2f} a million; deliveries that fail three times wait in the queue of the "
        f"dead for `rollout redrive` ({new.lost} did). After that come Lambda's {run.AT_ONCE:,} executions. {SHARDS} "
        "items a counter are enough beyond both ([decision 24](decisions/0024-sharded-counters.md))."
    )


def _sum(found: Mapping[str, Figures]) -> int:
    return sum(one.differences for one in found.values())
