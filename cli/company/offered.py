"""The models that a new company is offered: Anthropic's list prices for `global.` profiles, read on 2026-11-28 from
"Models overview" and "Pricing" of its documentation. What stays in one geography costs 10 % more (same page)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, get_args

from rollout.stack_file.model_catalogue import GLOBAL, REGIONAL

READ = "2026-11-28"
Geography = Literal["global", "us", "eu", "apac", "au", "jp", "ca"]
GEOGRAPHIES: tuple[str, ...] = get_args(Geography)

Prices = Mapping[str, str | Mapping[str, str]]
# USD per million tokens, as a stack file's `models` has them.
MODELS: Mapping[str, tuple[str, Prices]] = {
    "sonnet": (
        "anthropic.claude-sonnet-5-5",
        {"input": "2", "output": "10", "cache_read": "0.1", "cache_write": "2.5"},
    ),
    "haiku": (
        "anthropic.claude-haiku-5-5",
        {
            "input": "0.1",
            "output": "0.5",
            "cache_read": "0.01",
            "cache_write": "0.125",
            "long_prompt": {
                "above_tokens": "100000",
                "input": "0.5",
                "output": "2.5",
                "cache_read": "0.05",
                "cache_write": "0.625",
            },
        },
    ),
    "opus": (
        "anthropic.claude-opus-5-5",
        {"input": "4", "output": "20", "cache_read": "0.2", "cache_write": "5"},
    ),
}


def prices_in(geography: str, prices: Prices) -> dict[str, str | dict[str, str]]:
    """The same, of a profile that keeps to a geography."""
    return {
        key: {name: _price(name, usd, geography) for name, usd in value.items()}
        if isinstance(value, Mapping)
        else _price(key, value, geography)
        for key, value in prices.items()
    }


def _price(name: str, usd: str, geography: str) -> str:
    if geography == GLOBAL or name == "above_tokens":
        return usd
    return f"{(Decimal(usd) * REGIONAL).normalize():f}"
