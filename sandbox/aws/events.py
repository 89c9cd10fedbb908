"""What moto lacks of EventBridge: the checks of rules and targets, and how many targets a rule has."""

from __future__ import annotations

import json
from typing import Any

from moto.events.models import Rule
from moto.events.responses import EventsHandler

from sandbox.aws.refusals import JsonRefusal
from sandbox.aws.validation import mistakes

TARGETS = 5


class Events(EventsHandler):
    """moto's EventBridge with these operations in place of its own."""

    def put_rule(self) -> Any:
        """A rule that is put again keeps its tags, whatever is given."""
        given = self._given("PutRule")
        known = self._rule(given["Name"], given.get("EventBusName"))
        tagger = self.events_backend.tagger
        tagged = tagger.get_tag_dict_for_resource(known.arn) if known else {}
        answer = super().put_rule()
        if known:
            tagger.delete_all_tags_for_resource(known.arn)
            tagger.tag_resource(known.arn, tagger.convert_dict_to_tags_input(tagged))
        return answer

    def put_targets(self) -> Any:
        given = self._given("PutTargets")
        for target in given["Targets"]:
            inputs = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name)]
            if len(inputs) > 1:
                raise JsonRefusal(
                    "ValidationException",
                    f"Only one of {', '.join(inputs)} must be provided for target {target['Id']}.",
                )
        rule = self._rule(given["Rule"], given.get("EventBusName"))
        known = {target["Id"] for target in rule.targets} if rule else set()
        if len(known | {target["Id"] for target in given["Targets"]}) > TARGETS:
            raise JsonRefusal("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        return super().put_targets()

    def _rule(self, name: str, bus: str | None) -> Rule | None:
        found = self.events_backend.event_buses.get((bus or "default").rsplit("/", maxsplit=1)[-1])
        return found.rules.get(name) if found else None

    def _given(self, operation: str) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(self.body)
        if found := mistakes("events", operation, given):
            raise JsonRefusal("ValidationException", found)
        return given
