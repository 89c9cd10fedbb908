"""Who the company is: teams, head-counts, its Okta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from rollout.model.base import Part
from rollout.model.fields import (
    Domain,
    Email,
    GroupName,
    Number,
    OrganizationName,
    TeamName,
)


class Team(Part):
    headcount: Annotated[int, Field(ge=1, le=100_000), Number]
    """People in the team, whether they take part or not."""
    lead: Email | None = None
    """Who hears of the team's spend."""


class Organization(Part):
    """Who it is for, and how large its teams are."""

    name: OrganizationName
    """Becomes the tag `organization` in AWS."""
    teams: Mapping[TeamName, Team] = {}
    """By name, as members' `team` says it."""


class Okta(Part):
    """Where people sign in."""

    domain: Domain
    """The organization's Okta domain, such as `acme.okta.com`; no scheme, no path."""
    umbrella_group: GroupName = "Claude-Code-Users"
    """The group that gates the sign-in app; every member of every cohort is in it."""
