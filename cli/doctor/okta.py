"""What a rollout needs of Okta: credentials that may do it, and its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from cli.doctor import okta_app, okta_groups
from cli.doctor.finding import TIMEOUT, Check, Finding, broken, document, fine, unknown
from cli.doctor.steps import Step
from cli.live.okta import okta_client
from rollout import okta_names
from rollout.access.adopted_apps import AwsApp, SignInApp, aws_app_mistakes, sign_in_app_mistakes
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.people import directory
from rollout.people.directory import Person
from rollout.people.okta_waits import longest_wait_seconds, wait_advice

READS = {"okta.users.read": "users", "okta.groups.read": "groups", "okta.apps.read": "apps"}
USERS, APPS = "/api/v1/users", "/api/v1/apps"
ORGANIZATION = "/.well-known/okta-organization"
ADOPTED = "adopted in Okta"
# What Okta calls the Identity Engine in that document; `v1` is Classic.
IDENTITY_ENGINE = "idx"


@dataclass(frozen=True)
class Asking:
    """Okta, asked with the credentials that are in the environment."""

    domain: str
    environment: Mapping[str, str]

    @property
    def token(self) -> str:
        return self.environment.get(okta_app.TOKEN, "")

    def anybody(self) -> httpx.Client:
        return okta_client(self.domain, self.environment, self.token, TIMEOUT)

    def client(self) -> httpx.Client:
        """CommandError where the service app gets no token."""
        okta = self.anybody()
        if not self.token:
            okta.headers["Authorization"] = okta_app.bearer(okta_app.sign_in(okta, self.domain, self.environment))
        return okta

    def organization(self) -> Iterator[Finding]:
        with self.anybody() as okta:
            yield from organization_findings(self.domain, document(okta.get(ORGANIZATION)))

    def credentials(self) -> Iterator[Finding]:
        with self.anybody() as okta:
            if not self.token:
                answer = okta_app.sign_in(okta, self.domain, self.environment)
                if refused := okta_app.refusal(answer):
                    yield refused
                    return
                okta.headers["Authorization"] = okta_app.bearer(answer)
            yield from reads(okta, self.domain, by_token=bool(self.token))


def checks(
    rollout: Rollout, config: Mapping[str, Any], account: Account | None, environment: Mapping[str, str]
) -> list[Check]:
    """`config`: the stack file's, with the provider's settings. `account`: the stack's; None where it is not known."""
    asking, fix = Asking(rollout.okta.domain, environment), "check the domain, the network and the credentials"

    def adopted_apps_fit() -> Iterator[Finding]:
        with asking.client() as okta:
            yield from _adopted(okta, rollout, account)

    def people_are_there() -> Iterator[Finding]:
        with asking.client() as okta:
            yield from _people(okta, rollout)

    def groups_are_told() -> Iterator[Finding]:
        with asking.client() as okta:
            yield from okta_groups.findings(okta, rollout, account, by_token=bool(asking.token))

    looks = {okta_app.CHECK: lambda: okta_app.variables(environment), "Okta organization": asking.organization}
    if asking.token or okta_app.has_key(environment):
        looks |= {"Okta": asking.credentials, "people in Okta": people_are_there}
        looks |= {ADOPTED: adopted_apps_fit} if _adopts(rollout) else {}
        looks |= {okta_groups.CHECK: groups_are_told} if okta_groups.applies(rollout) else {}
    looks["a silent Okta"] = lambda: _waits(config)
    return [Check(name=name, look=look, fix=fix, step=Step.OKTA) for name, look in looks.items()]


def client(rollout: Rollout, environment: Mapping[str, str]) -> Callable[[], httpx.Client] | None:
    """What asks Okta, once it is called; None where the environment has no credentials for it."""
    asking = Asking(rollout.okta.domain, environment)
    return asking.client if asking.token or okta_app.has_key(environment) else None


def organization_findings(domain: str, said: Mapping[str, Any]) -> Iterator[Finding]:
    """okta-aws-cli's README: the `web` command requires an organization of the Identity Engine."""
    check, pipeline = "Okta organization", said.get("pipeline")
    if pipeline == IDENTITY_ENGINE:
        yield fine(check, f"{domain} is on the Identity Engine")
    else:
        fix = "ask Okta for the upgrade to the Identity Engine"
        yield broken(check, f"{domain} is not on the Identity Engine ({pipeline}): nobody could sign in", fix)


def _adopts(rollout: Rollout) -> bool:
    return bool(rollout.adopt.okta_app_id or rollout.adopt.okta_sign_in_app_id)


def _adopted(okta: httpx.Client, rollout: Rollout, account: Account | None) -> Iterator[Finding]:
    """As the program judges them (`components.identity.adopted_apps`)."""
    adopt, lines = rollout.adopt, list[str]()
    if account is None:
        yield unknown(ADOPTED, "of which account is not known", "set aws:allowedAccountIds, or sign in to AWS")
        return
    client_id = okta_names.sign_in_app(account.id)
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


def reads(okta: httpx.Client, domain: str, *, by_token: bool) -> Iterator[Finding]:
    """What the credentials may read."""
    refused = {
        scope: answer.status_code
        for scope, path in READS.items()
        if not (answer := okta.get(f"/api/v1/{path}", params={"limit": 1})).is_success
    }
    said = ", ".join(f"{scope}: {status}" for scope, status in refused.items())
    if not refused:
        yield fine("Okta", f"{domain}: users, groups and apps can be read")
    elif by_token and 401 in refused.values():
        yield broken("Okta", f"{domain} refuses OKTA_API_TOKEN", "make a new token; 30 idle days end one")
    elif by_token:
        fix = "its owner needs to be organization administrator and application administrator"
        yield broken("Okta", f"the token may not read all: {said}", fix)
    elif 403 in refused.values():
        fix = "a super administrator gives the app its roles, under Admin roles"
        yield broken("Okta", f"the app has no admin role, or a scope is not granted: {said}", fix)
    else:
        yield unknown("Okta", f"not all could be read: {said}", "look at Okta's System Log for the app")


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
