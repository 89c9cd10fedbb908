"""`federation: oidc`, where sessions are called by Okta's user id, and an ID token may be kept for an hour."""

from __future__ import annotations

import time
from typing import Any

from tests.engine.cuts.judging import Watch
from tests.engine.cuts.stack_file import resume, suspend
from tests.engine.cuts.table import Row
from tests.engine.cuts.way import OKTA_DEAD, UP, Way, types
from tests.engine.world import World

ALICE, BOB, CARLOS = (f"{name}@acme.example" for name in ("alice.chen", "bob.kim", "carlos.diaz"))
CLIENT = "claude-code-123456789012-pilot"
ROLE = "arn:aws:iam::123456789012:role/claude-code-pilot"
KEPT = (
    "an ID token from before the cut begins a new session after the resume, for 60 minutes from its issue; under `oidc` "
    "wait an hour before a resume ([runbook](runbook.md#resume))"
)


def token(world: World, email: str) -> str:
    return world.okta("/sandbox/id-token", "POST", {"client_id": CLIENT, "user": email})["id_token"]


def redeemed(world: World, watch: Watch, kept: str, user: str) -> Any:
    """A session for a token that was kept, as `watch.signs_in` gives one."""
    given = world.aws("sts").assume_role_with_web_identity(RoleArn=ROLE, RoleSessionName=user, WebIdentityToken=kept)
    found = given["Credentials"]
    return watch.session("pilot", {**found, "Expiration": found["Expiration"].isoformat()})


def run(world: World, watch: Watch) -> list[Row]:
    with world.stack_file() as config:
        config["claude-code-rollout:federation"] = "oidc"
    world.up()
    silent = Way(watch, "`oidc`: Okta silent at a later update", ALICE)
    meanwhile = Way(watch, "`oidc`: somebody cut while Okta is silent", CARLOS)
    kept = Way(watch, "`oidc`: an ID token from before the incident, redeemed during it and after the resume", BOB)
    ways = [silent, meanwhile, kept]
    for way in ways:
        way.before = [watch.signs_in(way.who, client_id=CLIENT)]
    old, user = token(world, BOB), world.user_id(BOB)
    suspend(world, 1, ALICE, BOB)
    types(world, [silent, kept], UP)
    silent.during = [watch.signs_in(ALICE, client_id=CLIENT)]
    kept.did("the token redeemed")
    kept.during = [redeemed(world, watch, old, user)]
    kept.cut()
    suspend(world, 2, CARLOS)
    types(world, ways[:2], UP, ends=None, away=OKTA_DEAD, said="Okta does not answer")
    for way in ways:
        way.cut()
    meanwhile.during = [watch.signs_in(CARLOS, client_id=CLIENT)]
    resume(world, BOB)
    types(world, ways, UP)
    time.sleep(1.1)
    kept.did("the token redeemed again")
    kept.limit = KEPT
    return [silent.row(), meanwhile.row(), kept.row([redeemed(world, watch, old, user)])]
