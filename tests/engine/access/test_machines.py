"""A cohort of machines by the real engine: what the printed workflow does, counted, cut and let in again, without
Okta."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from sandbox import sign_in
from sandbox.errors import SandboxError
from sandbox.workflow_tokens import token
from tests.conftest import made_once
from tests.engine import world as worlds
from tests.engine.access.test_cut import DEAD, typed
from tests.engine.usage.test_metering import ask, counters
from tests.engine.world import World
from tests.stacks import resumed_now

REPOSITORY, ENVIRONMENT = "acme/payments", "review"
NIGHTLY, WEEKLY, BOT = "nightly-review", "weekly-audit", "dep-bot"
BUILD = "arn:aws:iam::123456789012:role/build"
MACHINE = {"team": "platform", "owner": "priya.raman@acme.example"}
MACHINES: dict[str, dict[str, Any]] = {
    NIGHTLY: {"github": {"repository": REPOSITORY, "environment": ENVIRONMENT}, **MACHINE},
    WEEKLY: {"github": {"repository": REPOSITORY, "ref": "refs/heads/main"}, **MACHINE},
}
BOTS = {BOT: {"role": BUILD, **MACHINE}}
ROLE = "arn:aws:iam::123456789012:role/claude-code-ci"
INCIDENT = {"id": "INC-9", "since": "2026-11-22T14:05:00Z", "reason": "a workflow was changed"}


def add_machines(world: World) -> None:
    with world.stack_file() as config:
        cohort = {"level": "active", "models": ["haiku"], "machines": {**MACHINES, **BOTS}}
        config["claude-code-rollout:cohorts"]["ci"] = cohort


@pytest.fixture(scope="session")
def onboarded_machines(onboarded: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The pilot, and a cohort of machines that came to it by one update, which asked Okta for no change; stopped."""

    def make(folder: Path) -> None:
        with worlds.running(worlds.again(onboarded, folder)) as world:
            whoever = {"AWS": "arn:aws:iam::123456789012:root"}
            statement = {"Effect": "Allow", "Principal": whoever, "Action": "sts:AssumeRole"}
            trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            for name in ("build", "other"):
                world.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
            add_machines(world)
            world.forget_calls()
            world.up()
            assert changed_in_okta(world) == []
            world.settle()

    return made_once(tmp_path_factory, "onboarded_machines", make)


@pytest.fixture
def machines(onboarded_machines: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(onboarded_machines, tmp_path / "world")) as world:
        yield world


def workflow(world: World, machine: str) -> dict[str, Any]:
    """The job that `rollout sign-in` prints, as GitHub would read it."""
    [job] = yaml.safe_load(world.signing_in("ci")["machines"][machine]["pasted"])["jobs"].values()
    return job


def run(world: World, job: Mapping[str, Any], **claims: Any) -> dict[str, Any]:
    """Its second step: a session. The token is what GitHub would give this job, but for `claims`."""
    assert job["permissions"]["id-token"] == "write"
    [given] = [step["with"] for step in job["steps"] if "role-to-assume" in step.get("with", {})]
    known: dict[str, Any] = {"repository": REPOSITORY, "environment": job.get("environment"), **claims}
    return sign_in.workflow_credentials(
        world.settings,
        token(world.settings.state, **known),
        given["role-to-assume"],
        given["role-session-name"],
        given["role-duration-seconds"],
    )


def calls_a_model(world: World, job: Mapping[str, Any], session: dict[str, Any]) -> bool:
    """Its last step: whether Claude Code's model answers."""
    [env] = [step["env"] for step in job["steps"] if "env" in step]
    assert env["CLAUDE_CODE_USE_BEDROCK"] == "1"
    try:
        ask(world, session, env["ANTHROPIC_MODEL"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


def changed_in_okta(world: World) -> list[str]:
    return [call for call in world.calls() if call.startswith(("POST /api", "PUT /api", "DELETE /api"))]


def test_what_the_printed_workflow_does_is_counted_under_the_machines_name(machines: World) -> None:
    assert not [group for group in machines.okta("/api/v1/groups?limit=200") if "ci" in group["profile"]["name"]]
    job = workflow(machines, NIGHTLY)
    assert calls_a_model(machines, job, run(machines, job))
    assert set(counters(machines)) == {
        *(f"user-day#{NIGHTLY}", f"user-month#{NIGHTLY}"),
        *("team-day#platform", "month"),
    }
    machines.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


@pytest.mark.parametrize(
    "claims",
    [
        {"repository": "mallory/payments"},
        {"environment": "Review"},
        {"environment": None},
        {"environment": None, "event": "pull_request"},
        {"environment": "review:environment:review"},
        {"audience": "sts.example.com"},
    ],
)
def test_a_token_of_anything_else_buys_no_session(machines: World, claims: dict[str, Any]) -> None:
    with pytest.raises(SandboxError, match="AWS refused the sign-in"):
        run(machines, workflow(machines, NIGHTLY), **claims)


def test_no_machine_signs_in_under_the_name_of_another(machines: World) -> None:
    jobs = {name: workflow(machines, name) for name in MACHINES}
    own = token(machines.settings.state, REPOSITORY, environment=ENVIRONMENT)
    for name in (WEEKLY, "priya.raman@acme.example", "Nightly-Review"):
        with pytest.raises(SandboxError, match="AccessDenied"):
            sign_in.workflow_credentials(machines.settings, own, ROLE, name)
    pilot = ROLE.replace("-ci", "-pilot")
    with pytest.raises(SandboxError, match="AccessDenied"):
        sign_in.workflow_credentials(machines.settings, own, pilot, NIGHTLY)
    assert all(run(machines, job) for job in jobs.values())


def test_a_server_signs_in_by_the_role_that_it_has_and_nobody_else_under_its_name(machines: World) -> None:
    printed = machines.signing_in("ci")["machines"][BOT]["pasted"]
    assert f"role_session_name = {BOT}" in printed

    def take(own: str, name: str, seconds: int = 3600) -> dict[str, Any]:
        role = f"arn:aws:iam::123456789012:role/{own}"
        session = machines.aws("sts").assume_role(RoleArn=role, RoleSessionName="i-0123")["Credentials"]
        asked = {"RoleArn": ROLE, "RoleSessionName": name, "DurationSeconds": seconds}
        return machines.aws_as(session, "sts").assume_role(**asked)["Credentials"]

    session = take("build", BOT)
    ask(machines, session, machines.cohorts()["ci"]["profile_arns"]["haiku"])
    assert f"user-day#{BOT}" in counters(machines)
    for own, name in (("other", BOT), ("build", NIGHTLY), ("build", "priya.raman@acme.example")):
        with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRole"):
            take(own, name)
    with pytest.raises(ClientError, match="exceeds the MaxSessionDuration"):
        take("build", BOT, 7200)


def test_a_machine_is_cut_alone_while_okta_is_away_and_let_in_again(machines: World) -> None:
    jobs = {name: workflow(machines, name) for name in MACHINES}
    sessions = {name: run(machines, job) for name, job in jobs.items()}
    ended = typed(machines, "cut", NIGHTLY, variables={"OKTA_HTTP_PROXY": DEAD})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"set-level -s STACK {NIGHTLY}" in ended.stdout or f"set-level -s sandbox {NIGHTLY}" in ended.stdout
    assert "Okta" not in ended.stdout.replace("so that Okta, the Macs", "")
    assert {name: calls_a_model(machines, jobs[name], each) for name, each in sessions.items()} == {
        NIGHTLY: False,
        WEEKLY: True,
    }
    assert not calls_a_model(machines, jobs[NIGHTLY], run(machines, jobs[NIGHTLY]))

    said = typed(machines, "explain", NIGHTLY, "-s", "sandbox")
    assert f"`rollout cut` denies {NIGHTLY} everything" in said.stdout, said.stdout + said.stderr
    given = ("set-level", "-s", "sandbox", NIGHTLY, "suspended", "--incident", "INC-9", "--reason", "changed", "--yes")
    ended = typed(machines, *given)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with machines.stack_file() as config:
        cohort = config["claude-code-rollout:cohorts"]["ci"]
        assert cohort["machines"][NIGHTLY]["level"] == "suspended"
        assert "members" not in cohort
    assert not calls_a_model(machines, jobs[NIGHTLY], run(machines, jobs[NIGHTLY]))
    ended = typed(machines, "set-level", "-s", "sandbox", NIGHTLY, "active", "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not calls_a_model(machines, jobs[NIGHTLY], sessions[NIGHTLY])
    since = datetime.fromisoformat(resumed_now())
    while datetime.now(since.tzinfo) < since:  # STS dates a session to the second
        pass
    assert calls_a_model(machines, jobs[NIGHTLY], run(machines, jobs[NIGHTLY]))


def test_a_cohort_of_machines_is_suspended_while_okta_does_not_answer(machines: World) -> None:
    job = workflow(machines, NIGHTLY)
    session = run(machines, job)
    with machines.stack_file() as config:
        config["claude-code-rollout:cohorts"]["ci"] |= {"level": "suspended", "incident": INCIDENT}
        # In place of the domain, as the provider has it.
        config["okta:httpProxy"] = DEAD
    machines.up(fails=True)
    assert not calls_a_model(machines, job, session)
    assert not calls_a_model(machines, job, run(machines, job))
    policies = machines.aws("iam").list_role_policies(RoleName="claude-code-ci")["PolicyNames"]
    assert "stop" in policies


def test_a_rollback_takes_the_role_and_leaves_githubs_provider_for_others(machines: World) -> None:
    with machines.stack_file() as config:
        config["claude-code-rollout:cohorts"]["ci"] |= {"level": "rolled_back", "incident": INCIDENT}
    machines.up()
    assert ROLE not in {role["Arn"] for role in machines.aws("iam").list_roles()["Roles"]}
    with machines.stack_file() as config:
        del config["claude-code-rollout:cohorts"]["ci"]
        config.setdefault("claude-code-rollout:logs", {})["retired"] = ["ci"]
    machines.up()
    providers = machines.aws("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert json.dumps(providers).count("token.actions.githubusercontent.com") == 1
