"""Members and Okta's directory: how people are looked up, and what is said of those who are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rollout import names
from rollout.model.errors import Mistake, shown
from rollout.model.rollout import Federation, Rollout

# Okta states no limit for a search expression; 50 addresses are 4 calls for 200 people (okta-api 3).
PER_SEARCH = 50
# Okta takes people in these states out of every group, or refuses to put them in one.
GONE = {"DEPROVISIONED"}
ACTIVE = "ACTIVE"


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    login: str
    status: str


def searches(emails: Iterable[str]) -> Iterator[str]:
    """Search expressions that together find all of `emails`, in a fixed order."""
    wanted = sorted(set(emails))
    for start in range(0, len(wanted), PER_SEARCH):
        yield " or ".join(f'profile.email eq "{email}"' for email in wanted[start : start + PER_SEARCH])


@dataclass(frozen=True, kw_only=True)
class Directory:
    """Whom Okta has of the people asked for, by e-mail address in lower case.

    `people`: the account that is each person's. `namesakes`: where several accounts have the address and none of them
    is plainly the person's, all of those; then nobody is. `accounts`: every account of an address, the dead ones too.
    """

    people: Mapping[str, Person]
    namesakes: Mapping[str, tuple[Person, ...]]
    accounts: Mapping[str, tuple[Person, ...]]


def by_email(people: Iterable[Person]) -> Directory:
    """Okta matches addresses without regard to case, so we do too; only logins are unique in Okta, addresses are not.

    Of several living accounts with one address the one whose login is the address is the person's, unless another is
    active and it is not: a suspended, staged or locked account never stands for an active one.
    """
    accounts: dict[str, tuple[Person, ...]] = {}
    for person in sorted(people, key=lambda person: (person.login.lower(), person.id)):
        accounts[person.email.lower()] = (*accounts.get(person.email.lower(), ()), person)
    chosen = {email: _chosen(email, found) for email, found in accounts.items()}
    return Directory(
        people={email: person for email, person in chosen.items() if person},
        namesakes={email: _living(accounts[email]) for email, person in chosen.items() if not person},
        accounts=accounts,
    )


def _living(accounts: Iterable[Person]) -> tuple[Person, ...]:
    return tuple(account for account in accounts if account.status not in GONE)


def _chosen(email: str, accounts: tuple[Person, ...]) -> Person | None:
    candidates = _living(accounts) or accounts
    if len(candidates) == 1:
        return candidates[0]
    own = next((account for account in candidates if account.login.lower() == email), None)
    active = [account for account in candidates if account.status == ACTIVE]
    return own if own and (own in active or not active) else None


def wanted(rollout: Rollout) -> list[str]:
    return sorted({email for cohort in rollout.declared.values() for email in cohort.members})


def user_ids(emails: Iterable[str], found: Directory | None) -> dict[str, str]:
    """Okta's ids, by e-mail address, of those whom Okta will have in a group; of nobody where Okta does not answer."""
    people: Mapping[str, Person] = found.people if found else {}
    known = {email: people[email] for email in emails if email in people}
    return {email: person.id for email, person in known.items() if person.status not in GONE}


def session_names(rollout: Rollout, directory: Directory) -> dict[str, tuple[str, ...]]:
    """By e-mail address, what sessions of every account of that address are called now: whoever cannot be told apart is
    denied together."""
    return {
        email: tuple(session_name(rollout, person) for person in accounts)
        for email, accounts in directory.accounts.items()
    }


def session_name(rollout: Rollout, person: Person) -> str:
    """What an account's AWS sessions are called: Okta's login, which is the user name in Identity Center too (its app's
    default); under oidc its user id; by way of a gateway the e-mail address, which it takes from Okta's token."""
    if rollout.gateway:
        return person.email
    return person.id if rollout.federation is Federation.OIDC else person.login


def unknown_people(rollout: Rollout, found: Directory) -> list[Mistake]:
    """Members who cannot sign in: not in Okta, deactivated there, not to be told from somebody else there, or under a
    login that AWS refuses."""
    mistakes: list[Mistake] = []
    machines = {machine for cohort in rollout.declared.values() for machine in cohort.machines}
    for name, cohort in rollout.declared.items():
        for email in cohort.signed_in:
            person = found.people.get(email)
            if email in found.namesakes:
                logins = " and ".join(f"{shown(one.login)} ({one.status.lower()})" for one in found.namesakes[email])
                text = (
                    f"several accounts in {rollout.okta.domain} have this e-mail address: {logins}; give it to one of "
                    "them alone, or make it that one's login"
                )
            elif person is None:
                text = f"nobody in {rollout.okta.domain} has this e-mail address; correct it, or take the member out"
            elif person.status in GONE:
                text = f"{person.status.lower()} in {rollout.okta.domain}; take the member out"
            elif not names.SESSION.fullmatch(session_name(rollout, person)):
                what = "the address" if rollout.gateway else "the login"
                text = (
                    f"signs in to {rollout.okta.domain} as {shown(session_name(rollout, person))}, which AWS takes as "
                    f"no session's name (2 to 64 letters, digits and _+=,.@-); change {what}, or take the member out"
                )
            elif (called := session_name(rollout, person).lower()) in machines:
                text = f"signs in to {rollout.okta.domain} as {called}, as a machine is called; name that otherwise"
            else:
                continue
            mistakes.append(Mistake(("cohorts", name, "members", email), text))
    return mistakes


def group_mistakes(
    rollout: Rollout, cohort: str, group: str, should: Mapping[str, str], does: Iterable[Person]
) -> list[str]:
    """What differs between who should be in a cohort's own group and who Okta says is, a line each.

    `should`: Okta's id by e-mail address. The group gives the role, so nobody else may be in it, nor another account of
    the same address. Of a cohort that is rolled back, those whom the stack file names are taken out after this.
    """
    declared, found = rollout.cohorts[cohort], list(does)
    leaving: set[str] = set() if declared.level.effects.assigned else set(declared.members)
    extra = [one for one in found if one.id not in should.values() and one.email.lower() not in leaving]
    return [
        *_line(cohort, "missing from the Okta group", group, _missing(should, found)),
        *_line(cohort, "in the Okta group", group, (_called(one, should) for one in extra), " but not to be"),
    ]


def umbrella_mistakes(rollout: Rollout, should: Mapping[str, Mapping[str, str]], does: Iterable[Person]) -> list[str]:
    """The same of the umbrella group, which may hold people who are none of ours.

    `should`: by cohort. Extra is whoever the stack file names in a declared cohort without letting them in.
    """
    group, found = rollout.okta.umbrella_group, list(does)
    there = {person.email.lower() for person in found}
    let_in = {email for people in should.values() for email in people}
    lines: list[str] = []
    for name, people in should.items():
        cohort = rollout.cohorts[name]
        stopped = set(cohort.members) - set(cohort.signed_in) - let_in if cohort.level.effects.assigned else set[str]()
        lines += _line(name, "missing from the Okta group", group, _missing(people, found))
        lines += _line(name, "in the Okta group", group, stopped & there, " but not to be; take them out in Okta")
    return lines


def _missing(should: Mapping[str, str], found: Iterable[Person]) -> list[str]:
    ids = {person.id for person in found}
    return [email for email, id_ in should.items() if id_ not in ids]


def _called(person: Person, should: Mapping[str, str]) -> str:
    email = person.email.lower()
    return f"{shown(person.login)} (another account of {email})" if email in should else email


def _line(cohort: str, what: str, group: str, emails: Iterable[str], why: str = "") -> list[str]:
    listed = ", ".join(sorted(emails))
    return [f"cohorts.{cohort}: {what} {group}{why}: {listed}"] if listed else []
