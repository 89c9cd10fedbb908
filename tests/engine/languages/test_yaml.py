"""A program in YAML with the rollout as its one component: what the Python program promises holds there too."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.engine import world as worlds
from tests.engine.access.test_levels import set_level
from tests.engine.languages.programs import program_in
from tests.engine.world import World

ALICE, LEAD = "alice.chen@acme.example", "priya.raman@acme.example"
GROUP = "aws_123456789012_claude-code-pilot"
STACK_FILE = "Pulumi.sandbox.yaml"


@pytest.fixture
def in_yaml(fresh: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(fresh, tmp_path / "world")) as world:
        yield program_in("yaml", "pulumi-language-yaml", world)


def policies(world: World) -> list[str]:
    return world.aws("iam").list_role_policies(RoleName="claude-code-pilot")["PolicyNames"]


def test_a_rollout_in_yaml_keeps_every_promise(in_yaml: World) -> None:
    """One world for all of it: each further one costs half a minute."""
    world, file = in_yaml, in_yaml.folder / STACK_FILE
    in_order = file.read_text(encoding="utf-8")

    with world.stack_file() as config:
        config["claude-code-rollout:session_minutes"] = 720
        config["claude-code-rollout:cohorts"]["pilot"]["level"] = "activ"
    said = world.up(fails=True)
    assert "the stack file has 2 mistakes; nothing was touched:" in said
    assert "session_minutes" in said
    assert "cohorts.pilot.level" in said
    assert 'File "' not in said
    assert "Unexpected" not in said

    file.write_text(in_order, encoding="utf-8")
    world.up()
    world.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
    assert world.output("residual_access")["suspended"]["met"]
    assert ALICE in world.group(GROUP)
    assert world.sign_in(ALICE, "pilot")
    assert world.signing_in("pilot")
    told = world.command("status", "--stack", "sandbox", "--json")
    assert told.returncode == 0, told.stdout + told.stderr

    # The provider takes an addition for done that Okta refused: only the verdict at the end knows.
    with world.stack_file() as config:
        added = {LEAD: {"name": "Priya Raman", "team": "backend"}}
        config["claude-code-rollout:cohorts"]["pilot"]["members"] = added
    path = f"/api/v1/groups/{world.group_id(GROUP)}/users/"
    world.okta("/sandbox/faults", "POST", {"match": f"PUT {path}.*", "status": 500, "times": 1})
    said = world.up(fails=True)
    assert f"cohorts.pilot: missing from the Okta group {GROUP}: {LEAD}" in said
    assert 'File "' not in said
    assert "Unexpected" not in said

    # A program that exports nothing has its cuts on record all the same.
    project = world.folder / "Pulumi.yaml"
    project.write_text(project.read_text(encoding="utf-8").partition("outputs:")[0], encoding="utf-8")
    world.up("--refresh")
    assert LEAD in world.group(GROUP)
    world.okta("/sandbox/faults", "POST", {"match": "GET /api/v1/users.*", "status": 500, "every": 1})
    set_level(world, "suspended")
    said = world.up(fails=True)
    assert "Okta does not answer: what is denied is denied in AWS, no group was changed" in said
    assert policies(world) == ["invoke", "stop"]
    assert ALICE in world.group(GROUP)
    world.okta("/sandbox/faults", "DELETE")
    world.up()
    assert world.group(GROUP) == {}

    suspended = file.read_text(encoding="utf-8")
    file.write_text(in_order, encoding="utf-8")
    said = world.up(fails=True)
    assert "the stack file has 1 mistake; nothing was touched:" in said
    assert "cohorts.pilot" in said
    assert world.group(GROUP) == {}
    file.write_text(suspended, encoding="utf-8")

    cut = world.command("cut", "pilot", "--stack", "sandbox")
    assert cut.returncode == 0, cut.stdout + cut.stderr
    assert any("cut" in name for name in policies(world)), policies(world)

    gone = world.command("break-glass", "--stack", "sandbox", "--cohort", "pilot", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert world.profiles() == set()
    assert world.state()  # the logs are kept


def test_logs_by_themselves_are_a_component_too(in_yaml: World) -> None:
    shutil.rmtree(in_yaml.folder / "rosters")
    project = in_yaml.folder / "Pulumi.yaml"
    head, _, _ = project.read_text(encoding="utf-8").partition("resources:")
    declared = "resources:\n  trail:\n    type: claude-code:AuditTrail\n    properties:\n"
    project.write_text(
        f"{head}{declared}      organization: acme\n      retentionDays: 12\n      cohorts: [Pilot]\n", "utf-8"
    )
    said = in_yaml.up(fails=True)
    assert "logs.retention_days" in said
    assert "cohorts.0" in said
    assert 'File "' not in said
    project.write_text(
        f"{head}{declared}      organization: acme\n      retentionDays: 30\n      cohorts: [pilot]\n", "utf-8"
    )
    in_yaml.up()
    assert in_yaml.log_groups() == {"/claude-code/invocations": 30, "/claude-code/pilot/usage": 30}
    in_yaml.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")


def test_a_cohort_is_a_component_beside_a_rollout_that_is_up(pilot: World) -> None:
    world = program_in("yaml", "pulumi-language-yaml", pilot)
    project, file = world.folder / "Pulumi.yaml", world.folder / "Pulumi.other.yaml"
    head, _, _ = project.read_text(encoding="utf-8").partition("resources:")
    outputs = "outputs:\n  role: ${wave2.roleArn}\n  profiles: ${wave2.profileArns}\n"
    project.write_text(f"{head}resources:\n  wave2:\n    type: claude-code:Cohort\n{outputs}", "utf-8")
    (world.folder / STACK_FILE).rename(file)
    world.pulumi("stack", "init", "other", "--no-select")
    said = world.up(stack="other", fails=True)
    assert "cohorts: a component Cohort called wave2 is that cohort alone, not pilot" in said
    assert "adopt.meter: missing" in said
    assert 'File "' not in said

    ids = {r["urn"].rpartition("::")[2]: r.get("id") for r in pilot.state()}
    with world.stack_file("other") as config:
        config["claude-code-rollout:adopt"] = {
            "saml_provider_arn": ids["federation-saml"],
            "okta_app_id": ids["federation-aws"],
            "okta_sign_in_app_id": ids["federation-sign-in"],
            "umbrella_group_id": ids["federation-umbrella"],
            "invocation_log_group": "/claude-code/invocations",
            "announcer": True,
            "meter": True,
        }
        members = {"ravi.menon@acme.example": {"name": "Ravi Menon", "team": "backend"}}
        wave2 = {"level": "active", "models": ["haiku"], "members": members}
        config["claude-code-rollout:cohorts"] = {"wave2": wave2}
    world.up(stack="other")
    assert world.output("role", stack="other").endswith(":role/claude-code-wave2")
    assert set(world.output("profiles", stack="other")) == {"haiku"}
    assert world.sign_in("ravi.menon@acme.example", "wave2")
    assert pilot.sign_in(ALICE, "pilot")
    world.pulumi("preview", "--stack", "other", "--expect-no-changes")
