"""`rollout report --to`: into a bucket of the company's own that nobody outside can read, or nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.live.published import BLOCKS, place_of, publish
from cli.terminal.errors import CommandError
from tests.cli.conftest import Command

PLACE = "s3://acme-reports/claude-code/prod.html"


@pytest.fixture
def s3(moto_aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    made: Any = boto3.client("s3")
    made.create_bucket(Bucket="acme-reports")
    return made


def block(s3: Any, **changes: bool) -> None:
    every = {**dict.fromkeys(BLOCKS, True), **changes}
    s3.put_public_access_block(Bucket="acme-reports", PublicAccessBlockConfiguration=every)


def put() -> None:
    publish(boto3.client, place_of(PLACE), "<h1>&</h1>")


def test_a_page_goes_into_a_bucket_that_nobody_outside_reads(s3: Any) -> None:
    block(s3)
    put()
    found = s3.get_object(Bucket="acme-reports", Key="claude-code/prod.html")
    assert found["Body"].read() == b"<h1>&</h1>"
    assert (found["ContentType"], found["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")


@pytest.mark.parametrize("open_way", [None, *BLOCKS])
def test_a_bucket_that_could_be_opened_gets_nothing(s3: Any, open_way: str | None) -> None:
    if open_way:
        block(s3, **{open_way: False})
    with pytest.raises(CommandError, match="not published: others may be let in"):
        put()
    assert "Contents" not in s3.list_objects_v2(Bucket="acme-reports")


def test_a_bucket_that_is_not_there_is_said(s3: Any) -> None:
    s3.delete_bucket(Bucket="acme-reports")
    with pytest.raises(CommandError, match=r"s3://acme-reports/claude-code/prod\.html: not published: "):
        put()


@pytest.mark.parametrize(
    "text", ["acme-reports/x", "s3://acme-reports", "s3://acme-reports/", "https://x/y", "s3://a_b/x", "s3://ab\n/x"]
)
def test_what_is_no_place_is_refused_before_anybody_is_asked_anything(
    rollout: Command, text: str, project: Path
) -> None:
    ended = rollout("report", "-s", "dev", "--to", text)
    assert ended.code == 1
    assert "not a place in S3 such as s3://acme-reports/claude-code/prod.html" in ended.err
    assert not (project / "report.html").exists()
