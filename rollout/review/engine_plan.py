"""What the engine's own preview says of a change, read from its events."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DELETES = ("delete", "delete-replaced", "discard", "discard-replaced")
# Of a replacement, which is counted as one.
PARTS = ("create-replacement",)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the engine's plan. `operation`: its word for it, such as `create`."""

    operation: str
    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the engine's preview says. `breaches`: of mandatory policies, which as `errors` keep it from being done."""

    steps: tuple[Step, ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        return bool(self.errors or self.breaches)

    @property
    def replaced(self) -> tuple[tuple[str, str], ...]:
        """Kind and name, sorted."""
        return tuple(sorted({(step.kind, step.name) for step in self.steps if step.operation == "replace"}))

    @property
    def deleted(self) -> tuple[tuple[str, str], ...]:
        """Kind and name of what is gone in the end, sorted."""
        gone = {(step.kind, step.name) for step in self.steps if step.operation in DELETES}
        return tuple(sorted(gone - {*self.replaced}))

    @property
    def counts(self) -> Counter[str]:
        """Of steps by operation, a replacement as one."""
        kept = Counter(step.operation for step in self.steps if step.operation not in ("same", *DELETES, *PARTS))
        return kept + Counter({"delete": len(self.deleted)})

    @staticmethod
    def read(text: str) -> Plan:
        """The engine's events, one JSON object a line, as `pulumi preview --json` gives them under
        PULUMI_ENABLE_STREAMING_JSON_PREVIEW. (Without it the answer has no policies.) ValueError where it is none.
        """
        try:
            return _plan_of([json.loads(line) for line in text.splitlines() if line.strip()])
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"no events of `pulumi preview --json`: {type(error).__name__}") from None


def _plan_of(events: Sequence[dict[str, Any]]) -> Plan:
    if not any("summaryEvent" in event for event in events):
        raise ValueError("no summary")
    said = [event["diagnosticEvent"] for event in events if "diagnosticEvent" in event]
    policies = [event["policyEvent"] for event in events if "policyEvent" in event]
    return Plan(
        steps=tuple(_step(event["resourcePreEvent"]["metadata"]) for event in events if "resourcePreEvent" in event),
        errors=_messages(said, "error"),
        warnings=_messages(said, "warning"),
        breaches=tuple(_breach(event) for event in policies if event["enforcementLevel"] == "mandatory"),
        advice=tuple(_breach(event) for event in policies if event["enforcementLevel"] != "mandatory"),
    )


def _step(metadata: dict[str, Any]) -> Step:
    return Step(operation=str(metadata["op"]), kind=str(metadata["type"]), name=_name(metadata["urn"]))


def _name(urn: str) -> str:
    return urn.split("::")[3]


def _messages(said: Sequence[dict[str, Any]], severity: str) -> tuple[str, ...]:
    """`preview failed` says nothing that its reason does not."""
    texts = [str(one["message"]).strip() for one in said if one["severity"] == severity]
    return tuple(text for text in texts if text and text != "preview failed")


def _breach(event: dict[str, Any]) -> str:
    about = f" ({_name(event['resourceUrn'])})" if event.get("resourceUrn") else ""
    return f"{event['policyName']}{about}: {str(event['message']).strip().splitlines()[-1]}"
