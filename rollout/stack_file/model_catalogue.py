"""What is published of Claude's models on Bedrock: list prices, and the day before which AWS does not end a model.

Only doubts rest on it (`rollout check`): a company's own prices may differ, and Bedrock itself is asked by
`rollout doctor` whether a model is on its way out. Read on 2026-11-28.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rollout.model.models import Model
from rollout.model.rollout import Rollout

GLOBAL = "global"
# Anthropic, "Pricing", Claude on Amazon Bedrock: what stays in one geography costs 10 % more than `global.`, from
# Claude Sonnet 4.5 and Haiku 4.5 on, which all of these are.
REGIONAL = Decimal("1.1")


@dataclass(frozen=True, kw_only=True)
class Published:
    """`usd`: per million tokens, input and output, by a `global.` profile (platform.claude.com, models and pricing).
    `ends_no_sooner`: from AWS's model card, where it was read."""

    usd: tuple[str, str]
    ends_no_sooner: date | None = None


MODELS = {
    "anthropic.claude-haiku-4-5-20251001-v1:0": Published(usd=("1", "5"), ends_no_sooner=date(2026, 10, 1)),
    "anthropic.claude-haiku-5-5": Published(usd=("0.10", "0.50"), ends_no_sooner=date(2027, 10, 7)),
    "anthropic.claude-sonnet-4-6": Published(usd=("3", "15")),
    "anthropic.claude-sonnet-5": Published(usd=("2", "10")),
    "anthropic.claude-sonnet-5-5": Published(usd=("2", "10")),
    "anthropic.claude-opus-4-6-v1": Published(usd=("5", "25")),
    "anthropic.claude-opus-4-7": Published(usd=("5", "25")),
    "anthropic.claude-opus-4-8": Published(usd=("5", "25")),
    "anthropic.claude-opus-5": Published(usd=("5", "25")),
    "anthropic.claude-opus-5-5": Published(usd=("4", "20")),
    "anthropic.claude-fable-5": Published(usd=("10", "50")),
    "anthropic.claude-fable-5-1": Published(usd=("10", "50")),
    "anthropic.claude-fable-5-2": Published(usd=("8", "40")),
}


def model_doubts(rollout: Rollout, today: date) -> Iterator[str]:
    """Prices that fit another geography than the model's, and models that AWS may end; one line each."""
    for label, model in rollout.models.items():
        yield from (f"models.{label}: {text}" for text in (*_geography(model), *_end(model, today)))
    yield from _twins(rollout)


def _geography(model: Model) -> Iterator[str]:
    published = MODELS.get(model.foundation_model)
    if not published or not model.geography:
        return
    said = (Decimal(str(model.input)), Decimal(str(model.output)))
    everywhere = tuple(map(Decimal, published.usd))
    within = tuple(price * REGIONAL for price in everywhere)
    if model.geography != GLOBAL and said == everywhere:
        text = f"{model.input:g} and {model.output:g} are the prices of `global.`; {model.geography}. costs 10 % more"
        yield f"{text}: {within[0].normalize():f} and {within[1].normalize():f}"
    if model.geography == GLOBAL and said == within:
        text = f"{model.input:g} and {model.output:g} are the prices of one geography; `global.` costs"
        yield f"{text} {everywhere[0].normalize():f} and {everywhere[1].normalize():f}"


def _end(model: Model, today: date) -> Iterator[str]:
    published = MODELS.get(model.foundation_model)
    if published and published.ends_no_sooner and published.ends_no_sooner <= today:
        yield (
            f"AWS may end {model.foundation_model} since {published.ends_no_sooner} (its model card); "
            "`rollout doctor` asks Bedrock, and a newer model is another `source`"
        )


def _twins(rollout: Rollout) -> Iterator[str]:
    """One model under two labels, by ways that differ in price."""
    found = [(label, model) for label, model in rollout.models.items() if model.foundation_model not in MODELS]
    for label, model in found:
        for other, its in found:
            same = model.foundation_model == its.foundation_model and model.input == its.input
            if same and model.geography == GLOBAL and its.geography not in (GLOBAL, None):
                why = f"though {its.geography}. costs 10 % more than global."
                yield f"models.{other}: the same price as models.{label}, {why}"
