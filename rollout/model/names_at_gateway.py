"""What models are called between Claude Code and a gateway: the one place that both sides have their names from.

A machine's settings ask by these names; `gateway.yaml` and the item that LiteLLM's hook reads know them.
"""

from __future__ import annotations

import re

from rollout.model.models import Model
from rollout.model.rollout import Rollout

# Of a foundation model's name, what Anthropic calls the model.
CLAUDE = re.compile(r"anthropic\.(?P<name>claude-[a-z0-9-]+?)(?:-v\d+(?::\d+)?)?")
DATED = re.compile(r"(?P<name>.+)-\d{8}")


def model_name(model: Model) -> str:
    """As Anthropic calls it, from which Claude Code knows what it can do."""
    found = CLAUDE.fullmatch(model.foundation_model)
    return found["name"] if found else model.foundation_model


def model_names(rollout: Rollout, cohort: str) -> dict[str, str]:
    """By label, of all that the cohort has at `active`. Of two labels of one model, which differ in geography, each has
    the label behind the name, or which is meant could not be told."""
    plain = _plain(rollout, cohort)
    every = [*plain.values()]
    return {label: name if every.count(name) == 1 else f"{name}-{label}" for label, name in plain.items()}


def other_names(rollout: Rollout, cohort: str, label: str) -> list[str]:
    """What else people type: as Bedrock calls it, and without its date. None where the cohort has the model twice."""
    plain = _plain(rollout, cohort)
    if [*plain.values()].count(plain[label]) > 1:
        return []
    bedrocks = rollout.models[label].foundation_model
    dated = DATED.fullmatch(plain[label])
    return [bedrocks, bedrocks.removeprefix("anthropic."), *([dated["name"]] if dated else [])]


def _plain(rollout: Rollout, cohort: str) -> dict[str, str]:
    return {label: model_name(rollout.models[label]) for label in rollout.cohorts[cohort].models}
