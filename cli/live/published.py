"""A page put into a bucket of the company's, from where people read it behind whatever access the company has there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.live.asking import why
from cli.live.aws import Clients, account_of
from cli.terminal.errors import CommandError
from rollout.model.errors import shown

# S3 user guide, general purpose bucket naming rules and safe characters of object keys, less some.
ADDRESS = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>[A-Za-z0-9!_.*'()-][A-Za-z0-9!_.*'()/-]{0,500})"
)
# S3 API reference, PublicAccessBlockConfiguration.
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Place:
    """Where an object goes."""

    bucket: str
    key: str

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def place_of(text: str) -> Place:
    """CommandError where it is no bucket with a key."""
    if not (found := ADDRESS.fullmatch(text)):
        raise CommandError(f"not a place in S3 such as s3://acme-reports/claude-code/prod.html: {shown(text)}")
    return Place(found["bucket"], found["key"])


def publish(clients: Clients, place: Place, html: str) -> None:
    """Into a bucket of the credentials' own account that nobody outside can read. CommandError where it is another's,
    where its public access is not blocked, or where AWS refuses."""
    try:
        s3: Any = clients("s3")
        owner = {"Bucket": place.bucket, "ExpectedBucketOwner": account_of(clients)}
        if open_ways := _open_ways(s3, owner):
            raise CommandError(
                f"{place.bucket}: not published: others may be let in, {', '.join(open_ways)} is off; switch on all "
                "four of Block Public Access for this bucket"
            )
        s3.put_object(
            **owner,
            Key=place.key,
            Body=html.encode(),
            ContentType="text/html; charset=utf-8",
            CacheControl="no-cache",
        )
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"{place.address}: not published: {why(error)}") from None


def _open_ways(s3: Any, owner: dict[str, str]) -> list[str]:
    try:
        said = s3.get_public_access_block(**owner)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchPublicAccessBlockConfiguration":
            return list(BLOCKS)
        raise
    return [name for name in BLOCKS if said.get(name) is not True]
