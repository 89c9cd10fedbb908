"""The questions of `rollout init`, each judged as it is answered."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.company.answers import Answers
from cli.company.offered import GEOGRAPHIES, MODELS
from cli.company.people import mistakes_in, people_text
from cli.terminal.errors import CommandError
from rollout.model.errors import mistakes_of

# Of what is not asked yet, when an answer is judged alone.
SAMPLE: dict[str, Any] = {
    "organization": "sample",
    "teams": {"sample": 1},
    "okta_domain": "sample.okta.com",
    "region": "us-east-1",
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """`read`: what an answer says, as the answers file would. `default`: what an empty line says; none where it must be
    answered."""

    key: str
    text: str
    read: Callable[[str], Any]
    default: str | None = None


def _as_typed(text: str) -> Any:
    return text


def _several(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


def _teams(text: str) -> dict[str, Any]:
    """`backend 12, platform 8`; also with the lead's address after the count. ValueError says what is wrong."""
    found: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        words = part.split()
        lead = words.pop() if len(words) > 2 and "@" in words[-1] else None
        if len(words) < 2 or not words[-1].isdecimal():
            raise ValueError(f"no head-count: {part}; write a team and its people, such as backend 12")
        name, count = " ".join(words[:-1]), int(words[-1])
        if name in found:
            raise ValueError(f"twice: {name}; name each team once")
        found[name] = {"headcount": count, **({"lead": lead} if lead else {})}
    return found


def _slack(text: str) -> Any:
    """Workspace and channel, by their ids."""
    workspace, *channel = text.split()
    return {"workspace_id": workspace, "engineering": " ".join(channel)}


def _file(text: str) -> str:
    try:
        people_text(Path(text))
    except CommandError as error:
        raise ValueError(f"{error}, or press Enter") from None
    return text


QUESTIONS = (
    Question(key="organization", text="What is the company called?", read=_as_typed),
    Question(key="teams", text="Which teams, with how many people? (such as backend 12, platform 8)", read=_teams),
    Question(key="okta_domain", text="Which Okta domain do people sign in at? (such as acme.okta.com)", read=_as_typed),
    Question(
        key="federation",
        text="How do people sign in to AWS, by Okta's app for it or OpenID Connect? (saml, oidc; identity_center needs "
        "a file by --answers)",
        read=_as_typed,
        default="saml",
    ),
    Question(key="region", text="Which AWS region?", read=_as_typed, default="us-east-1"),
    Question(key="account", text="Which AWS account, 12 digits? (Enter: any)", read=_as_typed, default=""),
    Question(
        key="models",
        text=f"Which models, the usual one first? ({', '.join(MODELS)})",
        read=_several,
        default=" ".join(MODELS),
    ),
    Question(
        key="geography",
        text=f"Where may prompts be answered? ({', '.join(GEOGRAPHIES)}; one geography costs 10 % more)",
        read=_as_typed,
        default=GEOGRAPHIES[0],
    ),
    Question(key="people", text="Which CSV file has the first people? (Enter: none yet)", read=_file, default=""),
    Question(
        key="slack",
        text="Which Slack workspace and channel are told, by id? (such as T0123ABCD C0123ABCD; Enter: none)",
        read=_slack,
        default="",
    ),
    Question(key="email_from", text="Which address sends mails, by SES? (Enter: none)", read=_as_typed, default=""),
    Question(key="source", text="What is the program installed from? (Enter: said later)", read=_as_typed, default=""),
)


def interview(say: Callable[[str], None], hear: Callable[[], str]) -> Answers:
    """Every question until it is answered; what is wrong with an answer is said, and the question asked again.

    EOFError where the answers end before the questions do.
    """
    given: dict[str, Any] = {}
    for question in QUESTIONS:
        while True:
            default = f" [{question.default}]" if question.default else ""
            say(f"{question.text}{default} ")
            line = hear()
            if not line:
                raise EOFError
            text = line.strip() or question.default
            if text == "":
                break
            mistakes = ["needs an answer"] if text is None else list(wrong(question, text))
            if text and question.key == "people" and not mistakes:
                mistakes = mistakes_in(people_text(Path(text)), text, given["teams"])
            if text is not None and not mistakes:
                given[question.key] = question.read(text)
                break
            say("".join(f"  {mistake}\n" for mistake in mistakes))
    return Answers.model_validate(given)


def wrong(question: Question, text: str) -> Iterator[str]:
    """What is wrong with an answer, a line each."""
    try:
        Answers.model_validate(SAMPLE | {question.key: question.read(text)})
    except ValidationError as error:
        for mistake in mistakes_of(error, Answers, ()):
            where = ".".join(str(part) for part in mistake.path[1:] if part != "[key]")
            yield f"{where}: {mistake.text}" if where else mistake.text
    except ValueError as error:
        yield str(error)


def at_terminal() -> Answers:
    """Of whoever sits there. CommandError where nobody does, or somebody leaves before the last question."""
    if not sys.stdin.isatty():
        raise CommandError("nobody is here to ask; give a file by --answers")
    try:
        return interview(lambda text: print(text, end="", file=sys.stderr, flush=True), sys.stdin.readline)
    except EOFError:
        raise CommandError("the answers ended before the questions; nothing was written") from None
