"""How long it takes from Enter until IAM has a Deny: `rollout cut`, `set-level`, and a bare call beside them."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from rollout import names
from sandbox import workspace
from tests.engine.access.test_levels import ALICE, set_level
from tests.engine.world import World
from tests.stacks import PROJECT

ROUNDS = 5
ROLE = names.role("pilot")
BARE = (
    "import boto3, json\n"
    "deny = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Deny', 'Action': '*', 'Resource': '*'}]}\n"
    f"boto3.client('iam').put_role_policy(RoleName='{ROLE}', PolicyName='bare', PolicyDocument=json.dumps(deny))\n"
)
# Nothing listens there.
DEAD = {"OKTA_HTTP_PROXY": "http://127.0.0.1:9", "JAMF_URL": "http://127.0.0.1:9"}
LEVEL = ("suspended", "--yes", "--incident", "INC-7", "--reason", "a measurement")


def seconds_to_a_cut(world: World) -> dict[str, float]:
    """Medians, by what was typed; taken by turns, so that a slow moment of the machine falls on all of them."""
    cut = ("-m", "cli", "cut", ALICE, "--cohort", "pilot")
    typed: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {
        "bare put_role_policy": (("-c", BARE), {}),
        "rollout cut": (cut, {}),
        "rollout cut, Okta and Jamf Pro dead": (cut, DEAD),
    }
    found: dict[str, list[float]] = {name: [] for name in (*typed, "python -c pass")}
    for _ in range(ROUNDS):
        for name, (arguments, variables) in typed.items():
            found[name].append(_until_put(world, arguments, variables))
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        found["python -c pass"].append(time.perf_counter() - begin)
    _lift(world)
    set_level(world, "active")
    world.up()
    world.settle()
    level = _until_put(world, ("-m", "cli", "set-level", "--stack", "sandbox", "pilot", *LEVEL), {})
    return {**{name: statistics.median(each) for name, each in found.items()}, "rollout set-level ... --yes": level}


def _until_put(world: World, arguments: Sequence[str], variables: Mapping[str, str]) -> float:
    """Until IAM was first asked for a policy of the role; whatever is done after that is waited for."""
    _lift(world)
    world.aws_control("/sandbox/calls", "DELETE")
    environment = {**workspace.full_environment(world.settings), "PYTHONPATH": str(PROJECT), **variables}
    begin = time.time()
    subprocess.run(
        [sys.executable, *arguments],
        cwd=world.folder,
        env=environment,
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    puts = [c["at"] for c in world.aws_control("/sandbox/calls") if c["operation"].endswith("PutRolePolicy")]
    return min(puts) - begin


def _lift(world: World) -> None:
    iam = world.aws("iam")
    for policy in ("bare", "cut", names.cut_policy(ALICE)):
        with contextlib.suppress(iam.exceptions.NoSuchEntityException):
            iam.delete_role_policy(RoleName=ROLE, PolicyName=policy)
