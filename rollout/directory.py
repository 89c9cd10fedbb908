"""Members and Okta's directory: how people are looked up, and what is said of those who are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rollout import names
from rollout.config import Cohort, Federation, Rollout
from rollout.words import Mistake, shown

# Okta states no limit for a search expression; 50 addresses are 4 calls for 200 people (okta-api 3).
PER_SEARCH = 50
# Okta takes people in these states out of every group, or refuses to put them in one.
GONE = {"DEPROVISIONED"}


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


def by_email(people: Iterable[Person]) -> dict[str, Person]:
    """Okta matches addresses without regard to case, so we do too; of two accounts the living one counts."""
    found: dict[str, Person] = {}
    for person in sorted(people, key=lambda person: (person.status not in GONE, person.id)):
        found[person.email.lower()] = person
    return found


def wanted(rollout: Rollout) -> list[str]:
    return sorted({email for cohort in rollout.declared.values() for email in cohort.members})


def user_ids(cohort: Cohort, people: Mapping[str, Person]) -> dict[str, str]:
    """Okta's ids, by e-mail address, of the members who may sign in now and whom Okta will have in a group."""
    found = {email: people[email] for email in cohort.signed_in if email in people}
    return {email: person.id for email, person in found.items() if person.status not in GONE}


def session_names(rollout: Rollout, cohort: Cohort, people: Mapping[str, Person]) -> dict[str, str]:
    """Of all members, by e-mail address."""
    return {email: session_name(rollout, email, people.get(email)) for email in cohort.members}


def everybodys_session_names(rollout: Rollout, people: Mapping[str, Person]) -> dict[str, str]:
    """Of all members of all cohorts, by e-mail address."""
    return {
        email: name
        for cohort in rollout.cohorts.values()
        for email, name in session_names(rollout, cohort, people).items()
    }


def session_name(rollout: Rollout, email: str, person: Person | None) -> str:
    """What a member's AWS sessions are called: Okta's login under saml, its user id under oidc.

    Of somebody whom Okta no longer knows, the address, which the login most likely was.
    """
    if person is None:
        return email
    return person.login if rollout.federation is Federation.SAML else person.id


def unknown_people(rollout: Rollout, people: Mapping[str, Person]) -> list[Mistake]:
    """Members who cannot sign in: not in Okta, deactivated there, or under a login that AWS refuses."""
    mistakes: list[Mistake] = []
    for name, cohort in rollout.declared.items():
        for email in cohort.signed_in:
            person = people.get(email)
            if person is None:
                text = f"nobody in {rollout.okta.domain} has this e-mail address; correct it, or take the member out"
            elif person.status in GONE:
                text = f"{person.status.lower()} in {rollout.okta.domain}; take the member out"
            elif not names.SESSION.fullmatch(session_name(rollout, email, person)):
                text = (
                    f"signs in to {rollout.okta.domain} as {shown(person.login)}, which AWS takes as no session's name "
                    "(2 to 64 letters, digits and _+=,.@-); change the login, or take the member out"
                )
            else:
                continue
            mistakes.append(Mistake(("cohorts", name, "members", email), text))
    return mistakes


def group_mistakes(rollout: Rollout, cohort: str, group: str, should: Iterable[str], does: Iterable[str]) -> list[str]:
    """What differs between who should be in a cohort's own group and who Okta says is, a line each. By e-mail address.

    The group gives the role, so nobody else may be in it. Of a cohort that is rolled back, those whom the stack file
    names are taken out after this.
    """
    declared = rollout.cohorts[cohort]
    wanted, found = set(should), _lower(does)
    leaving: set[str] = set() if declared.level.effects.assigned else set(declared.members)
    return [
        *_line(cohort, "missing from the Okta group", group, wanted - found),
        *_line(cohort, "in the Okta group", group, found - wanted - leaving, " but not to be"),
    ]


def umbrella_mistakes(rollout: Rollout, should: Mapping[str, Iterable[str]], does: Iterable[str]) -> list[str]:
    """The same of the umbrella group, which may hold people who are none of ours.

    `should`: by cohort. Extra is whoever the stack file names in a declared cohort without letting them in.
    """
    group, found = rollout.okta.umbrella_group, _lower(does)
    let_in = {email for emails in should.values() for email in emails}
    lines: list[str] = []
    for name, emails in should.items():
        cohort = rollout.cohorts[name]
        stopped = set(cohort.members) - set(cohort.signed_in) - let_in if cohort.level.effects.assigned else set[str]()
        lines += _line(name, "missing from the Okta group", group, set(emails) - found)
        lines += _line(name, "in the Okta group", group, stopped & found, " but not to be; take them out in Okta")
    return lines


def _lower(emails: Iterable[str]) -> set[str]:
    return {email.lower() for email in emails}


def _line(cohort: str, what: str, group: str, emails: Iterable[str], why: str = "") -> list[str]:
    listed = ", ".join(sorted(emails))
    return [f"cohorts.{cohort}: {what} {group}{why}: {listed}"] if listed else []
