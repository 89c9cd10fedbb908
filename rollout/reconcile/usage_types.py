"""What a line of AWS's bill is about: which Claude model, which kind of token.

Names seen in bills and price lists of 2026: `USE1-Claude4.6Sonnet-input-tokens` (AWS Machine Learning Blog,
2026-04-17), `USE1-MP:USE1_InputTokenCount_Global-Units` and `USW2-MP:USW2_output_tokens_global_standard-Units` (AWS
Marketplace, where the product's name has the model: `Claude Opus 5.5 (Amazon Bedrock Edition)`). None of it is
documented, so what is not understood is said, and never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

# Each token is of one kind: `cache_write` is for five minutes here, and leaves out what is written for an hour.
KINDS = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
# How many tokens one of `line_item_usage_amount` stands for, by `pricing_unit`.
UNITS = {
    "token": Decimal(1),
    "tokens": Decimal(1),
    "1k tokens": Decimal(1000),
    "1k token": Decimal(1000),
    "1m tokens": Decimal(1_000_000),
    "1m token": Decimal(1_000_000),
    "units": Decimal(1_000_000),
    "unit": Decimal(1_000_000),
}
_MODEL = re.compile(
    r"claude[ _-]{0,3}(?:(?P<before>\d{1,2}(?:\.\d{1,2})?)[ _-]{0,3}(?P<family>[a-z]{2,20})"
    r"|(?P<named>[a-z]{2,20})[ _-]{0,3}(?P<after>\d{1,2}(?:\.\d{1,2})?))"
)
_FOUNDATION = re.compile(
    r"anthropic\.claude-(?:(?P<named>[a-z]{2,20})-(?P<major>\d{1,2})(?:-(?P<minor>\d{1,2}))?(?!\d)"
    r"|(?P<old>\d)(?:-(?P<older>\d))?-(?P<family>[a-z]{2,20}))"
)
_HOUR = re.compile(r"1h|1hour|60m|onehour")
_LONG = re.compile(r"lctx|longcontext|longprompt")


@dataclass(frozen=True, kw_only=True)
class UsageType:
    """`kind`: of `KINDS`. `long_prompt`: at the prices of long prompts. `everywhere`: by a `global.` profile."""

    kind: str
    long_prompt: bool = False
    everywhere: bool = False


def usage_type(text: str) -> UsageType | None:
    """None where it is of no kind of token that is known."""
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    kind = _kind(plain)
    if kind is None:
        return None
    return UsageType(kind=kind, long_prompt=bool(_LONG.search(plain)), everywhere="global" in plain)


def _kind(plain: str) -> str | None:
    if "cacheread" in plain:
        return "cache_read"
    if "cachewrite" in plain or "cachecreation" in plain:
        return "cache_write_1h" if _HOUR.search(plain) else "cache_write"
    if "outputtoken" in plain:
        return "output"
    return "input" if "inputtoken" in plain else None


def model_name(*texts: str) -> str | None:
    """Such as `sonnet 4.6`, from the first text that names a model of Claude's; None where none does."""
    for text in texts:
        if found := _MODEL.search(text.lower()):
            family, version = found["family"] or found["named"], found["before"] or found["after"]
            return f"{family} {version.removesuffix('.0')}"
    return None


def foundation_name(foundation_model: str) -> str | None:
    """The same of a model as Bedrock calls it: `anthropic.claude-haiku-4-5-20251001-v1:0` is `haiku 4.5`."""
    found = _FOUNDATION.match(foundation_model)
    if not found:
        return None
    major, minor = found["major"] or found["old"], found["minor"] or found["older"]
    return f"{found['named'] or found['family']} {major}{f'.{minor}' if minor and minor != '0' else ''}"
