"""What was read of a rollout, by whoever reads: all that a report is made of beside the stack file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.reconcile.compare import Reconciliation


class Topic(StrEnum):
    """What one source each tells."""

    FILE = "stack file"
    STANDING = "levels in force"
    HISTORY = "changes of level"
    UPDATES = "updates"
    USE = "use and spend"
    SUCCESS = "success metrics"
    ALARMS = "alarms"
    BILL = "bill"


@dataclass(frozen=True, kw_only=True)
class Source:
    """`where`: as a person finds it again. `problem`: why it could not be read, in a line; then it told nothing."""

    topic: Topic
    where: str
    read_at: datetime
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class LevelChange:
    """One line of the incident log. `member`: None where it is the whole cohort. `people`: whose access changed."""

    at: datetime
    cohort: str
    member: str | None
    before: Level
    after: Level
    incident: str | None = None
    since: datetime | None = None
    reason: str | None = None
    people: int = 0


@dataclass(frozen=True, kw_only=True)
class Update:
    """One `pulumi up`, from its start to its end. `succeeded`: as the engine says."""

    start: datetime
    end: datetime
    succeeded: bool = True


@dataclass(frozen=True, kw_only=True)
class Use:
    """What one person used on one day, UTC. The report never says who."""

    day: date
    cohort: str
    team: str
    person: str
    usd: float
    requests: int = 0


@dataclass(frozen=True, kw_only=True)
class NotReconciled:
    """No month could be held against its bill, which is nobody's fault. `why`: in a reader's words."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """None: its source could not be read; `sources` says why. `deployed`: levels by cohort, as the last update left
    them. `weeks`: by cohort, as the collector wrote them. `ringing`: titles of alarms.
    `bill`: of the last month that is billed."""

    stack: str
    rollout: Rollout
    now: datetime
    sources: Sequence[Source]
    since: date | None = None
    deployed: Mapping[str, str] | None = None
    changes: Sequence[LevelChange] | None = None
    updates: Sequence[Update] | None = None
    use: Sequence[Use] | None = None
    weeks: Mapping[str, str] | None = None
    ringing: Sequence[str] | None = None
    bill: Reconciliation | NotReconciled | None = None

    def problem(self, topic: Topic) -> str | None:
        return next((source.problem for source in self.sources if source.topic is topic), None)
