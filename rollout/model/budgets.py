"""The stack file's part about money: of what people are told, and what stops them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from rollout.model.base import Part
from rollout.model.fields import Email, MonitorArn, Number, Usd, Words
from rollout.model.time_fields import Instant

StopUsd = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False), Number]


class BilledAs(StrEnum):
    MARKETPLACE = "marketplace"
    TAGS = "tags"
    ACCOUNT = "account"


class Raise(Part):
    """More for one person, until a time."""

    until: Instant
    """From then on the usual stop holds again. IAM itself sees to it: nothing has to run."""
    user_daily_stop_usd: StopUsd | None = None
    """In place of the usual one."""
    user_monthly_stop_usd: StopUsd | None = None
    """In place of the usual one."""
    reason: Words | None = None
    """For readers."""


class Budgets(Part):
    """What people are told about when it is nearly spent, in USD at the prices of `models`, and what stops them."""

    user_daily_usd: Usd = 50
    """Of one user in a day, UTC."""
    team_daily_usd: Usd = 500
    """Of all members of a team in a day, UTC."""
    monthly_usd: Usd = 12_000
    """Of everybody in a calendar month, UTC."""
    alert_at: Annotated[float, Field(gt=0, le=1), Number] = 0.8
    """The share of a budget at which people are told."""
    user_daily_stop_usd: StopUsd | None = None
    """At which one user is denied until midnight UTC, at every level; nothing stops where it is not said."""
    user_monthly_stop_usd: StopUsd | None = None
    """At which one user is denied until the first of the next month, UTC."""
    team_daily_stop_usd: StopUsd | None = None
    """At which all members of a team are denied until midnight UTC."""
    monthly_stop_usd: StopUsd | None = None
    """At which everybody is denied until the first of the next month, UTC."""
    raises: Mapping[Email, Raise] = {}
    """By e-mail address of a member: other stops than the usual ones, until a time."""
    billed_as: BilledAs = BilledAs.MARKETPLACE
    """Which cost AWS Budgets holds against the month: all of AWS Marketplace, by way of which Claude is sold on
    Bedrock; `tags`, what carries `organization`, once Billing knows that tag; or the whole `account`."""

    anomaly_usd: StopUsd | None = None
    """USD above what AWS expects: of an anomaly of that much or more, AWS Cost Anomaly Detection tells finance, up to a
    day later and without stopping anything. Off where it is not said."""
    anomaly_monitor: MonitorArn | None = None
    """A cost monitor that is there: AWS allows one of all services per account, and many accounts have it. Without it
    the program makes that one."""

    @property
    def stops(self) -> Mapping[str, float]:
        """USD by the kind of counter that it stops (`rollout.usage.thresholds`); those that are set."""
        found = {
            "user-day": self.user_daily_stop_usd,
            "user-month": self.user_monthly_stop_usd,
            "team-day": self.team_daily_stop_usd,
            "month": self.monthly_stop_usd,
        }
        return {kind: usd for kind, usd in found.items() if usd is not None}
