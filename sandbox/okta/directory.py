"""The company's people, put into a new state."""

from __future__ import annotations

from sandbox import company

from .ids import id_of, timestamp
from .store import Database, Json, Kind


def people() -> tuple[company.Person, ...]:
    return company.people(company.folder())


def seed(database: Database) -> None:
    """Adds everybody to a directory that has nobody yet."""
    if not database.things(Kind.USER):
        hire(database)


def hire(database: Database) -> list[str]:
    """Adds whom the company's files name and the directory does not have; their addresses."""
    new = [person for person in people() if not database.named(Kind.USER, person["email"])]
    for person in new:
        database.add(Kind.USER, id_of("00u", person["email"]), user(profile(person)), name=person["email"])
    return [person["email"] for person in new]


def profile(person: dict[str, str]) -> Json:
    """Okta's attributes for one person; `userType` carries the seniority."""
    first, _, last = person["name"].partition(" ")
    manager = person["manager"]
    return {
        "firstName": first,
        "lastName": last,
        "email": person["email"],
        "login": person["email"],
        "department": person["team"],
        "title": person["role"],
        "userType": person["seniority"],
        **({"manager": manager, "managerId": id_of("00u", manager)} if manager else {}),
    }


def user(profile: Json, *, status: str = "ACTIVE") -> Json:
    now = timestamp()
    return {
        "status": status,
        "created": now,
        "activated": now if status == "ACTIVE" else None,
        "statusChanged": now,
        "lastUpdated": now,
        "profile": profile,
        "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
    }
