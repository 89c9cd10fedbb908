"""What a company says of itself, once: judged answer by answer, and as a whole by the stack file's own judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cli.company.offered import MODELS, Geography
from rollout.model.errors import nearest
from rollout.model.fields import (
    Domain,
    Email,
    OrganizationName,
    Shape,
    SlackChannelId,
    SlackWorkspace,
    TeamName,
    Words,
)
from rollout.model.gateway import MaybeGateway
from rollout.model.identity_center import IdentityCenter
from rollout.model.macs import Jamf
from rollout.model.notify import Audience
from rollout.model.organization import Team
from rollout.model.rollout import Federation


def _region(text: str) -> str:
    """One that has Bedrock, by botocore's list of commercial regions: GovCloud's and China's have other partitions and
    other model ids."""
    import boto3

    session: Any = boto3.Session(region_name="us-east-1")
    known: list[str] = session.get_available_regions("bedrock")
    if text not in known:
        raise ValueError(f"no region of Amazon Bedrock: {text}; {nearest(text, known)}")
    return text


Region = Annotated[
    str,
    Shape(r"[a-z]{2}(?:-[a-z]{3,10}){1,2}-[0-9]", "an AWS region such as us-east-1", lower=True),
    AfterValidator(_region),
]
# YAML reads digits without quotes as a number, and those that begin with 0 as an octal one.
AccountId = Annotated[
    str, BeforeValidator(str), Shape(r"[0-9]{12}", 'an AWS account\'s id, 12 digits in quotes ("123456789012")')
]
Source = Annotated[
    str,
    Shape(
        r"(?:git\+(?:https|ssh)://(?:git@)?[A-Za-z0-9.:-]+/[A-Za-z0-9._~/-]+@[A-Za-z0-9._/-]+"
        r"|https://[A-Za-z0-9.:-]+/[A-Za-z0-9._~/-]*|\.{0,2}/[A-Za-z0-9._~/ -]*)",
        "a git address with its tag (git+https://.../claude-code-rollout@v1.0.0), or a folder or page of wheels "
        "(/path, ./path, https://...), without a password",
    ),
]


def _offered(label: str) -> str:
    if label not in MODELS:
        raise ValueError(f"not offered: {label}; {nearest(label, MODELS)}")
    return label


def _any(labels: tuple[str, ...]) -> tuple[str, ...]:
    if not labels:
        raise ValueError("empty; name at least one")
    return labels


def _team(value: Any) -> Any:
    """A head-count alone will do."""
    return {"headcount": value} if isinstance(value, (int, str)) and not isinstance(value, bool) else value


Label = Annotated[str, AfterValidator(_offered)]
AnyTeam = Annotated[Team, BeforeValidator(_team)]


class Given(BaseModel):
    """No part of the stack file, whose schema lists those by their names; the same rules."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Slack(Given):
    workspace_id: SlackWorkspace
    """The workspace's id, such as T0123ABCD."""
    engineering: SlackChannelId
    """The id of the channel that hears of each change of level, such as C0123ABCD."""


class Answers(Given):
    """All that `rollout init` needs to know."""

    organization: OrganizationName
    """What the company is called; a tag in AWS."""
    teams: Annotated[Mapping[TeamName, AnyTeam], Field(min_length=1)]
    """Each team's head-count, or `{headcount, lead}`."""
    okta_domain: Domain
    """Where people sign in, such as acme.okta.com."""
    region: Region
    """The AWS region of roles, profiles and logs."""
    account: AccountId | None = None
    """The AWS account's id; updates of any other account are refused."""
    models: Annotated[tuple[Label, ...], AfterValidator(_any)] = tuple(MODELS)
    """Which of the offered models people get; the first unless they choose."""
    geography: Geography = "global"
    """Where prompts may be answered: `global`, or one geography, which costs 10 % more."""
    people: Words | None = None
    """A CSV file with the first cohort's people: name, email, team, and whatever else a roster has."""
    slack: Slack | None = None
    """Where changes of levels are told."""
    email_from: Email | None = None
    """The sender of mails; SES must have verified it."""
    email: Mapping[Audience, tuple[Email, ...]] = {}
    """Who else is mailed, by audience."""
    federation: Federation = Federation.SAML
    """How people sign in to AWS: by Okta's app for it, by OpenID Connect, or by IAM Identity Center."""
    identity_center: IdentityCenter | None = None
    """Of `federation: identity_center`, as the stack file has it."""
    gateway: MaybeGateway = None
    """The gateway that people's requests go through, as the stack file has it."""
    jamf: Jamf | None = None
    """The Jamf Pro that brings settings to Macs."""
    source: Source | None = None
    """Where the program is installed from; without it, requirements.txt says what to write."""

    @model_validator(mode="after")
    def _identity_center_where_chosen(self) -> Answers:
        if (self.federation is Federation.IDENTITY_CENTER) is (self.identity_center is None):
            keys = ", ".join(IdentityCenter.model_fields)
            raise ValueError(f"federation: identity_center and a map identity_center ({keys}) go together")
        return self

    @property
    def okta_org(self) -> tuple[str, str]:
        """The Okta provider's `orgName` and `baseUrl`."""
        name, _, rest = self.okta_domain.partition(".")
        return name, rest
