"""A page of widgets, as CloudWatch lays them out (CloudWatch, dashboard body structure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.observability import queries
from rollout.observability.queries import Query

COLUMNS = 24
# In one alarm widget (CloudWatch user guide, dashboards).
ALARMS_AT_MOST = 100
DAY = 86_400

Body = dict[str, Any]


class Page:
    """Puts widgets from left to right and from top to bottom."""

    def __init__(self, rollout: Rollout, account: Account, cohorts: Sequence[str]) -> None:
        self.rollout, self.account, self.cohorts = rollout, account, cohorts
        self._variables: list[Body] = []
        self._widgets: list[Body] = []
        self._x = self._y = self._height = 0

    def body(self) -> Body:
        chosen = {"variables": self._variables} if self._variables else {}
        return {"start": "-P30D", "periodOverride": "inherit", **chosen, "widgets": self._widgets}

    def choice(self, label: str, pattern: str, values: Sequence[str]) -> None:
        """Whoever looks chooses one of the values, which then stands wherever the page says `pattern`."""
        self._variables.append(
            {
                "type": "pattern",
                "pattern": pattern,
                "inputType": "select",
                "id": label.lower(),
                "label": label,
                "defaultValue": values[0],
                "visible": True,
                "values": [{"value": value, "label": value} for value in values],
            }
        )

    def text(self, markdown: str) -> None:
        self.row(markdown, 2)

    def row(self, markdown: str, height: int) -> None:
        self._put("text", COLUMNS, height, {"markdown": markdown})
        self.end_row()

    def metrics(
        self,
        title: str,
        metrics: Sequence[Any],
        width: int,
        *,
        period: int = 300,
        stacked: bool = False,
        lines: Mapping[str, tuple[float, str]] | None = None,
    ) -> None:
        """`lines`: level ones, by label, each with its value and colour."""
        annotations = [
            {"label": label, "value": value, "color": color} for label, (value, color) in (lines or {}).items()
        ]
        properties: Body = {
            "title": title,
            "view": "timeSeries",
            "stacked": stacked,
            "region": self.account.region,
            "period": period,
            "stat": "Sum",
            "metrics": list(metrics),
            "yAxis": {"left": {"min": 0}},
        }
        if annotations:
            properties["annotations"] = {"horizontal": annotations}
        self._put("metric", width, 6, properties)

    def number(self, title: str, metrics: Sequence[Any], width: int) -> None:
        properties = {
            "title": title,
            "view": "singleValue",
            "region": self.account.region,
            "period": DAY,
            "stat": "Sum",
        }
        self._put("metric", width, 6, {**properties, "setPeriodToTimeRange": False, "metrics": list(metrics)})

    def alarm(self, title: str, alarm: str, width: int) -> None:
        """What an alarm watches, and its threshold."""
        arns = [self.account.alarm_arn(alarm)]
        properties: Body = {"title": title, "region": self.account.region, "annotations": {"alarms": arns}}
        self._put("metric", width, 6, {**properties, "view": "timeSeries", "stacked": False})

    def alarm_states(self, title: str, alarms: Sequence[str], width: int) -> None:
        arns = [self.account.alarm_arn(alarm) for alarm in alarms][:ALARMS_AT_MOST]
        self._put("alarm", width, 6, {"title": title, "alarms": arns})

    def log(self, title: str, query: Query, width: int) -> None:
        groups = queries.log_groups(query.source, self.rollout, self.cohorts)
        sources = "".join(f"SOURCE '{group}' | " for group in groups)
        if sources:
            properties = {"title": title, "region": self.account.region, "view": "table"}
            self._put("log", width, 6, {**properties, "query": sources + query.text})

    def end_row(self) -> None:
        self._x, self._y, self._height = 0, self._y + self._height, 0

    def _put(self, kind: str, width: int, height: int, properties: Body) -> None:
        place = {"x": self._x, "y": self._y, "width": width, "height": height}
        self._widgets.append({"type": kind, **place, "properties": properties})
        self._x, self._height = self._x + width, max(self._height, height)
