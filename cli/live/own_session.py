"""The AWS session that a person has at hand, as AWS's own tools find it."""

from __future__ import annotations

from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError

from cli.terminal.errors import CommandError


@dataclass(frozen=True, kw_only=True)
class OwnSession:
    """`keys`: in AWS's form."""

    keys: dict[str, str]
    region: str


def own_session(profile: str | None) -> OwnSession:
    """CommandError where there is no session, or no region."""
    try:
        session = boto3.Session(profile_name=profile)
        found = session.get_credentials()
        keys = found.get_frozen_credentials() if found else None
    except BotoCoreError as error:
        raise CommandError(f"no AWS session: {error}") from None
    if keys is None:
        raise CommandError("no AWS session; sign in, or name the profile: `rollout me --profile claude-code`")
    region: str | None = session.region_name
    if region is None:
        raise CommandError("no AWS region; set AWS_REGION to that of your stack")
    token = {"SessionToken": str(keys.token)} if keys.token else {}
    own = {"AccessKeyId": str(keys.access_key), "SecretAccessKey": str(keys.secret_key), **token}
    return OwnSession(keys=own, region=region)
