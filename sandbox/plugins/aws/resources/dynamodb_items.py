"""One item of a DynamoDB table, by its key; anything else in the table is somebody else's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import json_text
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import Failure, PluginError
from sandbox.plugins.framework.values import Props

_TYPES = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "M", "L")


def _dynamodb(call: Call[Aws]) -> Any:
    return call.cloud.client("dynamodb", call.region)


def _same_item(one: Any, other: Any) -> bool:
    try:
        return json.loads(one) == json.loads(other)
    except (TypeError, ValueError):
        return one == other


def _key(props: Props, item: Props) -> Props:
    names = [name for name in (props["hashKey"], props.get("rangeKey")) if name]
    missing = [name for name in names if name not in item]
    if missing:
        raise PluginError(f"item: the key {', '.join(missing)} is missing")
    return {name: item[name] for name in names}


def _id(props: Props, key: Props) -> str:
    parts = [props["tableName"]]
    for name, value in key.items():
        parts += [name, *map(str, value.values())]
    return "|".join(parts)


def _create(call: Call[Aws]) -> str:
    """An item that is there already is an error: it is somebody else's."""
    item = json.loads(call.new["item"])
    key = _key(call.new, item)
    _dynamodb(call).put_item(
        TableName=call.new["tableName"],
        Item=item,
        ConditionExpression="attribute_not_exists(#hk)",
        ExpressionAttributeNames={"#hk": call.new["hashKey"]},
    )
    return _id(call.new, key)


def _read(call: Call[Aws]) -> Props | None:
    """Only of the attributes that were written: others are left out of the answer."""
    written = json.loads(call.old["item"])
    names = {f"#a{n}": name for n, name in enumerate(written)}
    try:
        found = _dynamodb(call).get_item(
            TableName=call.old["tableName"],
            Key=_key(call.old, written),
            ConsistentRead=True,
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
        )
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise
    item = found.get("Item")
    if not item:
        return None
    fields = {name: call.old.get(name) for name in ("tableName", "hashKey", "rangeKey")}
    return {**fields, "item": json.dumps(item), "region": call.region or call.cloud.region}


def _update(call: Call[Aws]) -> None:
    was, item = json.loads(call.old["item"]), json.loads(call.new["item"])
    old_key, key = _key(call.old, was), _key(call.new, item)
    client, table = _dynamodb(call), call.new["tableName"]
    if key != old_key:
        client.put_item(TableName=table, Item=item)
        client.delete_item(TableName=table, Key=old_key)
        return
    updates = {name: {"Value": value, "Action": "PUT"} for name, value in item.items() if name not in key}
    updates |= {name: {"Action": "DELETE"} for name in was if name not in item and name not in key}
    client.update_item(TableName=table, Key=key, AttributeUpdates=updates)


def _delete(call: Call[Aws]) -> None:
    key = _key(call.old, json.loads(call.old["item"]))
    _dynamodb(call).delete_item(TableName=call.old["tableName"], Key=key)


def _rules(inputs: Props) -> Iterable[Failure]:
    item = inputs.get("item")
    if not isinstance(item, str) or json_text(item):
        return
    attributes = json.loads(item)
    if not isinstance(attributes, dict):
        yield Failure("item", "is not a JSON object")
        return
    for name, value in attributes.items():  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= set(_TYPES):  # pyright: ignore
            yield Failure("item", f'invalid format of "{name}": one of {", ".join(_TYPES)} and its value')


ENTRIES = (
    Entry(
        token="aws:dynamodb/tableItem:TableItem",
        replaces=("tableName", "hashKey", "rangeKey"),
        checks={"item": json_text},
        same={"item": _same_item},
        rules=(_rules,),
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
