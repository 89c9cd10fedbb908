"""What the rollout writes for LiteLLM, read by the hook that is deployed with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.commands import gateway
from gateway import settings
from gateway.levels import LEVELS, Cohort, cohort, standing
from gateway.settings import OnSilence
from rollout.gateway.level_item import MEMBER_BYTES, level_item
from rollout.gateway.litellm import SOURCES, config, files
from rollout.gateway.task_policy import task_policy
from rollout.levels import Level
from rollout.model.gateway import GatewayKind
from tests.config.stack_files import loaded
from tests.litellm.world import ACCOUNT, ALICE, CROWD, GRACE, INCIDENT, stack
from tests.stacks import small

ARNS = {
    label: f"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/{label}"
    for label in ("sonnet", "haiku")
}


def read(rollout: Any, name: str = "pilot") -> Cohort:
    return cohort(name, level_item(rollout, ACCOUNT, name, ARNS))


def member(**own: Any) -> dict[str, Any]:
    return {who: {"name": "x", "team": "backend", **(own if who == ALICE else {})} for who in CROWD}


def test_the_files_are_the_hook_and_a_configuration_that_it_reads() -> None:
    found = files(stack(gateway={"on_silence": "serve"}), ACCOUNT)
    told = settings.read(yaml.safe_load(found["config.yaml"]))
    assert (told.issuer, told.audience) == ("https://acme.okta.com", "claude-code-gateway-123456789012")
    assert (told.group_prefix, told.on_silence) == ("aws_123456789012_claude-code-", OnSilence.SERVE)
    assert {name for name in found if name.startswith("gateway/")} == {
        f"gateway/{one.name}" for one in SOURCES.glob("*.py")
    }
    pinned = [line for line in found["requirements.txt"].splitlines() if not line.startswith(" ")]
    assert all("==" in line for line in pinned)
    assert found["requirements.txt"].count("--hash=sha256:") >= len(pinned)


def test_rollout_gateway_writes_the_files_of_either_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(gateway.EMITTERS) == set(GatewayKind)
    monkeypatch.setattr(gateway, "stack_file", lambda *_: stack())
    monkeypatch.setattr(gateway, "outputs", lambda *_: {})
    monkeypatch.setattr(gateway, "account_of", lambda *_: ACCOUNT)
    gateway.write("sandbox", tmp_path / "out")
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert found == set(files(stack(), ACCOUNT))


def test_the_configuration_names_models_and_no_arn_and_shuts_what_litellm_opens() -> None:
    found = config(stack(), ACCOUNT)
    assert [(one["model_name"], one["litellm_params"]["model"]) for one in found["model_list"]] == [
        ("haiku", "bedrock/invoke/anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("sonnet", "bedrock/invoke/anthropic.claude-sonnet-4-6"),
    ]
    assert "arn:" not in yaml.safe_dump(found)
    assert found["router_settings"] == {"num_retries": 0, "disable_cooldowns": True, "enable_pre_call_checks": False}
    assert found["general_settings"]["allow_client_side_credentials"] is False


@pytest.mark.parametrize("whole", [level for level in Level if level is not Level.PLANNED])
@pytest.mark.parametrize("own", [None, *(level for level in Level if level.needs_incident)])
def test_the_hook_gives_each_member_what_the_rollout_gives_them(whole: Level, own: Level | None) -> None:
    more = {"level": own.value, "incident": {**INCIDENT, "id": "INC-9"}} if own else {}
    rollout = stack(whole.value, members=member(**more))
    for person in CROWD[:2]:
        found = standing(person, [read(rollout)])
        assert found
        level = rollout.cohorts["pilot"].level_of(person)
        assert found.level == level.value
        models = {"all": ("sonnet", "haiku"), "throttle": ("haiku",), "none": ()}[level.effects.models]
        assert (found.is_served, found.labels) == (bool(models), models)
        assert bool(found.person.says) is (LEVELS.index(found.level) >= LEVELS.index("throttled"))


def test_what_is_said_names_the_incident_and_its_reason() -> None:
    reason = "INC-7: A key was found in a commit"
    ask = "ask whoever runs Claude Code at acme"
    assert read(stack("suspended")).says == (
        f"Claude Code is suspended ({reason}). You will be told when it is back; {ask}."
    )
    assert read(stack("throttled")).says == f"Claude Code is throttled ({reason}): haiku alone, 50,000 tokens a day"
    assert read(stack("rolled_back")).says.startswith("Claude Code is taken back (INC-7")
    assert read(stack("restricted")).says == ""


def test_ends_and_lines_reach_the_hook() -> None:
    rollout = stack(members=member(until="2098-12-31", sessions_valid_from="2026-11-02T00:00:00Z"))
    found = read(rollout)
    assert found.members
    assert (found.members[ALICE].end, found.members[ALICE].valid_from) == (4070908800.0, 1793577600.0)
    assert (found.members[CROWD[1]].end, found.members[CROWD[1]].valid_from) == (None, None)


def test_who_is_no_member_is_in_no_item_and_too_many_are_left_to_sts() -> None:
    assert standing(GRACE, [read(stack())]) is None
    many = {f"{number:05d}.{'x' * 40}@acme.example": {"name": "x", "team": "backend"} for number in range(5_000)}
    item = level_item(stack(members=many), ACCOUNT, "pilot", ARNS)
    assert len(item["said"]["S"]) < MEMBER_BYTES
    assert cohort("pilot", item).members is None


def test_of_two_labels_of_one_model_none_is_called_as_the_model_is() -> None:
    document = small()
    document["models"]["slow"] = dict(document["models"]["sonnet"])
    document["cohorts"]["pilot"]["models"] = ["sonnet", "haiku", "slow"]
    found = cohort("pilot", level_item(loaded(document), ACCOUNT, "pilot", ARNS | {"slow": f"{ARNS['sonnet']}2"}))
    assert {called for called in found.called if "sonnet" in called} == {
        "claude-sonnet-4-6-sonnet",
        "claude-sonnet-4-6-slow",
    }
    assert found.called["claude-haiku-4-5"] == "haiku"


def test_the_gateways_role_takes_the_roles_of_people_and_reads_what_the_hook_reads() -> None:
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/claude-code-usage"
    assert task_policy(stack(), ACCOUNT) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "InTheirNames",
                "Effect": "Allow",
                "Action": ["sts:AssumeRole"],
                "Resource": [ACCOUNT.role_arn("pilot"), ACCOUNT.role_arn("second")],
            },
            {
                "Sid": "Levels",
                "Effect": "Allow",
                "Action": ["dynamodb:BatchGetItem", "dynamodb:GetItem"],
                "Resource": [table],
                "Condition": {
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["gateway#*", "user-day#*"]},
                    "Null": {"dynamodb:LeadingKeys": "false"},
                },
            },
        ],
    }
    vendors = task_policy(stack(gateway={"kind": "claude_apps"}), ACCOUNT)
    assert vendors
    assert [one["Sid"] for one in vendors["Statement"]] == ["InTheirNames"]
    assert task_policy(loaded(small()), ACCOUNT) is None
