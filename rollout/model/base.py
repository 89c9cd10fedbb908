"""What every part of the stack file is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Part of the stack file: immutable, and a key nobody knows is a mistake.

    The text beneath a field is what people are told about it (`rollout.model.descriptions`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
