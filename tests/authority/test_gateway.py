"""By a gateway: every member, cohort, model, level, age of session, spelling and way in. No decision of others' evaluator
may differ from what is written here a second time, from the stack file and Okta's spelling alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from rollout.iam_limits import TRUST_CHARACTERS, characters
from rollout.incidents.cut_record import NAME, read
from tests import recording, stacks
from tests.authority.evaluator import Request, invocation, verdicts
from tests.authority.roles import boundary, policies
from tests.authority.test_everybody import AFTER, BEFORE, MOMENTS, WITH_ROLE, may
from tests.config.generated import INCIDENT, MEMBERS_LAST_DAY
from tests.policies.test_rules import SERVICE
from tests.recording import ACCOUNT
from tests.registrations import Recorded

GATEWAY, ROLE = "claude-gateway", f"arn:aws:iam::{ACCOUNT}:role/claude-gateway"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/claude-code-okta"
OKTA = f"arn:aws:iam::{ACCOUNT}:oidc-provider/acme.okta.com"
SIGN_IN = {"SAML:aud": "https://signin.aws.amazon.com/saml"}
ALICE, GRACE, ZOE = "alice.chen@acme.example", "grace.liu@acme.example", "zoe.berg@partner.example"
# How Okta spells whose address has capitals there, and what it calls whose login is another.
SPELLED = {GRACE: "Grace.Liu@Acme.example"}
ACCOUNTS = {GRACE: {"email": SPELLED[GRACE], "login": "gliu"}}
# Names that are nobody's: a stranger of the same domain, a member in other capitals, part of a member, what the vendor's
# gateway calls its own session, a login.
NOBODY = (
    "mallory@acme.example",
    "ALICE.CHEN@acme.example",
    "Alice.Chen@Acme.example",
    "lice.chen@acme.example",
    "alice.chen@acme.example.org",
    "claude-apps-gateway",
    "gliu",
    "*@acme.example",
)
FEDERATIONS = ("saml", "oidc")
Document = dict[str, Any]


def document(level: str = "active", own: Document | None = None, federation: str = "saml") -> Document:
    made = stacks.small()
    made |= {
        "federation": federation,
        "gateway": {"kind": "claude_apps", "url": "https://claude.acme.example", "role_arn": ROLE},
    }
    pilot = made["cohorts"]["pilot"]
    made["cohorts"]["second"] = {
        "level": "active",
        "models": ["haiku", "sonnet"],
        "members": {ZOE: {"name": "Zoe Berg", "team": "platform"}},
    }
    pilot["level"] = level
    if level != "active":
        pilot |= {"incident": INCIDENT, "sessions_valid_from": INCIDENT["since"]}
    pilot["members"][GRACE] |= own or {}
    return made


def run_of(made: Document, **more: Any) -> Recorded:
    return recording.run(stacks.config(made), accounts=ACCOUNTS, **more)


def trust(run: Recorded, cohort: str) -> Any:
    return json.loads(run.one(f"{cohort}-access-role").inputs["assumeRolePolicy"])


def names_of(made: Document, cohort: str) -> set[str]:
    """By which the cohort's members are let in."""
    members = set(made["cohorts"][cohort]["members"])
    return members | {SPELLED[email] for email in members & set(SPELLED)}


@dataclass(frozen=True)
class Way:
    """`lets_in`: whether a member comes in by it, under a name of their own."""

    said: str
    principal: str
    action: str = "sts:AssumeRole"
    context: tuple[tuple[str, str], ...] = ()
    identity: Any = None
    lets_in: bool = False


def ways(run: Recorded, name: str) -> Iterator[Way]:
    """`name`: whose session it would be, where the way has one already."""
    yield Way("Okta's SAML", SAML, "sts:AssumeRoleWithSAML", tuple(SIGN_IN.items()))
    token = (("acme.okta.com:aud", f"claude-code-{ACCOUNT}-pilot"), ("acme.okta.com:sub", name))
    yield Way("Okta's OIDC", OKTA, "sts:AssumeRoleWithWebIdentity", token)
    yield Way("the gateway", f"arn:aws:sts::{ACCOUNT}:assumed-role/{GATEWAY}/task", lets_in=True)
    yield Way("the gateway's name in another account", f"arn:aws:sts::999999999999:assumed-role/{GATEWAY}/task")
    for role in ("claude-gateway2", "gateway", "admin", "rollout-on-call"):
        yield Way(f"role {role}", f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/task")
    yield Way("a user", f"arn:aws:iam::{ACCOUNT}:user/claude-gateway")
    for cohort in run.cohorts:  # onwards, out of a session that the gateway began
        chained = f"arn:aws:sts::{ACCOUNT}:assumed-role/claude-code-{cohort}/{name}"
        yield Way(f"chained out of {cohort}", chained, identity=policies(run, cohort))


def attempts(made: Document, run: Recorded, names: tuple[str, ...]) -> Iterator[tuple[Request, bool, str]]:
    for cohort, name in product(run.cohorts, names):
        role = f"arn:aws:iam::{ACCOUNT}:role/claude-code-{cohort}"
        for way in ways(run, name):
            context = {**dict(way.context), "sts:RoleSessionName": name}
            identity = way.identity or {}
            request = Request(way.principal, way.action, role, context, identity, resource_policy=trust(run, cohort))
            should = way.lets_in and name in names_of(made, cohort)
            yield request, should, f"{name} of {cohort} by {way.said}"


def wrong(asked: list[tuple[Request, bool, str]]) -> list[str]:
    decided = verdicts([request for request, _, _ in asked])
    return [f"{text}: {is_}" for is_, (_, should, text) in zip(decided, asked, strict=True) if is_ != should]


@pytest.mark.slow
@pytest.mark.parametrize("federation", FEDERATIONS)
@pytest.mark.parametrize("level", WITH_ROLE)
def test_nobody_comes_in_but_a_member_by_the_gateway_under_a_name_of_their_own(level: str, federation: str) -> None:
    made = document(level, federation=federation)
    asked = list(attempts(made, run_of(made), (ALICE, GRACE, ZOE, SPELLED[GRACE], *NOBODY)))
    assert wrong(asked) == []
    assert sum(should for _, should, _ in asked) == 4  # two of the pilot, one of whom has two spellings, and one


OWN: list[Document] = [
    {},
    {"sessions_valid_from": INCIDENT["since"]},
    {"until": MEMBERS_LAST_DAY},
    *({"level": level, "incident": INCIDENT} for level in WITH_ROLE[1:]),
]


def invocations(
    made: Document, run: Recorded, more: dict[str, str] | None = None
) -> Iterator[tuple[Request, bool, str]]:
    """Of every name that the gateway is let in under, and of those in `more`: by name, whose they are."""
    for cohort, known in made["cohorts"].items():
        held, most = policies(run, cohort), boundary(run, cohort)
        whose = {name: name.lower() for name in names_of(made, cohort)}
        whose |= {name: email for name, email in (more or {}).items() if email in known["members"]}
        for (name, email), (owner, out) in product(sorted(whose.items()), run.cohorts.items()):
            moments = MOMENTS if "until" in known["members"][email] else MOMENTS[:1]
            for (label, arn), issued, at in product(out["profile_arns"].items(), (BEFORE, AFTER), moments):
                request = invocation(f"claude-code-{cohort}", name, arn, issued, at, held, most)
                should = owner == cohort and may(made, known, known["members"][email], label, issued, at)
                yield request, should, f"{name} of {cohort}, {label} of {owner}, {issued} at {at}"


@pytest.mark.slow
@pytest.mark.sampled("own", keep=2)
@pytest.mark.parametrize("own", OWN, ids=lambda own: ",".join(map(str, own.values()))[:40] or "none")
@pytest.mark.parametrize("level", WITH_ROLE)
def test_no_session_that_the_gateway_begins_may_more_than_its_member(level: str, own: Document) -> None:
    made = document(level, own)
    asked = list(invocations(made, run_of(made)))
    assert wrong(asked) == []
    assert len(asked) >= 2 * 4 * 4


@pytest.mark.slow
@pytest.mark.parametrize("federation", FEDERATIONS)
@pytest.mark.parametrize(
    "own", [{"level": "suspended", "incident": INCIDENT}, {"until": MEMBERS_LAST_DAY}], ids=["cut", "end"]
)
def test_a_cut_right_after_the_switch_holds_for_sessions_from_before_it_too(own: Document, federation: str) -> None:
    """They are called by the login, or the id, and live for up to an hour; those of the gateway by the address."""
    before = document(federation=federation)
    del before["gateway"]
    first = read(run_of(before).one(NAME).inputs["input"])
    made = document(own=own, federation=federation)
    older = {"gliu": GRACE} if federation == "saml" else {recording.okta_user_id(GRACE): GRACE}
    asked = list(invocations(made, run_of(made, record=first), older))
    assert wrong(asked) == []
    assert any(next(iter(older)) in text for _, _, text in asked)


def large(capitals: int) -> tuple[Document, dict[str, dict[str, str]]]:
    """A cohort of a hundred, of whom some have capitals at Okta."""
    made = document()
    people = [f"somebody.number{number:03d}@{'acme' if number % 2 else 'partner'}.example" for number in range(100)]
    made["cohorts"]["pilot"]["members"] = {email: {"name": "x", "team": "backend"} for email in people}
    return made, {email: {"email": email.title()} for email in people[:capitals]}


def test_a_cohort_too_large_for_its_names_lets_in_any_address_of_its_domains_and_no_spelling_that_denies_do_not_know() -> (
    None
):
    made, accounts = large(5)
    run = recording.run(stacks.config(made), accounts=accounts)
    assert characters(trust(run, "pilot")) <= TRUST_CHARACTERS
    role, members = f"arn:aws:iam::{ACCOUNT}:role/claude-code-pilot", made["cohorts"]["pilot"]["members"]
    spelled = [each["email"] for each in accounts.values()]
    wanted = {
        **dict.fromkeys((*members, *spelled), True),
        # What is lost, and stands in docs/gateway.md: by the gateway's own word, somebody else of the domain.
        "mallory@acme.example": True,
        "mallory@partner.example": True,
        "mallory@other.example": False,
        "mallory@sub.acme.example": False,
        **{email.title(): False for email in list(members)[5:]},
        "Mallory@acme.example": False,
        "mallory@Acme.example": False,
        "claude-apps-gateway": False,
    }
    asked = [
        (
            Request(
                f"arn:aws:sts::{ACCOUNT}:assumed-role/{GATEWAY}/task",
                "sts:AssumeRole",
                role,
                {"sts:RoleSessionName": name},
                resource_policy=trust(run, "pilot"),
            ),
            should,
            name,
        )
        for name, should in wanted.items()
    ]
    assert wrong(asked) == []


@pytest.mark.parametrize("kind", ["claude_apps", "litellm"])
@pytest.mark.parametrize("level", WITH_ROLE)
def test_the_tasks_own_session_calls_no_model_and_takes_no_other_role(level: str, kind: str) -> None:
    """Of a gateway that this program runs: by its rights as they are declared, whatever the cohorts' level."""
    made = document(level)
    made["gateway"] = {"kind": kind, "url": "https://claude.acme.example", "service": SERVICE}
    run = run_of(made)
    task = json.loads(run.one("gateway-task").inputs["policy"])
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/rollout-gateway/task"

    def asks(action: str, resource: str, **context: Any) -> Request:
        return Request(session, action, resource, context, {"task": task})

    roles = {name: f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("admin", "rollout-on-call", "rollout-gateway")}
    cohorts = {name: f"arn:aws:iam::{ACCOUNT}:role/claude-code-{name}" for name in run.cohorts}
    table, others = (
        f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/claude-code-usage",
        {"dynamodb:LeadingKeys": ["month#2026-11"]},
    )
    models = [arn for out in run.cohorts.values() for arn in out["profile_arns"].values()]
    models.append("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6")
    levels = {"dynamodb:LeadingKeys": ["gateway#pilot"]}
    asked = [
        *((asks("bedrock:InvokeModel", arn), False, arn) for arn in models),
        *((asks("sts:AssumeRole", arn, **{"sts:RoleSessionName": ALICE}), False, name) for name, arn in roles.items()),
        *((asks("sts:AssumeRole", arn, **{"sts:RoleSessionName": ALICE}), True, name) for name, arn in cohorts.items()),
        (asks("dynamodb:GetItem", table, **levels), kind == "litellm", "a level"),
        (asks("dynamodb:GetItem", table, **others), False, "a counter of others"),
        (asks("dynamodb:GetItem", table), False, "no key"),
        (asks("dynamodb:UpdateItem", table, **levels), False, "a level, written"),
        (asks("iam:PutRolePolicy", cohorts["pilot"]), False, "rights"),
        (asks("secretsmanager:GetSecretValue", SERVICE["secrets"]["OIDC_CLIENT_SECRET"]), False, "a secret"),
    ]
    assert wrong(asked) == []
