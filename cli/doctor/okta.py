"""What a rollout needs of Okta: credentials that may do it, and its people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from cli.doctor.finding import TIMEOUT, Check, Finding, broken, document, fine, unknown
from cli.live.okta import okta_client
from rollout import names
from rollout.access.adopted_apps import AwsApp, SignInApp, aws_app_mistakes, sign_in_app_mistakes
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.people import directory
from rollout.people.directory import Person
from rollout.people.okta_waits import longest_wait_seconds, wait_advice

SCOPES = ("okta.users.read", "okta.groups.manage", "okta.apps.manage")
READS = {"okta.users.read": "users", "okta.groups.read": "groups", "okta.apps.read": "apps"}
USERS, APPS = "/api/v1/users", "/api/v1/apps"
ADOPTED = "adopted in Okta"


def checks(
    rollout: Rollout, config: Mapping[str, Any], account: Account | None, environment: Mapping[str, str]
) -> list[Check]:
    """People and apps are looked up with a token alone. `config`: the stack file's, with the provider's settings.
    `account`: the stack's; None where it is not known."""
    fix = "check the domain, the network and OKTA_API_TOKEN"
    token = environment.get("OKTA_API_TOKEN")
    waits = Check(name="a silent Okta", look=lambda: _waits(config), fix="")
    if not token:
        return [Check(name="Okta", look=lambda: _service_app(environment), fix=fix), waits]

    def client() -> httpx.Client:
        return okta_client(rollout.okta.domain, environment, token, TIMEOUT)

    def token_works() -> Iterator[Finding]:
        with client() as okta:
            yield from _token(okta, rollout)

    def adopted_apps_fit() -> Iterator[Finding]:
        with client() as okta:
            yield from _adopted(okta, rollout, account)

    def people_are_there() -> Iterator[Finding]:
        with client() as okta:
            yield from _people(okta, rollout)

    return [
        Check(name="Okta", look=token_works, fix=fix),
        Check(name="people in Okta", look=people_are_there, fix=fix),
        *([Check(name=ADOPTED, look=adopted_apps_fit, fix=fix)] if _adopts(rollout) else []),
        waits,
    ]


def _adopts(rollout: Rollout) -> bool:
    return bool(rollout.adopt.okta_app_id or rollout.adopt.okta_sign_in_app_id)


def _adopted(okta: httpx.Client, rollout: Rollout, account: Account | None) -> Iterator[Finding]:
    """As the program judges them (`components.identity.adopted_apps`)."""
    adopt, lines = rollout.adopt, list[str]()
    if account is None:
        yield unknown(ADOPTED, "of which account is not known", "set aws:allowedAccountIds, or sign in to AWS")
        return
    client_id = names.sign_in_app(account.id)
    if adopt.okta_sign_in_app_id:
        found = document(okta.get(f"{APPS}/{adopt.okta_sign_in_app_id}"))
        client_id = str(found["credentials"]["oauthClient"]["client_id"])
        grants: list[str] = found["settings"]["oauthClient"].get("grant_types") or []
        lines += sign_in_app_mistakes(SignInApp(status=str(found["status"]), grant_types=grants))
    if adopt.okta_app_id:
        found = document(okta.get(f"{APPS}/{adopt.okta_app_id}"))
        template: Mapping[str, str | None] = found["credentials"]["userNameTemplate"]
        app = AwsApp(
            status=str(found["status"]),
            settings=found["settings"].get("app") or {},
            user_name_template=template.get("template") or "",
            user_name_suffix=template.get("suffix") or "",
        )
        lines += aws_app_mistakes(rollout, account, app, client_id)
    for line in lines:
        what, _, fix = line.partition("; ")
        yield broken(ADOPTED, what, fix)
    if not lines:
        yield fine(ADOPTED, "the apps lead to the cohorts' roles, under the login")


def _waits(config: Mapping[str, Any]) -> Iterator[Finding]:
    """How long an update waits for an Okta that does not answer."""
    advice = list(wait_advice(config))
    for line in advice:
        what, _, fix = line.partition("; set ")
        yield broken("a silent Okta", what, f"set {fix}")
    if not advice:
        yield fine("a silent Okta", f"is waited for {longest_wait_seconds(config)} s, then the provider gives up")


def _service_app(environment: Mapping[str, str]) -> Iterator[Finding]:
    """The scopes that are asked for; Okta says at sign-in which it grants."""
    asked = set(re.findall(r"[\w.]+", environment.get("OKTA_API_SCOPES", "")))
    missing = [scope for scope in SCOPES if scope not in asked]
    if not environment.get("OKTA_API_PRIVATE_KEY"):
        yield broken("Okta", "no credentials", "set OKTA_API_TOKEN, or a service app's OKTA_API_PRIVATE_KEY")
    elif missing:
        yield broken("Okta", f"OKTA_API_SCOPES lacks {' '.join(missing)}", "add them, and grant them to the app")
    else:
        yield unknown("Okta", "the service app's scopes are only seen as it signs in", "run `pulumi preview`")


def _token(okta: httpx.Client, rollout: Rollout) -> Iterator[Finding]:
    """What it may read."""
    refused = {
        scope: answer.status_code
        for scope, path in READS.items()
        if not (answer := okta.get(f"/api/v1/{path}", params={"limit": 1})).is_success
    }
    if 401 in refused.values():
        yield broken("Okta", f"{rollout.okta.domain} refuses OKTA_API_TOKEN", "make a new token; 30 idle days end one")
    elif refused:
        said = ", ".join(f"{scope}: {status}" for scope, status in refused.items())
        fix = "its owner needs the group and app administrator roles"
        yield broken("Okta", f"the token may not read all: {said}", fix)
    else:
        yield fine("Okta", f"{rollout.okta.domain}: users, groups and apps can be read")


def _people(okta: httpx.Client, rollout: Rollout) -> Iterator[Finding]:
    """As an update asks for them (`components.identity.people`)."""
    wanted = directory.wanted(rollout)
    found: list[Person] = []
    for search in directory.searches(wanted):
        answer = okta.get(USERS, params={"search": search, "limit": 200})
        found += map(_person, document(answer))
    yield from people_findings(rollout, found)


def _person(user: Mapping[str, Any]) -> Person:
    profile: Mapping[str, str] = user["profile"]
    return Person(str(user["id"]), profile["email"], profile["login"], str(user["status"]))


def people_findings(rollout: Rollout, found: list[Person]) -> Iterator[Finding]:
    """`found`: whom Okta has of those whom the stack file names."""
    mistakes = directory.unknown_people(rollout, directory.by_email(found))
    for mistake in mistakes:
        what, _, fix = mistake.text.rpartition("; ")
        yield broken("people in Okta", f"{mistake.path[-1]} of {mistake.path[1]}: {what}", fix)
    if not mistakes:
        count = len({email for cohort in rollout.declared.values() for email in cohort.signed_in})
        yield fine("people in Okta", f"{count} may sign in, and Okta has them all")
