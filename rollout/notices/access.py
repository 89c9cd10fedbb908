"""Who is told that they have access, of a new model, and that theirs has ended: each person once, with how to begin.

This runs in AWS Lambda too, where there is no pydantic: standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rollout.incidents.cohort_state import digest
from rollout.model.times import instant, moment
from rollout.notices.level_changes import Delivery, Settings, ways_to_people

INSTALL = "https://code.claude.com/docs/en/setup"
OKTA_AWS_CLI = "https://github.com/okta/okta-aws-cli/releases"


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may use a cohort's models once an update has ended.

    `people`: who may sign in. `above`: whose level is above active, whom notices of levels speak to. `removed`: who
    left and is in no other cohort. `models`: labels that answer, the default first. `is_whole`: whether these are all
    of the cohort's. `tells`: whether people are to be told, or only remembered. `signs_in`: whether okta-aws-cli signs
    in. `gateway`: the address that people come in by, where there is one. `ask`: whom to ask, as the end of a sentence.
    `page`: an address. `ends`: when whose access will end, RFC 3339 by e-mail address; `ended`: of those whose access
    has. `owners`: of machines whose access ends, by name, whom to tell; `ends` has them too.
    """

    cohort: str
    people: tuple[str, ...]
    above: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    is_whole: bool = True
    tells: bool = True
    signs_in: bool = True
    gateway: str = ""
    ask: str = ""
    page: str | None = None
    ends: Mapping[str, str] = field(default_factory=dict[str, str])
    ended: Mapping[str, str] = field(default_factory=dict[str, str])
    owners: Mapping[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def read(document: Mapping[str, Any]) -> Access:
        """As `document` gives it. Raises KeyError or TypeError for what is none."""
        return Access(
            cohort=str(document["cohort"]),
            people=_texts(document["people"]),
            above=_texts(document.get("above", ())),
            removed=_texts(document.get("removed", ())),
            models=_texts(document.get("models", ())),
            is_whole=bool(document.get("is_whole", True)),
            tells=bool(document.get("tells", True)),
            signs_in=bool(document.get("signs_in", True)),
            gateway=str(document.get("gateway", "")),
            ask=str(document.get("ask", "")),
            page=document.get("page"),
            ends=_by_holder(document.get("ends")),
            ended=_by_holder(document.get("ended")),
            owners=_by_holder(document.get("owners")),
        )

    def document(self) -> dict[str, Any]:
        """What is empty is left out."""
        found: dict[str, Any] = {**asdict(self)}
        return {name: value for name, value in found.items() if value not in ((), None, "", {}) or name == "people"}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a cohort's people know. `people`: who were told that they have access, or had it before anybody was told.
    `above`: of Access. `models`: None where nobody knows which they were. `ends`: of Access, as far as people are told
    of it. `reminded`: of which end each of them was told lately. `owners`: of Access."""

    version: int = 0
    people: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    models: tuple[str, ...] | None = ()
    ends: Mapping[str, str] = field(default_factory=dict[str, str])
    reminded: Mapping[str, str] = field(default_factory=dict[str, str])
    owners: Mapping[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def read(document: Mapping[str, Any]) -> Told:
        models = document.get("models")
        return Told(
            version=int(document["version"]),
            people=_texts(document["people"]),
            above=_texts(document.get("above", ())),
            models=None if models is None else _texts(models),
            ends=_by_holder(document.get("ends")),
            reminded=_by_holder(document.get("reminded")),
            owners=_by_holder(document.get("owners")),
        )

    def document(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value != {}}


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError("a list is wanted, not a text")
    return tuple(str(each) for each in values)


def _by_holder(values: Mapping[str, Any] | None) -> dict[str, str]:
    return {str(holder): str(value) for holder, value in (values or {}).items()}


def baseline(access: Access) -> Told:
    """Of a cohort that had its access before anybody was told of it: all of them know."""
    known = {*access.people, *access.above}
    models = access.models if access.is_whole else None
    people, ends = tuple(sorted(known)), told_ends(access)
    return Told(version=1, people=people, above=access.above, models=models, ends=ends, owners=told_owners(access))


def told_ends(access: Access) -> dict[str, str]:
    told = {*access.people, *access.owners} if access.tells else set[str]()
    return {holder: at for holder, at in access.ends.items() if holder in told}


def told_owners(access: Access) -> Mapping[str, str]:
    return access.owners if access.tells else {}


def after(before: Told, access: Access) -> Told:
    """What they know once everything of `access_deliveries` is sent. The same where nothing changed but the version."""
    ends = told_ends(access)
    still = {*access.people, *access.above}
    people = {email for email in before.people if email in still} | {*access.people}
    models = access.models if access.is_whole else before.models
    return Told(
        version=before.version + 1,
        people=tuple(sorted(people)),
        above=access.above,
        models=models,
        ends=ends,
        reminded={holder: at for holder, at in before.reminded.items() if ends.get(holder) == at},
        owners=told_owners(access),
    )


def access_deliveries(before: Told, access: Access, settings: Settings) -> list[Delivery]:
    return list(_deliveries(before, access, settings)) if access.tells else []


def _deliveries(before: Told, access: Access, settings: Settings) -> Iterator[Delivery]:
    known, models = {*before.people}, before.models
    new = [label for label in access.models if models is not None and label not in models] if access.is_whole else []
    for email in access.people:
        if email not in known:
            words = _granted(access, access.ends.get(email))
            yield from to_person(email, "granted", words, access.cohort, before.version, settings)
        elif new and email not in access.above:
            yield from to_person(email, "models", _models(access, new), access.cohort, before.version, settings)
    still = {*access.people, *access.above}
    for email in before.people:
        # Who was stopped when they left hears of it as a change of level; who moved is told by their new cohort.
        if email not in still and email not in before.above and (email in access.removed or email in access.ended):
            words = _ended(access, access.ended.get(email))
            yield from to_person(email, "ended", words, access.cohort, before.version, settings)


def to_person(
    email: str,
    kind: str,
    words: tuple[str, list[str]],
    cohort: str,
    version: int,
    settings: Settings,
    machine: str | None = None,
) -> Iterator[Delivery]:
    """By every way to people. `version`: of what was remembered before: the same news again has the same ids.
    `machine`: whose news it is, where not the person's own."""
    title, lines = words
    about = digest("access", cohort, str(version), kind, machine or email)
    record = {"schema": "claude-code-rollout/access/1", "id": about, "cohort": cohort, "kind": kind}
    for way in ways_to_people(settings):
        yield Delivery(id=digest(about, way), way=way, to=[email], title=title, lines=lines, record=record)


def _granted(access: Access, ends: str | None) -> tuple[str, list[str]]:
    second = (
        f"2. Install okta-aws-cli: brew install okta-aws-cli, or {OKTA_AWS_CLI}"
        if access.signs_in and not access.gateway
        else f"2. Be where {access.gateway} is reached, by which alone models answer"
        if access.gateway
        else "2. Get an AWS session: your AWS profile claude-code has to sign you in through Okta"
    )
    lines = [
        f"1. Install Claude Code: {INSTALL}",
        second,
        "3. Sign in: type `claude` in a project's folder; Okta's page opens in your browser",
        *([f"More: {access.page}"] if access.page else []),
        _choice(access),
        *([f"Ends: {moment(instant(ends))}"] if ends else []),
        f"Questions: {access.ask}",
    ]
    return f"You have access to Claude Code (cohort {access.cohort})", lines


def _models(access: Access, new: Sequence[str]) -> tuple[str, list[str]]:
    which = "a new model" if len(new) == 1 else "new models"
    lines = [
        f"New: {', '.join(new)}",
        _choice(access),
        "How: start Claude Code anew, once your machine has its new settings, and choose by `/model`",
        *([f"More: {access.page}"] if access.page else []),
        f"Questions: {access.ask}",
    ]
    return f"Claude Code: {which} for you, {', '.join(new)}", lines


def _ended(access: Access, at: str | None) -> tuple[str, list[str]]:
    why = (
        f"since {moment(instant(at))}, the end that was agreed, no model answers"
        if at
        else f"you are in no cohort any more, {access.cohort} was the last: no model answers"
    )
    lines = [
        f"What it means: {why}",
        "Your work: files, branches and settings of yours are untouched",
        f"Questions: {access.ask}",
    ]
    return "Your access to Claude Code has ended", lines


def _choice(access: Access) -> str:
    return f"Models: {', '.join(access.models)}; the first unless you choose another by `/model`"
