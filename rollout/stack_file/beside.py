"""Two stacks beside each other: what both would make, and what the second has to adopt of the first.

Names are an account's (IAM), a region's in it, or an Okta organization's; none has the stack in it. What is made once
is made by one stack, and `adopt` in the other says so. Pure: of two stack files alone. What is there already, whoever
made it, `rollout doctor` looks up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rollout import names, okta_names
from rollout.account import Account
from rollout.model.errors import some
from rollout.model.rollout import Federation, Rollout, ServiceLevels

# AWS's documentation has it in its examples, and the sandbox has it: whoever is in it shares no Okta with anybody who
# is in a real account.
EXAMPLE_ACCOUNT = "123456789012"
SOME = 3
# What only the one that made it, or Okta, can tell.
ASKED = "<its id>"
UMBRELLA = "umbrella_group_id"


class Where(StrEnum):
    """What two stacks share, as far as their files tell."""

    NOTHING = "nothing"
    OKTA = "the Okta organization"
    ACCOUNT = "the account"
    MAYBE = "the account, perhaps"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A stack, and where its file says that it is: `accounts` by `aws:allowedAccountIds`, none where it does not."""

    stack: str
    rollout: Rollout
    region: str | None
    accounts: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Clash:
    """What is wrong with `second` beside `first`, in a line. `is_mistake`: whether an update would meet it; else it is
    advice. `adopt`: what its `adopt` lacks, with `ASKED` in place of an id."""

    second: str
    first: str
    text: str
    is_mistake: bool = False
    adopt: Mapping[str, str | bool] = field(default_factory=dict[str, str | bool])


def block(adopt: Mapping[str, str | bool]) -> str:
    """As it is typed below `config:`, on one line of YAML."""
    said = (f"{key}: {str(value).lower() if isinstance(value, bool) else value}" for key, value in adopt.items())
    return f"{names.PROJECT}:adopt: {{{', '.join(said)}}}"


def shared(one: Place, other: Place) -> Where:
    """Where one of them does not say its account, it may be any but the examples'."""
    example = frozenset({EXAMPLE_ACCOUNT}) in (one.accounts, other.accounts)
    if one.accounts & other.accounts:
        return Where.ACCOUNT
    if example:
        return Where.NOTHING
    if not one.accounts or not other.accounts:
        return Where.MAYBE
    return Where.OKTA if one.rollout.okta.domain == other.rollout.okta.domain else Where.NOTHING


def made(rollout: Rollout, account: Account | None) -> dict[str, str | bool]:
    """What a stack has that is there once per account, by the key under which another one adopts it, with what that
    says."""
    adopt = rollout.adopt
    found: dict[str, str | bool] = {}
    if rollout.federation is Federation.SAML:
        provider = account.iam(f"saml-provider/{names.SAML_PROVIDER}") if account else ASKED
        found["saml_provider_arn"] = adopt.saml_provider_arn or provider
        found["okta_app_id"] = adopt.okta_app_id or ASKED
        found["okta_sign_in_app_id"] = adopt.okta_sign_in_app_id or ASKED
    found[UMBRELLA] = adopt.umbrella_group_id or ASKED
    found["invocation_log_group"] = adopt.invocation_log_group or names.INVOCATION_LOG_GROUP
    if rollout.has_workflows:
        found["github_provider"] = True
    return {**found, "announcer": True, "meter": True}


def lacking(second: Rollout, first: Rollout, account: Account | None) -> dict[str, str | bool]:
    """What `second` would make although `first` has it, in one account."""
    wanted = made(first, account)
    if not _one_umbrella(second, first):
        wanted.pop(UMBRELLA)
    return {
        key: value for key, value in wanted.items() if key in made(second, account) and not getattr(second.adopt, key)
    }


def clashes(places: Sequence[Place]) -> list[Clash]:
    """Of each two of them, the second's; mistakes first."""
    ordered = sorted(places, key=_precedence)
    found = [
        clash
        for number, first in enumerate(ordered)
        for second in ordered[number + 1 :]
        for clash in _of_two(second, first)
    ]
    return sorted(found, key=lambda clash: not clash.is_mistake)


def _precedence(place: Place) -> tuple[object, ...]:
    """The first is the one that adopts nothing of another stack; of two of those, the one that is meant in earnest."""
    rollout = place.rollout
    people = sum(len(cohort.members) for cohort in rollout.declared.values())
    adopts = rollout.adopt.meter or rollout.adopt.announcer
    return adopts, rollout.service_levels is not ServiceLevels.ENFORCE, not rollout.declared, -people, place.stack


def _of_two(second: Place, first: Place) -> Iterator[Clash]:
    match shared(second, first):
        case Where.NOTHING:
            return
        case Where.MAYBE:
            yield from _perhaps(second, first)
        case Where.OKTA:
            yield from _in_one_okta(second, first)
        case Where.ACCOUNT:
            yield from _in_one_account(second, first)


def _perhaps(second: Place, first: Place) -> Iterator[Clash]:
    if adopt := lacking(second.rollout, first.rollout, None):
        text = (
            f"aws:allowedAccountIds: not said here or in stack {first.stack}; name both accounts, or, if they are one, "
            f"let this stack adopt what that one makes: {_by_command(second, first)}"
        )
        yield Clash(second=second.stack, first=first.stack, text=text, adopt=adopt)


def _in_one_okta(second: Place, first: Place) -> Iterator[Clash]:
    if _one_umbrella(second.rollout, first.rollout) and not second.rollout.adopt.umbrella_group_id:
        adopt = {UMBRELLA: made(first.rollout, None)[UMBRELLA]}
        text = (
            f"adopt.umbrella_group_id: missing; Okta has one group {second.rollout.okta.umbrella_group}, which stack "
            f"{first.stack} makes: {_by_command(second, first)}, or take another okta.umbrella_group"
        )
        yield _clash(second, first, text, adopt)
    yield from _umbrella_unassigned(second, first)
    yield from _same_people(second, first)


def _in_one_account(second: Place, first: Place) -> Iterator[Clash]:
    if second.region and first.region and second.region != first.region:
        text = (
            f"aws:region: {second.region}, and stack {first.stack} is in {first.region} of the same account, which has "
            "one set of roles and one meter; take that region, or an account of its own"
        )
        yield _clash(second, first, text)
        return
    yield from _same_cohorts(second, first)
    yield from _same_machines(second, first)
    both = second.accounts & first.accounts
    account = Account(next(iter(both)), first.region or "") if len(both) == 1 else None
    if _is_oidc(second) and _is_oidc(first) and second.rollout.okta.domain == first.rollout.okta.domain:
        text = (
            f"federation: oidc, as stack {first.stack} of the same account, whose provider in IAM lists the client ids "
            "of its own cohorts alone; take saml, or an account of its own"
        )
        yield _clash(second, first, text)
    for key, value in made(first.rollout, account).items():
        own: object = getattr(second.rollout.adopt, key)
        if own and value != ASKED and own != value and key != UMBRELLA:
            text = f"adopt.{key}: {own}, and stack {first.stack} of the same account has {value}; name that one"
            yield _clash(second, first, text)
    if adopt := lacking(second.rollout, first.rollout, account):
        text = f"adopt: missing {', '.join(adopt)}, which stack {first.stack} of the same account makes; "
        yield _clash(second, first, f"{text}{_by_command(second, first)}: {block(adopt)}", adopt)
    yield from _gateways(second, first)
    yield from _umbrella_unassigned(second, first)
    yield from _same_people(second, first)


def _gateways(second: Place, first: Place) -> Iterator[Clash]:
    """Okta has one app for the gateway of an account; whose people do not go by it reach Bedrock beside it: advice."""
    ours, theirs = second.rollout.gateway, first.rollout.gateway
    away = "put the cohorts of both into one stack, or take an account of its own"
    if ours and theirs:
        account = min(second.accounts & first.accounts)
        text = (
            f"gateway: stack {first.stack} of the same account has one too, and Okta's app "
            f"{okta_names.gateway_app(account)} is one per account; {away}"
        )
        yield _clash(second, first, text)
    elif theirs and _has_people(second):
        text = (
            f"gateway: missing; people of stack {first.stack} of the same account reach Bedrock by {theirs.url} alone, "
            f"and people of this one go round it; {away}"
        )
        yield Clash(second=second.stack, first=first.stack, text=text)
    elif ours and _has_people(first):
        text = (
            f"gateway: people of stack {first.stack} of the same account, which has none, go round {ours.url}; {away}"
        )
        yield Clash(second=second.stack, first=first.stack, text=text)


def _has_people(place: Place) -> bool:
    return any(not cohort.machines for cohort in place.rollout.cohorts.values())


def _umbrella_unassigned(second: Place, first: Place) -> Iterator[Clash]:
    """Whose group it is assigns it (`components.identity.federation`): to the app of its own sign-in."""
    ours, theirs = second.rollout.identity_center, first.rollout.identity_center
    adopts = second.rollout.adopt.umbrella_group_id and _one_umbrella(second.rollout, first.rollout)
    if ours and adopts and (theirs is None or theirs.okta_app_id != ours.okta_app_id):
        text = (
            f"identity_center.okta_app_id: stack {first.stack} has the umbrella group and does not assign it to that "
            "app, so that nobody becomes a user in Identity Center; assign it in Okta by hand"
        )
        yield Clash(second=second.stack, first=first.stack, text=text)


def _same_cohorts(second: Place, first: Place) -> Iterator[Clash]:
    one, other = second.rollout, first.rollout
    for name in sorted({*one.cohorts, *one.logs.retired} & {*other.cohorts, *other.logs.retired}):
        text = (
            f"cohorts.{name}: stack {first.stack} of the same account has a cohort of this name, and with it the role "
            f"{names.role(name)}; take another name"
        )
        is_mistake = name in one.logged and name in other.logged
        yield Clash(second=second.stack, first=first.stack, text=text, is_mistake=is_mistake)


def _same_machines(second: Place, first: Place) -> Iterator[Clash]:
    """The meter counts by name, and stops by it; one identity in two roles could sign in to either."""
    one, other = _machines(second), _machines(first)
    for name in sorted(one.keys() & other.keys()):
        text = (
            f"machines.{name}: stack {first.stack} of the same account has one of this name, and one meter counts both"
        )
        yield Clash(second=second.stack, first=first.stack, text=f"{text}; take another name", is_mistake=True)
    known = {identity: name for name, identity in other.items()}
    for name, identity in sorted(one.items()):
        if identity in known and name not in other:
            text = (
                f"machines.{name}: is {known[identity]} of stack {first.stack} of the same account; give it an identity"
            )
            yield Clash(second=second.stack, first=first.stack, text=f"{text} of its own", is_mistake=True)


def _machines(place: Place) -> dict[str, str]:
    cohorts = place.rollout.declared.values()
    return {name: machine.identity for cohort in cohorts for name, machine in cohort.machines.items()}


def _same_people(second: Place, first: Place) -> Iterator[Clash]:
    """Shut, not open: so it is advice."""
    if not _one_umbrella(second.rollout, first.rollout):
        return
    one, other = _people(second), _people(first)
    if both := sorted(one & other):
        text = (
            f"{some(both, SOME)}: in stack {first.stack} too, by one umbrella group: whoever is taken "
            "out of it here signs in to neither, until an update of the other with `--refresh`"
        )
        yield Clash(second=second.stack, first=first.stack, text=text)


def _people(place: Place) -> set[str]:
    return {email for cohort in place.rollout.declared.values() for email in cohort.members}


def _clash(second: Place, first: Place, text: str, adopt: Mapping[str, str | bool] | None = None) -> Clash:
    """A mistake once a cohort of the second is open; before, it is still to be said which account it gets."""
    return Clash(
        second=second.stack, first=first.stack, text=text, is_mistake=bool(second.rollout.declared), adopt=adopt or {}
    )


def _by_command(second: Place, first: Place) -> str:
    return f"`rollout init --beside {first.stack} --stack {second.stack}` writes it"


def _one_umbrella(one: Rollout, other: Rollout) -> bool:
    return (one.okta.domain, one.okta.umbrella_group) == (other.okta.domain, other.okta.umbrella_group)


def _is_oidc(place: Place) -> bool:
    return place.rollout.federation is Federation.OIDC
