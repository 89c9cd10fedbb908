"""How else a person's sessions may be called: what the stack has on record, and Okta's own accounts of that address.

Asked only once the Deny on the name that was typed is in force, side by side, for a few seconds and no longer.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from cli.terminal.errors import CommandError

SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Said:
    """`names`: by which their sessions may be known. `why`: None where it answered, else why it did not."""

    source: str
    names: frozenset[str] = field(default_factory=frozenset[str])
    why: str | None = None


def also_called(project: Path, stacks: Iterable[str], domain: str | None, person: str) -> list[Said]:
    """`person`: as STS takes a session's name, so without a quote. One answer of each source, in a fixed order."""
    asks: dict[str, Callable[[], set[str]]] = {
        f"stack {stack}": lambda stack=stack: known_names(project, stack, person) for stack in stacks
    }
    asks["Okta"] = lambda: okta_names(domain, os.environ, person)
    return _side_by_side(asks, SECONDS)


def known_names(project: Path, stack: str, person: str, seconds: float = SECONDS) -> set[str]:
    """Every name that this person's sessions were ever known by, as the stack has it on record. CommandError where the
    engine or its backend does not tell in time."""
    from cli.live.engine import cut_record

    return set(cut_record(project, stack, seconds).called(person))


def okta_names(domain: str | None, environment: Mapping[str, str], person: str) -> set[str]:
    """Login and id of every account with this address or login, whatever its state: what a session is called under
    `federation: saml` and `oidc`. CommandError where Okta does not tell.

    https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/#tag/User/operation/listUsers
    """
    token = environment.get("OKTA_API_TOKEN")
    organization = ".".join(filter(None, map(environment.get, ("OKTA_ORG_NAME", "OKTA_BASE_URL"))))
    name = domain or organization
    known = bool(environment.get("OKTA_HTTP_PROXY") or name)
    if not token or not known:
        raise CommandError("not asked: there is no OKTA_API_TOKEN" if known else "not asked: no stack file says where")
    import httpx

    from cli.live.okta import okta_client

    query = {"search": f'profile.email eq "{person}" or profile.login eq "{person}"', "limit": "200"}
    try:
        with okta_client(name, environment, token, SECONDS) as okta:
            answer = okta.get("/api/v1/users", params=query)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as error:
        raise CommandError(f"does not answer ({type(error).__name__})") from None
    if not answer.is_success:
        raise CommandError("refuses OKTA_API_TOKEN" if answer.status_code == 401 else f"answers {answer.status_code}")
    try:
        people = cast("list[Any]", found) if isinstance(found := answer.json(), list) else []
    except ValueError:
        raise CommandError("says what cannot be read") from None
    return {str(name) for each in people for name in (each.get("id"), _login(each)) if name}


def _login(user: Mapping[str, Any]) -> object:
    profile = user.get("profile")
    return cast("Mapping[str, Any]", profile).get("login") if isinstance(profile, Mapping) else None


def _side_by_side(asks: Mapping[str, Callable[[], set[str]]], seconds: float) -> list[Said]:
    """Threads that nobody waits for at the end: a source that hangs must not keep the command from ending."""
    answers: queue.SimpleQueue[Said] = queue.SimpleQueue()

    def ask(source: str, read: Callable[[], set[str]]) -> None:
        try:
            answers.put(Said(source=source, names=frozenset(read())))
        except Exception as error:  # whatever it is, the Deny is in force, and this is only more of it
            answers.put(Said(source=source, why=" ".join(str(error).split())[:200] or type(error).__name__))

    for source, read in asks.items():
        threading.Thread(target=ask, args=(source, read), daemon=True).start()
    found: dict[str, Said] = {}
    while len(found) < len(asks):
        try:
            said = answers.get(timeout=seconds)
        except queue.Empty:
            break
        found[said.source] = said
    silent = f"did not answer within {seconds:g} s"
    return [found.get(source) or Said(source=source, why=silent) for source in asks]
