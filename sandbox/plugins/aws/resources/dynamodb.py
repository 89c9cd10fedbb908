"""DynamoDB tables without secondary indexes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import between, model, one_of
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, wait_until

_SECONDS = 1800
_UNBUILT = (
    *("globalSecondaryIndexes", "localSecondaryIndexes", "replicas", "importTable", "restoreSourceName"),
    *("restoreSourceTableArn", "restoreBackupArn", "streamEnabled", "globalTableWitness"),
)


def _dynamodb(call: Call[Aws]) -> Any:
    return call.cloud.client("dynamodb", call.region)


def _found(call: Call[Aws]) -> Props | None:
    try:
        return _dynamodb(call).describe_table(TableName=call.id)["Table"]
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise


def _wait_active(call: Call[Aws]) -> None:
    wait_until(
        lambda: (_found(call) or {}).get("TableStatus") == "ACTIVE",
        seconds=_SECONDS,
        what=f"table {call.id} to be active",
    )


def _throughput(props: Props) -> Props:
    if props["billingMode"] != "PROVISIONED":
        return {}
    return {
        "ProvisionedThroughput": {
            "ReadCapacityUnits": props.get("readCapacity", 1),
            "WriteCapacityUnits": props.get("writeCapacity", 1),
        }
    }


def _create(call: Call[Aws]) -> str:
    client, new = _dynamodb(call), call.new
    keys = [{"AttributeName": new["hashKey"], "KeyType": "HASH"}]
    if new.get("rangeKey"):
        keys.append({"AttributeName": new["rangeKey"], "KeyType": "RANGE"})
    wanted: Props = {
        "TableName": new["name"],
        "BillingMode": new["billingMode"],
        "KeySchema": keys,
        "AttributeDefinitions": [{"AttributeName": a["name"], "AttributeType": a["type"]} for a in new["attributes"]],
        "TableClass": new["tableClass"],
        "DeletionProtectionEnabled": new.get("deletionProtectionEnabled", False),
        "Tags": tags.listed(new.get("tagsAll")),
        "SSESpecification": _encryption(new),
        **_throughput(new),
    }
    retry(
        lambda: client.create_table(**{key: value for key, value in wanted.items() if value not in (None, [])}),
        lambda error: code(error) in {"ThrottlingException", "LimitExceededException"},
        seconds=_SECONDS,
    )
    call.id = new["name"]
    _wait_active(call)
    if (new.get("ttl") or {}).get("enabled"):
        _put_ttl(call)
    if (new.get("pointInTimeRecovery") or {}).get("enabled"):
        _put_recovery(call)
    return call.id


def _encryption(props: Props) -> Props | None:
    wanted = props.get("serverSideEncryption")
    if not wanted:
        return None
    key = {"KMSMasterKeyId": wanted["kmsKeyArn"]} if wanted.get("kmsKeyArn") else {}
    return {"Enabled": wanted["enabled"], **({"SSEType": "KMS", **key} if wanted["enabled"] else {})}


def _put_ttl(call: Call[Aws]) -> None:
    ttl, was = call.new.get("ttl") or {}, call.old.get("ttl") or {}
    attribute = ttl.get("attributeName") or was.get("attributeName")
    _dynamodb(call).update_time_to_live(
        TableName=call.id,
        TimeToLiveSpecification={"Enabled": bool(ttl.get("enabled")), "AttributeName": attribute},
    )


def _put_recovery(call: Call[Aws]) -> None:
    wanted = call.new.get("pointInTimeRecovery") or {}
    days = {"RecoveryPeriodInDays": wanted["recoveryPeriodInDays"]} if wanted.get("recoveryPeriodInDays") else {}
    _dynamodb(call).update_continuous_backups(
        TableName=call.id,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": bool(wanted.get("enabled")), **days},
    )


def _read(call: Call[Aws]) -> Props | None:
    found = _found(call)
    if found is None:
        return None
    client = _dynamodb(call)
    ttl = client.describe_time_to_live(TableName=call.id)["TimeToLiveDescription"]
    backups = client.describe_continuous_backups(TableName=call.id)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    keys = {key["KeyType"]: key["AttributeName"] for key in found["KeySchema"]}
    billing = (found.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    provisioned = found.get("ProvisionedThroughput", {}) if billing == "PROVISIONED" else {}
    own_arn = found["TableArn"]
    return {
        "arn": own_arn,
        "name": found["TableName"],
        "billingMode": billing,
        "hashKey": keys["HASH"],
        "rangeKey": keys.get("RANGE"),
        "attributes": [{"name": a["AttributeName"], "type": a["AttributeType"]} for a in found["AttributeDefinitions"]],
        "readCapacity": provisioned.get("ReadCapacityUnits", 0),
        "writeCapacity": provisioned.get("WriteCapacityUnits", 0),
        "tableClass": (found.get("TableClassSummary") or {}).get("TableClass", "STANDARD"),
        "deletionProtectionEnabled": found.get("DeletionProtectionEnabled", False),
        "ttl": {
            "attributeName": ttl.get("AttributeName", ""),
            "enabled": ttl["TimeToLiveStatus"] in {"ENABLED", "ENABLING"},
        },
        "pointInTimeRecovery": {
            "enabled": recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
            **({"recoveryPeriodInDays": d} if (d := recovery.get("RecoveryPeriodInDays")) else {}),
        },
        "streamArn": found.get("LatestStreamArn", ""),
        "streamLabel": found.get("LatestStreamLabel", ""),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(client.list_tags_of_resource(ResourceArn=own_arn)["Tags"])),
    }


def _update(call: Call[Aws]) -> None:
    client, new = _dynamodb(call), call.new
    tags.update(
        call,
        lambda keys: client.untag_resource(ResourceArn=call.old["arn"], TagKeys=keys),
        lambda changed: client.tag_resource(ResourceArn=call.old["arn"], Tags=tags.listed(changed)),
    )
    if call.changed("tableClass"):
        client.update_table(TableName=call.id, TableClass=new["tableClass"])
        _wait_active(call)
    wanted: Props = {}
    if call.changed("billingMode", "readCapacity", "writeCapacity"):
        wanted |= {"BillingMode": new["billingMode"], **_throughput(new)}
    if call.changed("deletionProtectionEnabled"):
        wanted["DeletionProtectionEnabled"] = new.get("deletionProtectionEnabled", False)
    if wanted:
        client.update_table(TableName=call.id, **wanted)
        _wait_active(call)
    if call.changed("ttl"):
        _put_ttl(call)
    if call.changed("pointInTimeRecovery"):
        _put_recovery(call)


def _delete(call: Call[Aws]) -> None:
    """A protected table is an error."""
    try:
        _dynamodb(call).delete_table(TableName=call.id)
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise
    wait_until(lambda: _found(call) is None, seconds=_SECONDS, what=f"table {call.id} to be gone")


def _rules(inputs: Props) -> Iterable[Failure]:
    for field in _UNBUILT:
        if inputs.get(field) not in (None, "", [], {}, False):
            yield Failure(field, "is not built into the stand-in plug-in")
    attributes = inputs.get("attributes")
    if not isinstance(attributes, list) or not isinstance(inputs.get("hashKey"), str):
        yield from () if inputs.get("hashKey") else (Failure("hashKey", "is required"),)
        return
    keys = {inputs[key] for key in ("hashKey", "rangeKey") if isinstance(inputs.get(key), str)}
    named: list[Any] = [attribute.get("name") for attribute in attributes if isinstance(attribute, dict)]
    if all(isinstance(name, str) for name in named) and set(named) != keys:
        yield Failure("attributes", f"must be exactly those of the keys: {', '.join(sorted(keys))}")


ENTRIES = (
    Entry(
        token="aws:dynamodb/table:Table",
        replaces=("name", "hashKey", "rangeKey"),
        autoname=AutoName(longest=255),
        defaults={
            "billingMode": "PROVISIONED",
            "tableClass": "STANDARD",
            "deletionProtectionEnabled": False,
            "ttl.enabled": False,
        },
        computed=(
            *("readCapacity", "writeCapacity", "ttl", "serverSideEncryption"),
            *("pointInTimeRecovery", "pointInTimeRecovery.recoveryPeriodInDays"),
        ),
        sets=("attributes",),
        checks={
            "name": model("dynamodb", "CreateTable", "TableName"),
            "billingMode": one_of("PROVISIONED", "PAY_PER_REQUEST"),
            "tableClass": one_of("STANDARD", "STANDARD_INFREQUENT_ACCESS"),
            "attributes.type": one_of("B", "N", "S"),
            "pointInTimeRecovery.recoveryPeriodInDays": between(1, 35),
        },
        rules=(_rules,),
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
