"""The stack file's parts about success: where it began, what it is to reach, and where figures come from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rollout.model.base import Part
from rollout.model.fields import GithubLabel, GithubName, GithubSuffix, HttpsUrl, Number

PrCycleDays = Annotated[float, Field(gt=0, le=365, allow_inf_nan=False), Number]


PrsPerDeveloperWeek = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False), Number]


BugReopenPercent = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False), Number]


ReviewTurnaroundHours = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False), Number]


class Baseline(Part):
    """The plan's four productivity metrics as they were before anybody had Claude Code (`rollout.success.metrics`)."""

    pr_cycle_days: PrCycleDays
    """From opening a pull request to merging it: the median, in days."""
    prs_per_developer_week: PrsPerDeveloperWeek
    """Pull requests merged, per developer and week."""
    bug_reopen_percent: BugReopenPercent
    """Bugs reopened, in percent of bugs closed."""
    review_turnaround_hours: ReviewTurnaroundHours
    """From asking for a review to the first one by another person: the median, in hours."""


class Targets(Part):
    """What a cohort is to reach of these; what is left out is not judged."""

    pr_cycle_days: PrCycleDays | None = None
    """At most this median, in days."""
    prs_per_developer_week: PrsPerDeveloperWeek | None = None
    """At least so many, per developer and week."""
    bug_reopen_percent: BugReopenPercent | None = None
    """At most this, in percent of bugs closed."""
    review_turnaround_hours: ReviewTurnaroundHours | None = None
    """At most this median, in hours."""

    @property
    def given(self) -> dict[str, float]:
        return self.model_dump(exclude_none=True)


class Success(Part):
    """What success is measured against, and how much must have been seen before anything is said."""

    baseline: Baseline
    weeks: Annotated[int, Field(ge=1, le=12), Number] = 4
    """Whole weeks that are judged together, the newest ones; with fewer there is not enough data."""
    least_prs: Annotated[int, Field(ge=1, le=10_000), Number] = 20
    """Pull requests in these weeks below which there is not enough data."""
    least_bugs: Annotated[int, Field(ge=1, le=10_000), Number] = 10
    """Bugs closed in these weeks below which there is not enough data."""


class Github(Part):
    """Where the figures come from: GitHub, read with `github_token`."""

    organization: GithubName
    """The organization at GitHub whose repositories are read."""
    repositories: Annotated[tuple[GithubName, ...], Field(max_length=20)] = ()
    """Names within the organization; all of it where none is named."""
    api_url: HttpsUrl = "https://api.github.com"
    """Without `/graphql`; of GitHub Enterprise Server `https://<host>/api`."""
    bug_labels: Annotated[tuple[GithubLabel, ...], Field(min_length=1, max_length=5)] = ("bug",)
    """An issue with any of these is a bug."""
    login_suffix: GithubSuffix | None = None
    """The enterprise's short code, where GitHub manages its users: their logins end with `_` and this."""
