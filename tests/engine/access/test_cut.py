"""`rollout cut` with the real engine beside it: it needs nobody, survives every update, and no update hides it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rollout import names
from rollout.access import emergency
from sandbox import workspace
from tests.engine.access.test_interrupted import begin
from tests.engine.access.test_levels import ALICE, BOB, set_level
from tests.engine.world import World
from tests.stacks import PROJECT

ROLE = "claude-code-pilot"
# Nothing listens there.
DEAD = "http://127.0.0.1:9"
# By what is away: variables, and whether Jamf Pro is told to fail.
AWAY: dict[str, Mapping[str, str]] = {
    "Okta's port closed": {"OKTA_HTTP_PROXY": DEAD},
    "Okta's token refused": {"OKTA_API_TOKEN": "expired"},
    "the state backend away": {"PULUMI_BACKEND_URL": "s3://nowhere?region=us-east-1&endpoint=127.0.0.1:9"},
    "no engine": {"PATH": "/nowhere"},
}


def typed(
    world: World, *arguments: str, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=world.folder,
        env={**workspace.full_environment(world.settings), "PYTHONPATH": str(PROJECT), **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended


def inline(world: World) -> set[str]:
    return set(world.aws("iam").list_role_policies(RoleName=ROLE)["PolicyNames"])


def denied(world: World, policy: str) -> list[str]:
    found = world.aws("iam").get_role_policy(RoleName=ROLE, PolicyName=policy)["PolicyDocument"]
    return found["Statement"][0]["Condition"]["StringLike"]["aws:userid"]


def asks_a_model(world: World, credentials: Mapping[str, Any]) -> bool:
    """Whether a session may call a model now."""
    import boto3
    from botocore.config import Config

    runtime: Any = boto3.client(
        "bedrock-runtime",
        endpoint_url=world.settings.aws_url,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    [profile] = [
        each["inferenceProfileArn"]
        for each in world.aws("bedrock").list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
        if each["inferenceProfileName"].startswith("claude-code-pilot-haiku-")
    ]
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 8, "messages": [{"role": "user", "content": "x"}]}
    try:
        runtime.invoke_model(modelId=profile, body=json.dumps(body))
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


def jamf_fails(world: World) -> None:
    world.jamf_control("/sandbox/faults", "POST", {"match": ".*", "status": 503, "every": 1})


def lock(world: World) -> None:
    """As an update leaves it that was killed."""
    update = begin(world)
    locks = world.settings.home / "state" / ".pulumi" / "locks"
    deadline = time.monotonic() + 240
    while not list(locks.rglob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(update.pid, signal.SIGKILL)
    update.wait()
    assert list(locks.rglob("*.json"))


@pytest.mark.sampled("away", keep=2)
@pytest.mark.parametrize("away", [*AWAY, "Jamf Pro answers 503", "the state is locked"])
def test_whatever_is_away_a_cut_is_in_force(pilot: World, away: str) -> None:
    session = pilot.sign_in(ALICE, "pilot")
    assert asks_a_model(pilot, session)
    if away.startswith("Jamf"):
        jamf_fails(pilot)
    if away.endswith("locked"):
        lock(pilot)
    for arguments, policy in (((ALICE, "-s", "sandbox"), names.cut_policy(ALICE)), (("pilot",), "cut")):
        ended = typed(pilot, "cut", *arguments, variables=AWAY.get(away))
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert ended.stdout.startswith("in force in IAM since ")
        assert policy in inline(pilot)
        assert not asks_a_model(pilot, session)


def test_okta_adds_the_other_names_of_a_person(pilot: World) -> None:
    user = pilot.user_id(ALICE)
    ended = typed(pilot, "cut", ALICE, "-s", "sandbox")
    assert ended.returncode == 0, ended.stderr
    assert set(denied(pilot, names.cut_policy(ALICE))) == {f"*:{ALICE}", f"*:{user}"}
    assert f"also in force for: {user}" in ended.stdout


def test_two_operators_at_once_cut_two_people_and_nobody_else(pilot: World) -> None:
    sessions = {email: pilot.sign_in(email, "pilot") for email in (ALICE, BOB, "carlos.diaz@acme.example")}
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda email: typed(pilot, "cut", email, "--cohort", "pilot"), (ALICE, BOB)))
    assert [each.returncode for each in ended] == [0, 0], ended
    assert {names.cut_policy(ALICE), names.cut_policy(BOB)} <= inline(pilot)
    assert [asks_a_model(pilot, session) for session in sessions.values()] == [False, False, True]


def test_a_cut_survives_updates_which_end_with_what_the_file_lacks(pilot: World) -> None:
    assert typed(pilot, "cut", "pilot").returncode == 0
    line = "cohorts.pilot: denied in IAM by `rollout cut`, and this file has it at active"
    assert line in pilot.pulumi("preview", "--stack", "sandbox")
    for more in ((), ("--refresh",)):
        assert line in pilot.up(*more, fails=True)
        assert inline(pilot) == {"invoke", "cut"}
    set_level(pilot, "suspended")
    said = pilot.up()
    assert "cohorts.pilot: denied in IAM by `rollout cut` as well" in said
    assert inline(pilot) == {"stop", "cut"}
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


@pytest.mark.parametrize("policy", ["cut", "AWSRevokeOlderSessions"])
def test_a_policy_of_others_keeps_no_role_from_being_rolled_back(pilot: World, policy: str) -> None:
    pilot.aws("iam").put_role_policy(
        RoleName=ROLE, PolicyName=policy, PolicyDocument=json.dumps(emergency.document(None, None))
    )
    set_level(pilot, "rolled_back")
    pilot.up()
    assert ROLE not in {role["RoleName"] for role in pilot.aws("iam").list_roles()["Roles"]}


def test_the_first_update_of_a_stack_is_told_nothing_of_roles_that_are_not_there(empty: World) -> None:
    assert "rollout cut" not in empty.up()
