"""The kinds of text in a stack file: what each may look like, and how that is said to a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic_core import CoreSchema, core_schema

from rollout import names
from rollout.model.errors import shown
from rollout.model.permission_rules import Rule


def small(text: str) -> str:
    """In lower case, where its letters are ours: of another alphabet's some would become one of a to z, such as the
    Kelvin sign a k, and so somebody else's address."""
    text = text.strip()
    return text.lower() if text.isascii() else text


@dataclass(frozen=True)
class Shape:
    """A text that matches `pattern` as a whole; `allowed` completes the sentence "not ...: <value>"."""

    pattern: str
    allowed: str
    lower: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        pattern = self.pattern.replace("a-z", "A-Za-z") if self.lower else self.pattern
        return {**handler(schema), "pattern": f"^(?:{pattern})$", "errorMessage": f"not {self.allowed}"}

    def _check(self, value: str) -> str:
        value = small(value) if self.lower else value.strip()
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"not {self.allowed}: {shown(value)}")
        return value


def _number(value: object) -> object:
    if value is True or value is False:
        raise ValueError(f"not a number: {shown(value)}")
    return value


# Python takes true for 1. A number written as text is one: `pulumi config set --path` writes 0.1 so.
Number = BeforeValidator(_number)
Usd = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False), Number]

# No control characters, and none that turns the order of what is read: a terminal, a chat and a review show these.
_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]{1,500}"
Words = Annotated[str, Shape(_LINE, "a text of 1 to 500 characters on one line")]
# Of a person: in a roster, which people open in a spreadsheet; that would run what begins so.
Cell = Annotated[
    str, Shape(rf"(?![=+@-]){_LINE}", "a text of 1 to 500 characters on one line that begins with none of = + - @")
]
# S3 user guide, general purpose bucket naming rules; Data Exports API reference, `Export.Name`, less some.
BucketName = Annotated[
    str,
    Shape(
        r"(?!xn--|sthree-|[0-9.]+$)(?!.*(?:\.\.|-s3alias$|--ol-s3$))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "the name of an S3 bucket such as acme-billing",
    ),
]
BucketFolder = Annotated[
    str,
    Shape(
        r"[A-Za-z0-9!_.*'()-]{1,64}(?:/[A-Za-z0-9!_.*'()-]{1,64}){0,5}",
        "a folder in a bucket such as exports/claude, without a / at its ends",
    ),
]
# Service Authorization Reference, AWS Cost Explorer.
MonitorArn = Annotated[
    str,
    Shape(
        r"arn:aws:ce::[0-9]{12}:anomalymonitor/[A-Za-z0-9-]{1,64}",
        "the ARN of a cost monitor such as arn:aws:ce::123456789012:anomalymonitor/1a2b",
    ),
]
ExportName = Annotated[str, Shape(r"[A-Za-z0-9_-]{1,128}", "the name of a data export such as claude-code-billing")]
# An e-mail address becomes the AWS session name, which allows `[\w+=,.@-]{2,64}` (STS API reference, AssumeRole).
Email = Annotated[
    str,
    Shape(
        r"(?=.{3,64}$)[a-z0-9_+=,.-]+@[a-z0-9-]+(\.[a-z0-9-]+)+",
        "an e-mail address of at most 64 characters (letters, digits and _+=,.- before the @)",
        lower=True,
    ),
]
# No hyphen, so that a wildcard target hits one cohort only (design 2).
CohortName = Annotated[
    str,
    Shape(names.COHORT.pattern, "a cohort's name (2 to 16 lower-case letters and digits, a letter first, no hyphen)"),
]
ModelLabel = Annotated[
    str, Shape(r"[a-z][a-z0-9]{0,15}", "a model's label (1 to 16 lower-case letters and digits, a letter first)")
]
# A dimension's value in CloudWatch is ASCII (API reference, Dimension); a counter's key has no #. See `names.team`.
TeamName = Annotated[
    str,
    Shape(r"[A-Za-z][A-Za-z0-9 _&/+.()-]{0,47}", "a team's name (1 to 48 a-z, 0-9, blanks, _&/+.()-; a letter first)"),
]
# Becomes a tag's value: `[a-zA-Z0-9\s._:/=+@-]{0,256}` (Bedrock API reference, Tag).
OrganizationName = Annotated[
    str, Shape(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}", "an organization's name (1 to 63 letters, digits, spaces and ._-)")
]
Domain = Annotated[
    str,
    Shape(
        r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}",
        "a domain such as acme.okta.com (no https://, no path)",
        lower=True,
    ),
]
EmailIdentity = Annotated[
    str,
    Shape(
        r"(?=.{4,253}$)([a-z0-9_+=,.-]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+",
        "a domain or an e-mail address that SES has verified",
        lower=True,
    ),
]
# Okta's AWS app reads a group named `aws_<account>_<role>` as the right to that role.
GroupName = Annotated[
    str,
    Shape(
        r"(?![Aa][Ww][Ss]_[0-9]{12}_)[^\x00-\x1f]{1,255}",
        "a group's name of 1 to 255 characters that does not begin with aws_<account>_ (such a group gives a role)",
    ),
]
RosterPath = Annotated[
    str, Shape(r"rosters/[A-Za-z0-9_][A-Za-z0-9_.-]*\.csv", "a CSV file in rosters/, such as rosters/pilot.csv")
]
IncidentId = Annotated[str, Shape(r"[\w.:/#-]{1,100}", "an incident's id (1 to 100 letters, digits and _.:/#-)")]
# No quote and no blank at its ends; what is there is asked of the machine.
ProgramPath = Annotated[
    str, Shape(r"(?:/[^/\x00-\x1f\x7f]+)+", "a program's absolute path, such as /opt/homebrew/bin/okta-aws-cli")
]
# Also what chats and mails take apart: no |, no <, and of braces only the placeholder.
PageUrl = Annotated[
    str,
    Shape(
        r"https://(?:[A-Za-z0-9.-]|\{cohort\}){1,253}(?::[0-9]{1,5})?"
        r"(?:[/?#](?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]|\{cohort\}){0,1700})?",
        "an https:// address of URL characters alone, {cohort} as the only placeholder",
    ),
]
HttpsUrl = Annotated[str, Shape(r"https://[^\s]{1,1990}", "an https:// address")]
PermissionRule = Annotated[str, Rule()]
AllowRule = Annotated[str, Rule(gives=True)]
SlackWorkspace = Annotated[str, Shape(r"T[A-Z0-9]{5,20}", "a Slack workspace's id, such as T0123ABCD")]
SlackChannelId = Annotated[str, Shape(r"[CG][A-Z0-9]{5,20}", "a Slack channel's id, such as C0123ABCD")]
SamlProviderArn = Annotated[
    str, Shape(r"arn:aws[a-z-]*:iam::\d{12}:saml-provider/[\w+=,.@-]{1,128}", "the ARN of an IAM SAML provider")
]
OidcProviderArn = Annotated[
    str, Shape(r"arn:aws[a-z-]*:iam::\d{12}:oidc-provider/[A-Za-z0-9./_-]{1,255}", "the ARN of an IAM OIDC provider")
]
OktaAppId = Annotated[str, Shape(r"0oa[A-Za-z0-9]{17}", "an Okta app's id (0oa and 17 more characters)")]
IdentityCenterArn = Annotated[
    str,
    Shape(
        r"arn:aws(?:-[a-z]{1,5}){0,3}:sso:::instance/(?:sso)?ins-[a-zA-Z0-9-.]{16}",
        "the ARN of an instance of IAM Identity Center, such as arn:aws:sso:::instance/ssoins-1234567890abcdef",
    ),
]
IdentityStoreId = Annotated[
    str, Shape(r"d-[0-9a-f]{10}", "the id of an identity store (d- and 10 hexadecimal digits), such as d-1234567890")
]
AwsRegion = Annotated[str, Shape(r"[a-z]{2}(?:-[a-z]+)+-[0-9]", "an AWS region, such as us-east-1")]
OktaGroupId = Annotated[str, Shape(r"00g[A-Za-z0-9]{17}", "an Okta group's id (00g and 17 more characters)")]
# No path and no port of its own makes another server of it: tokens are asked for beneath this address.
JamfUrl = Annotated[
    str,
    Shape(
        r"https://([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}(:[0-9]{1,5})?",
        "a Jamf Pro server's address such as https://acme.jamfcloud.com (no path)",
        lower=True,
    ),
]
JamfClientId = Annotated[
    str, Shape(r"[A-Za-z0-9_-]{8,64}", "the id of a Jamf Pro API client (8 to 64 letters, digits, _ and -)")
]
LogGroupName = Annotated[str, Shape(r"[A-Za-z0-9_./#-]{1,512}", "a CloudWatch log group's name")]
# A login, an organization's or a repository's name: GitHub's rules, and nothing that a search could read as its own.
GithubName = Annotated[
    str,
    Shape(r"[A-Za-z0-9_.-]{1,100}", "a name at GitHub (1 to 100 letters, digits and _.-; a repository without owner)"),
]
GithubLabel = Annotated[
    str, Shape(r'[^\x00-\x1f",\\]{1,50}', "a label at GitHub (1 to 50 characters, no quote, comma or backslash)")
]
GithubSuffix = Annotated[
    str, Shape(r"[A-Za-z0-9]{3,8}", "an enterprise's short code at GitHub (3 to 8 letters and digits)")
]

# A Claude foundation model, a system-defined inference profile of one, or the ARN of either (domain 3.1, 3.4).
SOURCE = re.compile(
    r"(?:arn:aws[a-z-]*:bedrock:[a-z0-9-]*:\d{0,12}:(?:inference-profile|foundation-model)/)?"
    r"(?:(?P<geography>us|us-gov|eu|apac|au|jp|ca|global)\.)?(?P<model>anthropic\.claude-[a-z0-9][a-z0-9.:-]{0,99})"
)
ModelSource = Annotated[
    str,
    Shape(
        re.sub(r"\?P<\w+>", "", SOURCE.pattern),
        "a Claude model on Bedrock, such as global.anthropic.claude-sonnet-4-6 or anthropic.claude-sonnet-4-6",
    ),
]
