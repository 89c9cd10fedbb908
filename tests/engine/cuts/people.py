"""One person cut alone, while their account changes in Okta or Okta is silent."""

from __future__ import annotations

import threading
import time

from tests.engine.access.test_levels import GROUP
from tests.engine.cuts.judging import Session, Watch
from tests.engine.cuts.stack_file import resume, suspend
from tests.engine.cuts.table import Row
from tests.engine.cuts.way import OKTA_DEAD, UP, Way, types
from tests.engine.world import World

NADIA, HANNAH, TOMASZ, BOB = (
    f"{name}@acme.example" for name in ("alice.chen", "hannah.clarke", "tomasz.wojcik", "bob.kim")
)
CARLOS, NOOR, WEI, GRACE = (f"{name}@acme.example" for name in ("carlos.diaz", "noor.haddad", "wei.zhang", "grace.liu"))
KEVIN = "kevin.okafor@acme.example"
SPELLED, FIRST, LATER, ADMIN = (f"{login}@acme.example" for login in ("AChen", "twojcik", "tw2", "adm-bob.kim"))


def rename(world: World, email: str, login: str) -> None:
    world.okta(f"/api/v1/users/{world.user_id(email)}", "POST", {"profile": {"login": login}})


def delete(world: World, email: str) -> None:
    user = world.user_id(email)
    for _ in range(2):  # the first time it deactivates
        world.okta(f"/api/v1/users/{user}", "DELETE")


def second_account(world: World, watch: Watch) -> Session | None:
    """With Bob's address, signed in while it was in the cohort's group."""
    profile = {"login": ADMIN, "email": BOB, "firstName": "Bob", "lastName": "Kim"}
    user = world.okta("/api/v1/users?activate=true", "POST", {"profile": profile})["id"]
    member = [f"/api/v1/groups/{world.group_id(group)}/users/{user}" for group in (GROUP, "Claude-Code-Users")]
    for path in member:
        world.okta(path, "PUT")
    found = watch.signs_in(ADMIN)
    for path in member:
        world.okta(path, "DELETE")
    return found


def at_once(world: World, ways: list[Way], lines: list[str]) -> None:
    """Each typed by somebody of their own, at the same moment."""
    ended: list[BaseException] = []

    def one(way: Way, line: str) -> None:
        try:
            types(world, [way], line)
        except BaseException as error:  # a thread of its own would only print it
            ended.append(error)

    threads = [threading.Thread(target=one, args=pair) for pair in zip(ways, lines, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if ended:
        raise ended[0]


def okta_changes(world: World, watch: Watch) -> list[Row]:
    """Names of sessions that change, go, or are not known: Denies must keep them."""
    rename(world, NADIA, SPELLED)
    rename(world, TOMASZ, FIRST)
    silent = Way(watch, "Okta silent at a later update: the Deny of somebody whose login is not the address", NADIA)
    deleted = Way(watch, "Account deleted in Okta after the cut", HANNAH)
    renamed = Way(watch, "Login renamed after sign-in and again after the cut", TOMASZ)
    second = Way(watch, "A second Okta account with the member's e-mail address", f"{BOB}, under both logins")
    meanwhile = Way(watch, "Somebody cut while Okta is silent", CARLOS)
    quick = Way(watch, "`--refresh` first while Okta is silent: changes nothing, and fails; then without", WEI)
    ways = [silent, deleted, renamed, second, meanwhile, quick]
    for way in ways:
        way.before = [watch.signs_in(way.who.partition(",")[0])]
    silent.before = [watch.signs_in(SPELLED)]
    renamed.before = [watch.signs_in(FIRST)]
    second.before = [*second.before, second_account(world, watch)]
    assert all(each and watch.may_invoke(each) for way in ways for each in way.before)

    first = [silent, deleted, renamed, second]
    suspend(world, 1, NADIA, HANNAH, TOMASZ, BOB)
    types(world, first, UP)
    for way, who in zip(first, (SPELLED, HANNAH, FIRST, ADMIN), strict=True):
        way.during = [watch.signs_in(who)]
        way.cut()
    delete(world, HANNAH)
    rename(world, FIRST, LATER)
    for way, text in ((deleted, "account deleted in Okta"), (renamed, "login renamed in Okta")):
        way.did(text)

    suspend(world, 2, CARLOS, WEI)
    types(world, [quick], f"{UP} --refresh", ends=None, away=OKTA_DEAD)
    types(world, ways, UP, ends=None, away=OKTA_DEAD, said="Okta does not answer: what is denied is denied in AWS")
    for way in ways:
        way.cut()
    types(world, ways, UP)
    meanwhile.during = [watch.signs_in(CARLOS)]
    for way in ways:
        way.cut()
    resume(world, TOMASZ, BOB, CARLOS)
    back = [renamed, second, meanwhile]
    types(world, back, UP)
    time.sleep(1.1)
    after = {
        renamed.title: [watch.signs_in(LATER)],
        second.title: [watch.signs_in(BOB)],
        meanwhile.title: [watch.signs_in(CARLOS)],
    }
    return [way.row(after.get(way.title, ())) for way in ways]


def two_operators(world: World, watch: Watch) -> list[Row]:
    ways = [
        Way(watch, "Two `set-level` at once, each of one person: the first", NOOR),
        Way(watch, "Two `set-level` at once, each of one person: the second", GRACE),
    ]
    for way in ways:
        way.before = [watch.signs_in(way.who)]
    lines = [
        f"rollout set-level -s sandbox {way.who} suspended --incident INC-1{n} --reason key --yes"
        for n, way in enumerate(ways)
    ]
    at_once(world, ways, lines)
    for way in ways:
        way.during = [watch.signs_in(way.who)]
    return [way.row() for way in ways]


def run(world: World, watch: Watch) -> list[Row]:
    return [*okta_changes(world, watch), *two_operators(world, watch)]
