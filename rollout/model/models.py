"""Models and what they cost."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from rollout.model.base import Part
from rollout.model.fields import (
    SOURCE,
    ModelLabel,
    ModelSource,
    Number,
    Usd,
)


class Prices(Part):
    """USD per million tokens of each kind."""

    input: Usd
    """USD per million input tokens; the other prices likewise."""
    output: Usd
    """Of what the model writes, thinking included."""
    cache_read: Usd
    """Of what is read from a prompt cache."""
    cache_write: Usd
    """Of what is written into one, for five minutes."""
    cache_write_1h: Usd | None = None
    """Of what is written into one, for an hour; twice `input` where it is not said, as Anthropic prices every model."""


class LongPrompt(Prices):
    """What every token of a request costs once its prompt is long."""

    above_tokens: Annotated[int, Field(ge=1, le=10_000_000), Number]
    """Of the prompt, with what is read from a cache and written to one; a longer prompt has these prices."""


class Model(Prices):
    """A model that cohorts may be given, by its label, with its list price."""

    source: ModelSource
    """What profiles are copied from: a system-defined inference profile, a foundation model, or the ARN of either."""
    long_prompt: LongPrompt | None = None
    """Other prices for long prompts, where the model has them."""

    @property
    def foundation_model(self) -> str:
        """Such as `anthropic.claude-sonnet-4-6`."""
        return _source(self.source)["model"]

    @property
    def geography(self) -> str | None:
        """`us`, `eu`, `global` and so on; none for a model of one region."""
        return _source(self.source)["geography"]


def _source(text: str) -> re.Match[str]:
    match = SOURCE.fullmatch(text)
    assert match is not None  # noqa: S101  the field's own kind
    return match


# As Bedrock counts them, `rollout.usage.tokens.KINDS`.
TokenKind = Literal["input", "output", "cache_read", "cache_write"]


class Throttle(Part):
    """What is left at `throttled`."""

    model: ModelLabel = "haiku"
    """The one model left at `throttled`."""
    daily_tokens: Annotated[int, Field(ge=1, le=10_000_000_000), Number] = 50_000
    """Tokens per user and day, UTC, at `throttled`; who has used them up is denied until midnight."""
    counts: Annotated[tuple[TokenKind, ...], Field(min_length=1)] = ("input", "output", "cache_write")
    """The kinds of tokens that count. Cache reads are most of what Claude Code sends, and a tenth of the price."""
    delay_seconds: Annotated[int, Field(ge=0, le=30), Number] = 5
    """How long Claude Code waits, at `throttled`, before it sends a prompt and before each step; 0: not at all. With
    `gateway.kind: litellm` it is the gateway that waits, before each request."""
