"""Transactions: all or nothing."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sandbox.aws.dynamodb import keep_little


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Generator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    keep_little()
    with mock_aws():
        client: Any = boto3.client("dynamodb", "us-east-1")
        client.create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        yield client


def transact(client: Any, mark: str, condition: str = "attribute_not_exists(id)") -> None:
    put = {"TableName": "t", "Item": {"id": {"S": mark}}, "ConditionExpression": condition}
    add = {
        "TableName": "t",
        "Key": {"id": {"S": "sum"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    client.transact_write_items(TransactItems=[{"Update": add}, {"Put": put}])


def items(client: Any) -> dict[str, str]:
    return {item["id"]["S"]: item.get("n", {}).get("N", "") for item in client.scan(TableName="t")["Items"]}


def test_what_fails_in_the_middle_leaves_nothing_behind(table: Any) -> None:
    transact(table, "first")
    for mark in ("first", "second"):
        with pytest.raises(table.exceptions.TransactionCanceledException):
            transact(table, mark, "attribute_not_exists(id)" if mark == "first" else "attribute_exists(id)")
    assert items(table) == {"first": "", "sum": "1"}
    transact(table, "second")
    assert items(table) == {"first": "", "second": "", "sum": "2"}
