"""How people come in by a gateway, in the drill: what either kind asks before it begins a session in their name.

The gateways themselves run in tests/gateway and tests/litellm. Here their own last word is left out, and what they are
told by: the file of the vendor's is the one from before the incident, never read again, and LiteLLM's hook judges by
the item that the last update wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import yaml
from botocore.exceptions import ClientError

from gateway import decision, levels
from gateway.refusals import Refused
from gateway.tokens import Caller
from rollout import names
from sandbox.errors import SandboxError
from sandbox.settings import ACCOUNT_ID
from tests.drill.traffic import Session
from tests.engine.world import STACK, World
from tests.gateway import deployed

COHORT = "pilot"
GROUP = names.okta_group(ACCOUNT_ID, COHORT)


def chosen(kind: str) -> Callable[[World], None]:
    """In the stack file, before anything is there, and the gateway's own role."""

    def choose(world: World) -> None:
        deployed.gateways_role(world)
        with world.stack_file() as config:
            config["claude-code-rollout:gateway"] = {
                "kind": kind,
                "url": deployed.URL,
                "role_arn": deployed.ROLE_ARN,
            }

    return choose


def by_old_file(world: World, email: str) -> Session:
    """By `gateway.yaml` as it was first: the role of the upstream that is for one of their groups in Okta."""
    kept = world.folder / "gateway.first.yaml"
    if not kept.exists():
        printed = world.command("gateway", "--stack", STACK)
        assert printed.returncode == 0, printed.stderr
        kept.write_text(printed.stdout, encoding="utf-8")
    upstreams: list[Mapping[str, Any]] = yaml.safe_load(kept.read_text(encoding="utf-8"))["upstreams"]
    for upstream in upstreams:
        if GROUP in upstream["groups"] and _is_in_group(world, email):
            return _session(world, upstream["assume_role"]["role_arn"], email)
    raise SandboxError(f"no upstream of the gateway is for {email}")


def by_the_hook(world: World, email: str) -> Session:
    """As LiteLLM's hook does it: Okta's groups of theirs, then the item of the cohort's level."""
    cohorts = (COHORT,) if _is_in_group(world, email) else ()
    item = deployed.level_item(world, COHORT)
    known = [levels.cohort(name, item) for name in cohorts if item]
    now = datetime.now(UTC)
    caller = Caller(session=email, cohorts=cohorts, issued_at=now.timestamp())
    try:
        found = decision.required(levels.standing(email, known), caller, now, "ask")
    except Refused as refused:
        raise SandboxError(str(refused)) from None
    return _session(world, found.cohort.role_arn, email)


def _is_in_group(world: World, email: str) -> bool:
    return any(group["profile"]["name"] == GROUP for group in world.okta(f"/api/v1/users/{email}/groups?limit=200"))


def _session(world: World, role_arn: str, email: str) -> Session:
    try:
        return deployed.in_name_of(world, email, role_arn)
    except ClientError as error:
        raise SandboxError(json.dumps(error.response["Error"])) from None
