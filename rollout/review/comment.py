"""What a reviewer of a pull request reads: one comment in Markdown, made of a diff and of the engine's own preview."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rollout.levels import Level
from rollout.review.diff import Diff, LevelChange, ModelChange, PersonChange
from rollout.review.ends_diff import EndChange
from rollout.review.engine_plan import Plan
from rollout.review.markdown import block, cell, code, fenced, listed, table
from rollout.review.sessions_diff import SessionChange
from rollout.review.settings_diff import Change
from rollout.review.ways_diff import WayChange
from rollout.stack_file.budget_consistency import ACTIVE_DAYS, USD_PER_ACTIVE_DAY

# GitHub takes 65,536 characters as a comment (REST API, issue comments); the rest is room for what stands around.
MAX_COMMENT = 60_000
# A call of the announcer: another one takes its place at each change, and nothing is deleted by that.
NOTICE = "aws:lambda/invocation:Invocation"
# Titles, heads of tables, costs.
MARGIN = 2_000
ENDS = ("", "who", "it was to end", "it ends now", "by")
# What judges a change, and what runs in its preview: a request that touches it may hide something (docs/ci.md).
JUDGES = (
    ".github/",
    "ci/",
    "policies/",
    "cli/",
    "rollout/",
    "components/",
    "providers/",
    "tools/",
    "tests/policies/",
    "tests/review/",
    "__main__.py",
    "program/",
    "Pulumi.yaml",
    "Makefile",
    "pyproject.toml",
    "requirements.txt",
    "requirements-dev.txt",
    "package.json",
    "package-lock.json",
)


def marker(stack: str) -> str:
    """By which the comment of a stack is found again, to be written anew instead of beside."""
    return f"<!-- claude-code-rollout review: {stack} -->"


def comment(
    stack: str,
    found: Diff,
    plan: Plan | None = None,
    mistakes: Sequence[str] = (),
    engine_diff: str = "",
    unread: Sequence[str] = (),
    changed: Sequence[str] = (),
) -> str:
    """`plan`: None where there was no preview. `mistakes`: of the proposed stack file, which cannot be carried out.
    `engine_diff`: what `pulumi preview --diff` says, for whoever wants to see more; cut first where it is too long.
    `unread`: why the base cannot be read; then nothing is said of what `found` changes. `changed`: files of the whole
    request, by path."""
    parts = [marker(stack), f"## {code(stack)}: {_headline(found, plan, mistakes, unread)}"]
    parts += _first(plan, mistakes, unread, changed)
    rest = list(_rest(plan)) if plan else []
    if not unread:
        parts += _tables(found, MAX_COMMENT - sum(map(len, [*parts, *rest])) - MARGIN)
    parts += rest
    text = "\n\n".join(parts)
    return text + _folded(engine_diff, MAX_COMMENT - len(text))


def _headline(found: Diff, plan: Plan | None, mistakes: Sequence[str], unread: Sequence[str]) -> str:
    refused = ["**it cannot be carried out**"] if mistakes or (plan and plan.is_refused) else []
    if unread:
        return ", ".join([*refused, "**the base cannot be read**, so nobody knows what changes"])
    gained = sum(bool(person.gained and not (person.before and person.before.models)) for person in found.people)
    lost = sum(bool(person.lost and not (person.after and person.after.models)) for person in found.people)
    fewer = sum(bool(person.lost and person.after and person.after.models) for person in found.people)
    more = sum(bool(person.gained and person.before and person.before.models) for person in found.people)
    levels, longer = len(found.levels), sum(end.is_longer for end in found.ends)
    sooner = len(found.ends) - longer
    said = [
        *refused,
        *(["**dead sessions live again**"] if any(change.revives for change in found.sessions) else []),
        *([f"**{sum(way.people for way in found.ways)} come in by another way**"] if found.ways else []),
        *([f"{gained} gain access"] if gained else []),
        *([f"**{lost} lose access**"] if lost else []),
        *([f"{fewer} lose a model"] if fewer else []),
        *([f"{more} gain a model"] if more else []),
        *([f"**{longer} keep access beyond its end**"] if longer else []),
        *([f"{sooner} end sooner"] if sooner else []),
        *(["1 change of level" if levels == 1 else f"{levels} changes of level"] if levels else []),
    ]
    return ", ".join(said) or ("nothing changes for anybody" if found.is_empty else "other keys only")


def _first(plan: Plan | None, mistakes: Sequence[str], unread: Sequence[str], changed: Sequence[str]) -> Iterator[str]:
    """What no reviewer may miss, however much else there is."""
    if mistakes:
        yield block("Cannot be carried out", "", mistakes)
    if unread:
        yield block("The base cannot be read", "", unread)
    if judges := [path for path in changed if path.startswith(JUDGES)]:
        yield f"**Touches what judges it**: {listed([code(path) for path in judges])}. Read that first."
    if plan and plan.errors:
        yield block("The engine refuses", "", plan.errors)
    if plan and plan.breaches:
        yield block("Against policy", "", plan.breaches)
    replaced = [(kind, name) for kind, name in plan.replaced if kind != NOTICE] if plan else []
    if plan and (plan.deleted or replaced):
        lines = [f"- {kind} {name}" for kind, name in plan.deleted]
        yield block("Deleted", "diff", [*lines, *(f"! {kind} {name} (replaced)" for kind, name in replaced)])


def _tables(found: Diff, room: int) -> Iterator[str]:
    sessions = sorted(found.sessions, key=lambda change: not change.revives)
    members = {f"{email}: {field}": change for (email, field), change in found.members.items()}
    for title, heads, rows in (
        ("Sessions", ("of", "good from", "then from", "people", "what it means"), map(_session, sessions)),
        ("Ways in", ("cohort", "before", "after", "people", "what it means"), map(_way, found.ways)),
        ("Levels", ("what", "before", "after", "people", "within", "incident"), map(_level, found.levels)),
        ("People", ("", "who", "before", "after", "", ""), _people(found.people)),
        ("Access beyond its end", ENDS, _ends(end for end in found.ends if end.is_longer)),
        ("Access that ends sooner", ENDS, _ends(end for end in found.ends if not end.is_longer)),
        ("Profiles", ("cohort", "model", "what", "clients"), map(_model, found.models)),
        ("Stack file", ("path", "before", "after"), _settings(found.settings)),
        ("Members", ("who and what", "before", "after"), _settings(members)),
    ):
        if text := table(title, heads, rows, room):
            yield text
            room -= len(text)
    yield _cost(found)


def _session(change: SessionChange) -> tuple[str, ...]:
    what = f"**sessions from before {_value(change.before)} live again**" if change.revives else ""
    if not change.revives:
        what = f"sessions from before {_value(change.after)} are dead"
    times = ("always" if time is None else _value(time) for time in (change.before, change.after))
    return _who(change.cohort, change.email), *times, str(change.people), what


def _way(change: WayChange) -> tuple[str, ...]:
    before, after = (code(url) if url else "Okta's sign-in to AWS" for url in (change.before, change.after))
    what = (
        f"no session begins by the old way; those that exist end within {change.minutes} min, and a machine without "
        "its new settings is refused until it has them"
    )
    return code(change.cohort), before, f"**{after}**", str(change.people), what


def _who(cohort: str, email: str | None) -> str:
    return f"cohort {code(cohort)}" if email is None else f"{code(email)} of {code(cohort)}"


def _level(change: LevelChange) -> tuple[str, ...]:
    minutes = change.after.effects.minutes if change.after.rank > change.before.rank else None
    incident = f"{cell(change.incident.id)}: {cell(change.incident.reason)}" if change.incident else ""
    after = f"**{change.after}**" if change.after.rank > Level.ACTIVE.rank else change.after.value
    within = f"{minutes} min" if minutes else ""
    before = "new" if change.is_new else change.before.value
    return _who(change.cohort, change.email), before, after, str(change.people), within, incident


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
        alike.setdefault((before, after, gains, loses), []).append(code(change.email))
    for what, who in sorted(alike.items(), key=lambda entry: (not entry[0][3], entry)):
        yield str(len(who)), listed(who), *what


def _ends(changes: Iterable[EndChange]) -> Iterator[tuple[str, ...]]:
    """One row for all who had the same end and have another alike."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for change in changes:
        by = f"the move from {change.came_from} to {change.cohort}" if change.came_from else "`until`"
        before = _value(change.before) if change.before else "never"
        after = _value(change.after) if change.after else "**never**"
        alike.setdefault((before, after, by), []).append(code(change.holder))
    for what, who in sorted(alike.items()):
        yield str(len(who)), listed(who), *what


def _model(change: ModelChange) -> tuple[str, ...]:
    before, after = (code(source) if source else "" for source in (change.before, change.after))
    if before and after:
        what = f"{before} becomes {after}"
        return change.cohort, change.label, what, "**another ARN: those that hold the old one break**"
    if after:
        return change.cohort, change.label, f"new, of {after}", "new ARN"
    return change.cohort, change.label, f"deleted, of {before}", "**the ARN is gone**"


def _cost(found: Diff) -> str:
    before, after = found.before, found.after
    share = f", {100 * after.usd / after.budget:.0f} % of the budget" if after.budget else ""
    return (
        f"**Cost**: {before.people} → {after.people} people with access; at USD {USD_PER_ACTIVE_DAY} on {ACTIVE_DAYS} "
        f"active days (published average) USD {before.usd:,.0f} → {after.usd:,.0f} a month, of {after.budget:,.0f}"
        f"{share}."
    )


def _settings(changes: Mapping[str, Change]) -> Iterator[tuple[str, ...]]:
    for path, (was, is_) in changes.items():
        yield code(path), *(_entries(was, is_) if isinstance(was or is_, tuple) else (_value(was), _value(is_)))


def _entries(was: tuple[Any, ...] | None, is_: tuple[Any, ...] | None) -> tuple[str, str]:
    """Of lists, what is taken out and what is put in."""
    before, after = ([code(str(entry)) for entry in entries or ()] for entries in (was, is_))
    gone = [f"- {entry}" for entry in before if entry not in after]
    new = [f"+ {entry}" for entry in after if entry not in before]
    if gone or new:
        return listed(gone), listed(new)
    return listed(before), listed(after)  # another order


def _value(value: Any) -> str:
    if isinstance(value, datetime):
        return code(f"{value:%Y-%m-%dT%H:%M:%SZ}")
    return "" if value is None else code(str(value))


def _rest(plan: Plan) -> Iterator[str]:
    counts = ", ".join(f"{count} {operation}" for operation, count in sorted(plan.counts.items()))
    yield f"**The engine's plan**: {counts or 'nothing to do'}"
    if plan.warnings:
        yield block("Warnings", "", plan.warnings)
    if plan.advice:
        yield block("Advice", "", plan.advice)


def _folded(text: str, room: int) -> str:
    shown = fenced(text).strip()
    if not shown or room < 1:
        return "\n"
    cut = "\n… cut" if len(shown) > room else ""
    return f"\n\n<details><summary>Pulumi's own diff</summary>\n\n```diff\n{shown[:room]}{cut}\n```\n\n</details>\n"
