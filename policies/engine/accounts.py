"""Which account a stack is in, as far as its own resources say; no rule is told by the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from policies.engine.iam import ROLE
from policies.engine.resources import Stack, texts

FEDERATION: Final = "claude:rollout:Federation"
ARN: Final = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")
NUMBER: Final = re.compile(r"\d{12}")


def own(stack: Stack) -> set[str]:
    """By the ARNs that AWS gave its roles; before there is one, by what the federation composed. Empty: not known."""
    given = {account for role in stack.of(ROLE) for account in accounts(role.props.get("arn"))}
    return given or {a for each in stack.of(FEDERATION) for a in accounts(each.props.get("provider_arn"))}


def accounts(value: Any) -> Iterator[str]:
    """Those in a value's texts: of ARNs, and plain numbers. An ARN of AWS's own, or of no account, has none."""
    for _, text in texts(value):
        found = ARN.match(text)
        if found:
            yield found[1]
        elif NUMBER.fullmatch(text):
            yield text
