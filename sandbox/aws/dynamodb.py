"""moto's DynamoDB, but a transaction keeps a copy of what it touches, and not of whole tables, to go back to."""

from __future__ import annotations

import copy
import threading
from types import SimpleNamespace
from typing import Any

import moto.dynamodb.models as models
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_under_way = threading.local()


def _deepcopy(value: Any, memo: Any = None) -> Any:
    touched = getattr(_under_way, "items", None)
    return _kept(value, touched) if isinstance(value, Table) and touched is not None else copy.deepcopy(value, memo)


def _kept(table: Table, touched: list[dict[str, Any]]) -> Table:
    """A copy of the table, of which only the items under the touched keys are copies."""
    kept = copy.copy(table)
    kept.items = copy.copy(table.items)
    for item in touched:
        [operation] = item.values()
        key = (operation.get("Item") or operation.get("Key") or {}).get(table.hash_key_attr)
        if operation.get("TableName") == table.name and key is not None and DynamoType(key) in table.items:
            kept.items[DynamoType(key)] = copy.deepcopy(table.items[DynamoType(key)])
    return kept


def keep_little() -> None:
    """From now on; a second time it finds nothing to do."""
    whole = models.DynamoDBBackend.transact_write_items
    if getattr(whole, "keeps_little", False):
        return

    def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
        _under_way.items = [item for item in transact_items if len(item) == 1]
        try:
            whole(self, transact_items)
        finally:
            _under_way.items = None

    transact_write_items.keeps_little = True  # type: ignore[attr-defined]
    models.DynamoDBBackend.transact_write_items = transact_write_items  # type: ignore[method-assign]
    models.copy = SimpleNamespace(deepcopy=_deepcopy, copy=copy.copy)  # type: ignore[attr-defined]
