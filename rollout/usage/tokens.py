"""Tokens by kind, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

KINDS = ("input", "output", "cache_read", "cache_write")
PER = Decimal(1_000_000)
# What is written to a cache for an hour costs, as against input (Anthropic's prices, prompt caching; Bedrock's alike).
HOUR_WRITE = 2


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """As Bedrock counts them; `input` leaves out what was read from a cache or written to one. `cache_write` is all
    that was written, `cache_write_1h` what of it stays for an hour instead of five minutes."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0

    @property
    def prompt(self) -> int:
        """The length by which a model's prices for long prompts begin."""
        return self.input + self.cache_read + self.cache_write

    def usd(self, prices: Mapping[str, Any]) -> Decimal:
        """`prices`: USD per million tokens of each kind, as text, so that no digit is lost; `long_prompt`, where the
        model has it, the same of prompts longer than its `above_tokens`."""
        tier: Mapping[str, Any] = prices.get("long_prompt") or {}
        if tier and self.prompt > int(tier["above_tokens"]):
            prices = tier
        by_the_hour = prices.get("cache_write_1h") or HOUR_WRITE * Decimal(prices["input"])
        parts = {kind: Decimal(getattr(self, kind)) * Decimal(prices[kind]) for kind in KINDS}
        dearer = self.cache_write_1h * (Decimal(by_the_hour) - Decimal(prices["cache_write"]))
        return (sum(parts.values(), Decimal()) + dearer) / PER

    def counted(self, kinds: tuple[str, ...]) -> int:
        return sum(getattr(self, kind) for kind in kinds)
