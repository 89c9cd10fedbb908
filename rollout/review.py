"""What a reviewer of a pull request reads: one comment in Markdown, made of a diff and of the engine's own preview."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.coherence import ACTIVE_DAYS, USD_PER_ACTIVE_DAY
from rollout.diff import Diff, LevelChange, ModelChange, PersonChange
from rollout.levels import Level

MOST_ROWS = 60
MAX_CELL = 160
# GitHub takes 65,536 characters as a comment (REST API, issue comments); the rest is room for what stands around.
MAX_COMMENT = 60_000
DELETES = ("delete", "delete-replaced", "discard", "discard-replaced")
# Of a replacement, which is counted as one.
PARTS = ("create-replacement",)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the engine's plan. `operation`: its word for it, such as `create`."""

    operation: str
    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the engine's preview says. `breaches`: of mandatory policies, which as `errors` keep it from being done."""

    steps: tuple[Step, ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        return bool(self.errors or self.breaches)

    @staticmethod
    def read(text: str) -> Plan:
        """The engine's events, one JSON object a line, as `pulumi preview --json` gives them under
        PULUMI_ENABLE_STREAMING_JSON_PREVIEW. (Without it the answer has no policies.) ValueError where it is none.
        """
        try:
            return _plan_of([json.loads(line) for line in text.splitlines() if line.strip()])
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"no events of `pulumi preview --json`: {type(error).__name__}") from None


def _plan_of(events: Sequence[dict[str, Any]]) -> Plan:
    if not any("summaryEvent" in event for event in events):
        raise ValueError("no summary")
    said = [event["diagnosticEvent"] for event in events if "diagnosticEvent" in event]
    policies = [event["policyEvent"] for event in events if "policyEvent" in event]
    return Plan(
        steps=tuple(_step(event["resourcePreEvent"]["metadata"]) for event in events if "resourcePreEvent" in event),
        errors=_messages(said, "error"),
        warnings=_messages(said, "warning"),
        breaches=tuple(_breach(event) for event in policies if event["enforcementLevel"] == "mandatory"),
        advice=tuple(_breach(event) for event in policies if event["enforcementLevel"] != "mandatory"),
    )


def _step(metadata: dict[str, Any]) -> Step:
    return Step(operation=str(metadata["op"]), kind=str(metadata["type"]), name=_name(metadata["urn"]))


def _name(urn: str) -> str:
    return urn.split("::")[3]


def _messages(said: Sequence[dict[str, Any]], severity: str) -> tuple[str, ...]:
    """`preview failed` says nothing that its reason does not."""
    texts = [str(one["message"]).strip() for one in said if one["severity"] == severity]
    return tuple(text for text in texts if text and text != "preview failed")


def _breach(event: dict[str, Any]) -> str:
    about = f" ({_name(event['resourceUrn'])})" if event.get("resourceUrn") else ""
    return f"{event['policyName']}{about}: {str(event['message']).strip().splitlines()[-1]}"


def marker(stack: str) -> str:
    """By which the comment of a stack is found again, to be written anew instead of beside."""
    return f"<!-- claude-code-rollout review: {stack} -->"


def comment(
    stack: str, found: Diff, plan: Plan | None = None, mistakes: Sequence[str] = (), engine_diff: str = ""
) -> str:
    """`plan`: None where there was no preview. `mistakes`: of the proposed stack file, which cannot be carried out.
    `engine_diff`: what `pulumi preview --diff` says, for whoever wants to see more; cut first where it is too long."""
    parts = [marker(stack), f"## `{stack}`: {_headline(found, plan, mistakes)}"]
    if mistakes:
        parts.append(_block("Cannot be carried out", "", mistakes))
    parts += [
        *_section("Levels", ("what", "before", "after", "people", "within", "incident"), map(_level, found.levels)),
        *_section("People", ("", "who", "before", "after", "", ""), _people(found.people)),
        *_section("Profiles", ("cohort", "model", "what", "clients"), map(_model, found.models)),
    ]
    parts.append(_cost(found))
    settings = ((f"`{path}`", _value(was), _value(is_)) for path, (was, is_) in found.settings.items())
    parts += _section("Settings", ("path", "before", "after"), settings)
    parts += _plan(plan) if plan else []
    text = "\n\n".join(parts)
    if len(text) > MAX_COMMENT:
        return f"{text[:MAX_COMMENT]}\n\n… cut: too long for a comment.\n"
    return text + _folded(engine_diff, MAX_COMMENT - len(text))


def _headline(found: Diff, plan: Plan | None, mistakes: Sequence[str]) -> str:
    gained = sum(bool(person.gained and not (person.before and person.before.models)) for person in found.people)
    lost = sum(bool(person.lost and not (person.after and person.after.models)) for person in found.people)
    said = [
        *(["**it cannot be carried out**"] if mistakes or (plan and plan.is_refused) else []),
        *([f"{gained} gain access"] if gained else []),
        *([f"**{lost} lose access**"] if lost else []),
        *([f"{len(found.levels)} change of level" + "s" * (len(found.levels) > 1)] if found.levels else []),
    ]
    return ", ".join(said) or ("settings only" if found.settings or found.models else "nothing changes for anybody")


def _level(change: LevelChange) -> tuple[str, ...]:
    minutes = change.after.effects.minutes if change.after.rank > change.before.rank else None
    who = f"cohort `{change.cohort}`" if change.email is None else f"`{change.email}` of `{change.cohort}`"
    incident = f"{_cell(change.incident.id)}: {_cell(change.incident.reason)}" if change.incident else ""
    after = f"**{change.after}**" if change.after.rank > Level.ACTIVE.rank else change.after.value
    return who, change.before.value, after, str(change.people), f"{minutes} min" if minutes else "", incident


def _people(changes: Iterable[PersonChange]) -> Iterator[tuple[str, ...]]:
    """One row for all whose access changes alike."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for change in changes:
        before, after = (
            f"{found.cohort}, {found.level}: {', '.join(found.models) or 'nothing'}" if found else "no access"
            for found in (change.before, change.after)
        )
        gains = f"gains {', '.join(change.gained)}" if change.gained else ""
        loses = f"**loses {', '.join(change.lost)}**" if change.lost else ""
        alike.setdefault((before, after, gains, loses), []).append(f"`{change.email}`")
    for what, who in sorted(alike.items(), key=lambda entry: (not entry[0][3], entry)):
        yield str(len(who)), ", ".join(who), *what


def _model(change: ModelChange) -> tuple[str, ...]:
    if change.before and change.after:
        what = f"`{change.before}` becomes `{change.after}`"
        return change.cohort, change.label, what, "**another ARN: those that hold the old one break**"
    if change.after:
        return change.cohort, change.label, f"new, of `{change.after}`", "new ARN"
    return change.cohort, change.label, f"deleted, of `{change.before}`", "**the ARN is gone**"


def _cost(found: Diff) -> str:
    before, after = found.before, found.after
    share = f", {100 * after.usd / after.budget:.0f} % of the budget" if after.budget else ""
    return (
        f"**Cost**: {before.people} → {after.people} people with access; at USD {USD_PER_ACTIVE_DAY} on {ACTIVE_DAYS} "
        f"active days (published average) USD {before.usd:,.0f} → {after.usd:,.0f} a month, of {after.budget:,.0f}"
        f"{share}."
    )


def _plan(plan: Plan) -> Iterator[str]:
    counts = Counter(step.operation for step in plan.steps if step.operation not in ("same", *DELETES, *PARTS))
    replaced = {(step.kind, step.name) for step in plan.steps if step.operation == "replace"}
    gone = {(step.kind, step.name) for step in plan.steps if step.operation in DELETES} - replaced
    counts += Counter({"delete": len(gone)})
    if plan.errors:
        yield _block("The engine refuses", "", plan.errors)
    if plan.breaches:
        yield _block("Against policy", "", plan.breaches)
    yield "**The engine's plan**: " + (
        ", ".join(f"{count} {operation}" for operation, count in sorted(counts.items())) or "nothing to do"
    )
    if gone or replaced:
        lines = [f"- {kind} {name}" for kind, name in sorted(gone)]
        yield _block("Deleted", "diff", [*lines, *(f"! {kind} {name} (replaced)" for kind, name in sorted(replaced))])
    if plan.warnings:
        yield _block("Warnings", "", plan.warnings)
    if plan.advice:
        yield _block("Advice", "", plan.advice)


def _section(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table without the columns that no row has anything in; nothing where there is no row."""
    known = list(rows)
    if not known:
        return
    kept = [column for column in range(len(heads)) if any(row[column] for row in known)]
    lines = [[heads[column] for column in kept], ["---"] * len(kept)]
    lines += [[row[column] for column in kept] for row in known[:MOST_ROWS]]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    more = f"\n\n… and {len(known) - MOST_ROWS} more." if len(known) > MOST_ROWS else ""
    yield f"### {title}\n\n{table}{more}"


def _block(title: str, language: str, lines: Sequence[str]) -> str:
    """Fenced, and nothing in it ends the fence."""
    shown = [line.replace("```", "'''")[:2000] for line in lines[:MOST_ROWS]]
    more = [f"… and {len(lines) - MOST_ROWS} more"] if len(lines) > MOST_ROWS else []
    return f"### {title}\n\n```{language}\n" + "\n".join([*shown, *more]) + "\n```"


def _folded(text: str, room: int) -> str:
    shown = text.replace("```", "'''").strip()
    if not shown:
        return "\n"
    cut = "\n… cut" if len(shown) > room else ""
    return f"\n\n<details><summary>Pulumi's own diff</summary>\n\n```diff\n{shown[:room]}{cut}\n```\n\n</details>\n"


def _value(value: Any) -> str:
    return "" if value is None else f"`{_cell(str(value)).replace('`', chr(39))}`"


def _cell(text: str) -> str:
    """Somebody's words in a table: no mark-up, no mention, no new column."""
    flat = " ".join(text.split())[:MAX_CELL]
    return re.sub(r"[\\`*_<>\[\]|#@&]", lambda found: f"&#{ord(found[0])};", flat)
