"""Series of one metric: its data gathered into periods, one statistic of each.

Unlike moto's own: periods begin at multiples of their length, a metric without dimensions is not that of all
dimensions together, and percentiles are known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue
from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatumBase

# Unix seconds -> value.
Points = Mapping[int, float]
Key = tuple[str, str, frozenset[tuple[str, str]]]
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


@dataclass(frozen=True)
class Range:
    """Of a request: unix seconds, the end not within."""

    start: int
    end: int

    def periods(self, seconds: int) -> range:
        """Their beginnings; the first may be before the range's own."""
        return range(self.start - self.start % seconds, self.end, seconds)


class Metrics:
    """All that an account measured within a range, by metric."""

    def __init__(self, data: Iterable[MetricDatumBase], within: Range) -> None:
        self.within = within
        self._data: defaultdict[Key, list[tuple[int, MetricDatumBase]]] = defaultdict(list)
        for datum in data:
            at = seconds(datum.timestamp)
            if within.start <= at < within.end:
                dimensions = frozenset((str(d.name), str(d.value)) for d in datum.dimensions)
                self._data[datum.namespace, datum.name, dimensions].append((at, datum))

    def keys(self) -> Iterator[Key]:
        return iter(sorted(self._data, key=lambda key: (*key[:2], sorted(key[2]))))

    def points(self, key: Key, statistic: str, period: int) -> Points:
        found: defaultdict[int, list[MetricDatumBase]] = defaultdict(list)
        for at, datum in self._data.get(key, ()):
            found[at - at % period].append(datum)
        return {at: _statistic(statistic, data) for at, data in sorted(found.items())}


def seconds(at: datetime) -> int:
    """moto keeps times without a zone, and means UTC."""
    return int((at.replace(tzinfo=UTC) if at.tzinfo is None else at).timestamp())


def _statistic(name: str, data: list[MetricDatumBase]) -> float:
    values, count, total = _values(data)
    match name:
        case "Sum":
            return total
        case "Average":
            return total / count
        case "SampleCount":
            return count
        case "Minimum":
            return min(values)
        case "Maximum":
            return max(values)
        case _ if found := _PERCENTILE.fullmatch(name):
            return _percentile(sorted(values), float(found[1]) / 100)
        case _:
            raise InvalidParameterValue(f"The value {name} for parameter Stat is not supported.")


def _values(data: list[MetricDatumBase]) -> tuple[list[float], float, float]:
    """(values, how many, their sum); of statistic sets the extremes stand for all."""
    values: list[float] = []
    count = total = 0.0
    for datum in data:
        given: Any = datum
        if isinstance(datum, MetricAggregatedDatum):
            values += [given.min, given.max]
            count, total = count + given.sample_count, total + given.sum
        else:
            values.append(given.value)
            count, total = count + 1, total + given.value
    return values, count, total


def _percentile(ordered: list[float], share: float) -> float:
    """Between the two nearest ranks."""
    place = share * (len(ordered) - 1)
    low = int(place)
    return ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])
