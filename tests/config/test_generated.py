"""Two hundred stack files that are right, and what is wrong with each after one change: program and editor agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft7Validator

from rollout.access.denies import cohort_stop, member_stops
from rollout.access.documents import invoke_policy
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.incidents.cut_rules import advance
from rollout.incidents.named_stops import named_stops
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks
from tests.config.generated import document
from tests.sampling import fewer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEEDS = range(fewer(200))
EDITOR = Draft7Validator(json.loads((stacks.PROJECT / "stack-file.schema.json").read_text(encoding="utf-8")))
GOV = Account("111122223333", "us-gov-west-1")
MANAGED_CHARACTERS, INLINE_CHARACTERS, MANAGED_PER_ROLE = 6144, 10_240, 10


@cache
def loaded(seed: int) -> Rollout:
    return load(stacks.config(document(seed)), stacks.COMPANY, NOW)


def editor_accepts(made: dict[str, Any]) -> bool:
    return EDITOR.is_valid({"config": {f"claude-code-rollout:{key}": value for key, value in made.items()}})


def characters(policy: Any) -> int:
    return len(json.dumps(policy, separators=(",", ":"))) if policy else 0


def test_what_is_right_is_accepted_by_the_program_and_by_the_editor() -> None:
    for seed in SEEDS:
        made = document(seed)
        assert editor_accepts(made), seed
        assert set(loaded(seed).cohorts) == set(made["cohorts"]), seed


def test_addresses_may_be_written_with_capitals() -> None:
    made = stacks.small()
    pilot = made["cohorts"]["pilot"]
    pilot["members"] = {email.title(): member for email, member in pilot["members"].items()}
    made["okta"]["domain"] = "Acme.Okta.com"
    assert editor_accepts(made)
    assert list(load(stacks.config(made), stacks.COMPANY, NOW).cohorts["pilot"].members) == [
        "alice.chen@acme.example",
        "grace.liu@acme.example",
    ]


def test_every_document_of_every_cohort_fits_where_it_goes() -> None:
    for seed in SEEDS:
        rollout = loaded(seed)
        arns = {label: GOV.bedrock(f"application-inference-profile/{label:a>12}") for label in rollout.models}
        throttle = {rollout.throttle.model: rollout.models[rollout.throttle.model]}
        record = advance(Record(), rollout, None, NOW)
        for name, cohort in rollout.declared.items():
            invoke = invoke_policy(GOV, {label: rollout.models[label] for label in cohort.models}, arns)
            assert characters(invoke) + characters(cohort_stop(record.cohorts[name])) <= INLINE_CHARACTERS, seed
            held = record.cohorts[name]
            found = member_stops(held.stop_shards, named_stops(record, rollout, name), GOV, throttle, arns)
            stops = [each for each in found if each]
            assert len(stops) + len(held.quota_shards) <= MANAGED_PER_ROLE, seed
            assert max(map(characters, stops), default=0) <= MANAGED_CHARACTERS, seed


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "an unknown key": lambda made: made.update(organisation={}),
    "no models": lambda made: made.update(models={}),
    "a missing part": lambda made: made.pop("okta"),
    "a missing price": lambda made: made["models"]["m0"].pop("input"),
    "a negative price": lambda made: made["models"]["m0"].update(input=-1),
    "true for a price": lambda made: made["models"]["m0"].update(input=True),
    "another vendor's model": lambda made: made["models"]["m0"].update(source="amazon.nova-pro-v1:0"),
    "a session of two hours": lambda made: made.update(session_minutes=120),
    "true for a session's length": lambda made: made.update(session_minutes=True),
    "a number for a name": lambda made: made["organization"].update(name=5),
    "an address for a domain": lambda made: made["okta"].update(domain="https://acme.okta.com"),
    "an umbrella that gives a role": lambda made: made["okta"].update(umbrella_group="Aws_123456789012_x"),
    "a cohort with a hyphen": lambda made: made["cohorts"].update({"wave-9": {"level": "planned", "models": ["m0"]}}),
    "a member without an address": lambda made: made["cohorts"].update(
        wave9={
            "level": "planned",
            "models": ["m0"],
            "members": {"bob": {"name": "B", "team": next(iter(made["organization"]["teams"]))}},
        }
    ),
    "a cohort without models": lambda made: made["cohorts"].update(wave9={"level": "planned", "models": []}),
    "a level nobody knows": lambda made: made["cohorts"].update(wave9={"level": "off", "models": ["m0"]}),
    "a roster elsewhere": lambda made: made["cohorts"].update(
        wave9={"level": "planned", "models": ["m0"], "roster": "../x.csv"}
    ),
    "a member without a team": lambda made: made["cohorts"].update(
        wave9={"level": "planned", "models": ["m0"], "members": {"z@acme.example": {"name": "Z"}}}
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_a_wrong_shape_is_refused_by_the_program_and_by_the_editor(change: str) -> None:
    for seed in SEEDS[::20]:
        made = document(seed)
        CHANGES[change](made)
        assert not editor_accepts(made), seed
        with pytest.raises(StackFileError) as caught:
            load(stacks.config(made), stacks.COMPANY, NOW)
        assert len(caught.value.lines) == 1 or change in {"no models", "a missing part"}, caught.value.lines
