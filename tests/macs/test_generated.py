"""Hundreds of rosters and sets of rules: every document in order, and no level weaker than the one before it."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout.macs.checks import text_findings
from rollout.macs.forms import as_json, as_mobileconfig, settings_in
from rollout.macs.model import model_mistakes
from rollout.macs.places import Platform
from rollout.macs.settings import Recipients, managed_settings, recipients
from rollout.model.permission_rules import TOOLS
from rollout.model.rollout import Rollout
from rollout.stack_file.load import validate
from tests import stacks
from tests.config import generated
from tests.macs.world import NOW, SET
from tests.sampling import fewer

# The published schema's own words for a rule (SchemaStore claude-code-settings.json, 2026-08-03).
PUBLISHED = re.compile(rf"^(({'|'.join(TOOLS)})(\([^)]+\))?|mcp__.*)$")
INSIDE = st.text(
    st.characters(codec="utf-8", exclude_characters="()$:{}~#!\\/", exclude_categories=("C", "Z")),
    min_size=1,
    max_size=40,
)
RULE = st.one_of(
    st.sampled_from(TOOLS),
    st.builds("{}({})".format, st.sampled_from(("Bash", "PowerShell", "Read", "Edit")), INSIDE),
    st.builds("mcp__{}".format, st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)),
    # What a level denies, allowed: an attempt to weaken it.
    st.sampled_from(["Bash(git push *)", "Bash", "Read", "Read(//**/.env)"]),
)
RULES = st.fixed_dictionaries({}, optional={key: st.lists(RULE, max_size=5) for key in ("deny", "ask", "allow")})
MAC = st.fixed_dictionaries(
    {"commit_guard": st.sampled_from(["open", "closed", "off"])},
    optional={"telemetry": st.just({"endpoint": "https://otel.acme.example"})},
)


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    document: dict[str, Any] = generated.document(draw(st.integers(0, 10**9)))
    document |= {"claude": draw(RULES), "mac": draw(MAC)}
    for cohort in document["cohorts"].values():
        cohort["claude"] = draw(RULES)
        deny = draw(st.lists(RULE, max_size=3))
        for place in (cohort, *cohort["members"].values()):
            if "incident" in place:
                place["incident"] = {**place["incident"], "deny": deny}
    return validate(document, stacks.COMPANY, NOW)


def rendered(stack: Rollout, to: Recipients, platform: Platform = Platform.MACOS) -> dict[str, Any] | None:
    arns = {
        label: f"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/{label}" for label in stack.models
    }
    return managed_settings(stack, to, arns, platform)


def models(document: dict[str, Any]) -> set[str]:
    """Every ARN anywhere in it."""
    return set(re.findall(r"application-inference-profile/(\w+)", json.dumps(document)))


@pytest.mark.slow
@settings(
    max_examples=fewer(400), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(rollouts(), st.sampled_from(list(Platform)))
def test_every_document_is_in_order_and_no_level_is_weaker_than_the_one_before(
    stack: Rollout, platform: Platform
) -> None:
    for name, cohort in stack.cohorts.items():
        shared = recipients(stack, name)
        people = [email for to in shared for email in to.emails]
        assert sorted(people) == (sorted(cohort.members) if cohort.level.effects.group else [])
        assert len({to.name for to in shared}) == len(shared)
        # Two are enough: what differs between single members is their level and incident.
        for to in (*shared[:1], *shared[-1:]):
            levels = [rendered(stack, replace(to, level=level), platform) for level in SET]
            own = rendered(stack, to, platform)
            assert (own is not None) == to.level.effects.role
            for made in (*levels, own):
                if made:
                    in_order(made)
            for milder, stricter in itertools.pairwise(levels):
                assert milder
                assert stricter
                no_weaker(milder, stricter)


def in_order(made: dict[str, Any]) -> None:
    assert model_mistakes(made) == []
    assert text_findings(as_json(made)) == []
    assert settings_in(as_mobileconfig(made, "acme", "x")) == made
    for rules in ("deny", "ask", "allow"):
        assert all(PUBLISHED.fullmatch(rule) for rule in made["permissions"].get(rules, []))


def no_weaker(milder: dict[str, Any], stricter: dict[str, Any]) -> None:
    before, after = milder["permissions"], stricter["permissions"]
    assert set(before["deny"]) <= set(after["deny"])
    assert set(before.get("ask", [])) <= set(after.get("ask", []))
    assert set(after.get("allow", [])) <= set(before.get("allow", []))
    assert {(k, v) for k, v in before.items() if isinstance(v, str)} <= {
        (k, v) for k, v in after.items() if isinstance(v, str)
    }
    assert {key for key, value in milder.items() if value is True} <= {
        key for key, value in stricter.items() if value is True
    }
    assert set(stricter["availableModels"]) <= set(milder["availableModels"])
    assert models(stricter) <= models(milder)
    assert {k for k, v in milder["env"].items() if v == ""} <= {k for k, v in stricter["env"].items() if v == ""}
    if "sleep" not in json.dumps(milder.get("hooks", {})):  # a stop takes the place of a wait
        assert set(milder.get("hooks", {})) <= set(stricter.get("hooks", {}))
