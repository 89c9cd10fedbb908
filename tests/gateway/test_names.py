"""What a machine asks a gateway for is what the gateway knows: of each kind, model and label."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.decision import label_of
from gateway.levels import cohort
from rollout.gateway.level_item import level_item
from rollout.gateway.litellm import config
from rollout.levels import Level
from rollout.macs.settings import ALIASES, Recipients, managed_settings
from rollout.model.rollout import Rollout
from tests import stacks
from tests.config.stack_files import INCIDENT, loaded
from tests.gateway.test_file import ACCOUNT, GATEWAY, arns
from tests.gateway.test_file import document as vendors

KINDS = ("claude_apps", "litellm")
GEOGRAPHIES = ("sonnet", "sonneteu", "haiku")
DATED = "anthropic.claude-3-5-sonnet-20241022-v2:0"


def stack(kind: str, labels: tuple[str, ...] = GEOGRAPHIES, second: tuple[str, ...] = ("haiku",)) -> Rollout:
    """Two cohorts. `sonneteu` is another profile of the same model."""
    document: dict[str, Any] = stacks.small()
    models = document["models"]
    models["sonneteu"] = {**models["sonnet"], "source": "us.anthropic.claude-sonnet-4-6"}
    models["older"] = {**models["sonnet"], "source": f"us.{DATED}"}
    pilot = document["cohorts"]["pilot"]
    document["cohorts"]["second"] = {**pilot, "models": list(second), "members": {}}
    pilot["models"] = list(labels)
    return loaded({**document, "gateway": {**GATEWAY, "kind": kind}})


def asked(rollout: Rollout, name: str, level: Level = Level.ACTIVE) -> dict[str, str]:
    """What the settings of a machine name, by label, in the order of the cohort's models."""
    made = managed_settings(
        rollout,
        Recipients(name=name, cohort=name, emails=(), level=level),
        arns(name, rollout.cohorts[name].models),
    )
    assert made
    listed = dict(zip(rollout.cohorts[name].models, made["availableModels"], strict=level is Level.ACTIVE))
    pinned = {made["env"][f"ANTHROPIC_DEFAULT_{alias.upper()}_MODEL"] for alias in ALIASES}
    assert pinned | {made["model"]} <= {*listed.values()}
    return listed


def known(rollout: Rollout, name: str) -> dict[str, str]:
    """By what may be asked for, the profile that is called for it, of all that `asked` names."""
    profiles = arns(name, rollout.cohorts[name].models)
    if rollout.gateway and rollout.gateway.kind == "claude_apps":
        return {row["id"]: row["upstream_model"].get(name, "") for row in vendors(rollout)["models"]}
    item = cohort(name, level_item(rollout, ACCOUNT, name, profiles))
    listed = {row["model_name"] for row in config(rollout, ACCOUNT)["model_list"]}
    found = {each: label_of(each, item) for each in asked(rollout, name).values()}
    return {each: profiles[label] for each, label in found.items() if label and label in listed}


@pytest.mark.parametrize("labels", [GEOGRAPHIES, ("sonnet", "haiku"), ("sonneteu",), ("older", "haiku")])
@pytest.mark.parametrize("kind", KINDS)
def test_each_model_that_a_machine_asks_for_is_answered_by_the_profile_that_was_meant(
    kind: str, labels: tuple[str, ...]
) -> None:
    rollout = stack(kind, labels)
    for name in rollout.of_people:
        profiles = arns(name, rollout.cohorts[name].models)
        for label, each in asked(rollout, name).items():
            assert known(rollout, name).get(each) == profiles[label], (name, label, each)


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_has_a_label_behind_it_only_where_one_cohort_has_the_model_twice(kind: str) -> None:
    rollout = stack(kind, second=("sonneteu",))
    both = {"sonnet": "claude-sonnet-4-6-sonnet", "sonneteu": "claude-sonnet-4-6-sonneteu"}
    assert asked(rollout, "pilot") == {**both, "haiku": "claude-haiku-4-5-20251001"}
    assert asked(rollout, "second") == {"sonneteu": "claude-sonnet-4-6"}
    assert asked(stack(kind, ("older",)), "pilot") == {"older": "claude-3-5-sonnet-20241022"}


def test_the_vendors_served_settings_and_prices_say_the_names_that_it_serves() -> None:
    rollout = stack("claude_apps")
    made = vendors(rollout)
    served = {row["id"] for row in made["models"]}
    for row, name in zip(made["managed"]["policies"], rollout.of_people, strict=True):
        assert row["cli"]["availableModels"] == [*asked(rollout, name).values()]
        assert {*row["cli"]["availableModels"], row["cli"]["model"]} <= served
    assert {row["model"] for row in made["pricing"]["overrides"]} == served


def test_at_throttled_the_one_model_has_the_name_that_it_had() -> None:
    for kind in KINDS:
        rollout = stack(kind)
        pilot = rollout.cohorts["pilot"]
        found = pilot.model_copy(update={"level": Level.THROTTLED, "incident": INCIDENT})
        throttled = rollout.model_copy(update={"cohorts": {**rollout.cohorts, "pilot": found}})
        made = managed_settings(
            throttled,
            Recipients(name="pilot", cohort="pilot", emails=(), level=Level.THROTTLED),
            arns("pilot", pilot.models),
        )
        assert made
        assert made["availableModels"] == [asked(rollout, "pilot")["haiku"]]
