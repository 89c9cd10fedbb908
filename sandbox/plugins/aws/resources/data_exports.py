"""Data exports of AWS's bill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import Constraint, length, model
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props, has_unknown

# Billing lives in one region, and the official plug-in asks there whatever the provider's is.
REGION = "us-east-1"
_GONE = "ResourceNotFoundException"
_QUERY = "export.dataQueries"
_PLACE = "export.destinationConfigurations.s3Destinations"
_OUTPUT = f"{_PLACE}.s3OutputConfigurations"
_OUTPUTS = {"compression": "Compression", "format": "Format", "outputType": "OutputType", "overwrite": "Overwrite"}
_PLACES = {"s3Bucket": "S3Bucket", "s3Prefix": "S3Prefix", "s3Region": "S3Region"}


def _exports(call: Call[Aws]) -> Any:
    return call.cloud.client("bcm-data-exports", REGION)


def _one(props: Props, key: str) -> Props:
    return (props.get(key) or [{}])[0]


def _request(export: Props) -> Props:
    query, place = _one(export, "dataQueries"), _one(_one(export, "destinationConfigurations"), "s3Destinations")
    asked: Props = {"QueryStatement": query["queryStatement"]}
    if query.get("tableConfigurations"):
        asked["TableConfigurations"] = query["tableConfigurations"]
    output = {theirs: _one(place, "s3OutputConfigurations")[ours] for ours, theirs in _OUTPUTS.items()}
    return {
        "Name": export["name"],
        **({"Description": export["description"]} if export.get("description") else {}),
        "DataQuery": asked,
        "DestinationConfigurations": {
            "S3Destination": {
                **{theirs: place[ours] for ours, theirs in _PLACES.items()},
                "S3OutputConfigurations": output,
            }
        },
        "RefreshCadence": {"Frequency": _one(export, "refreshCadences")["frequency"]},
    }


def _create(call: Call[Aws]) -> str:
    listed = tags.listed(call.new.get("tagsAll"))
    created = _exports(call).create_export(
        Export=_request(call.new["export"]), **({"ResourceTags": listed} if listed else {})
    )
    return created["ExportArn"]


def _read(call: Call[Aws]) -> Props | None:
    exports = _exports(call)
    try:
        found = exports.get_export(ExportArn=call.id)["Export"]
    except Exception as error:
        if code(error) == _GONE:
            return None
        raise
    listed = exports.list_tags_for_resource(ResourceArn=call.id)["ResourceTags"]
    return {
        "arn": call.id,
        "export": _props(found),
        **tags.found(call, tags.mapped_from(listed)),
    }


def _props(found: Mapping[str, Any]) -> Props:
    query, place = found["DataQuery"], found["DestinationConfigurations"]["S3Destination"]
    output = place["S3OutputConfigurations"]
    return {
        "name": found["Name"],
        **({"description": found["Description"]} if found.get("Description") else {}),
        "exportArn": found["ExportArn"],
        "dataQueries": [
            {
                "queryStatement": query["QueryStatement"],
                **({"tableConfigurations": t} if (t := query.get("TableConfigurations")) else {}),
            }
        ],
        "destinationConfigurations": [
            {
                "s3Destinations": [
                    {
                        **{ours: place[theirs] for ours, theirs in _PLACES.items()},
                        "s3OutputConfigurations": [{ours: output[theirs] for ours, theirs in _OUTPUTS.items()}],
                    }
                ]
            }
        ],
        "refreshCadences": [{"frequency": found["RefreshCadence"]["Frequency"]}],
    }


def _update(call: Call[Aws]) -> None:
    exports = _exports(call)
    tags.update(
        call,
        lambda keys: exports.untag_resource(ResourceArn=call.id, ResourceTagKeys=keys),
        lambda changed: exports.tag_resource(ResourceArn=call.id, ResourceTags=tags.listed(changed)),
    )
    wanted = _request(call.new["export"])
    if wanted != _request(call.old["export"]):
        exports.update_export(ExportArn=call.id, Export=wanted)


def _delete(call: Call[Aws]) -> None:
    try:
        _exports(call).delete_export(ExportArn=call.id)
    except Exception as error:
        if code(error) != _GONE:
            raise


def _fixed(old: Props, new: Props) -> Iterable[str]:
    """What UpdateExport refuses takes another export."""
    was, wanted = old.get("export") or {}, new.get("export") or {}
    if has_unknown(wanted) or not was:
        return ()
    same = was.get("name") == wanted.get("name") and _configured(was) == _configured(wanted)
    return () if same else ("export",)


def _configured(export: Props) -> Any:
    return _one(export, "dataQueries").get("tableConfigurations")


def _same(one: Any, other: Any) -> bool:
    """The ARN within is AWS's to say."""
    return {**(one or {}), "exportArn": None} == {**(other or {}), "exportArn": None}


def _model(member: str) -> Constraint:
    return model("bcm-data-exports", "CreateExport", f"Export.{member}")


_TO = "DestinationConfigurations.S3Destination"

ENTRIES = (
    Entry(
        token="aws:bcmdata/export:Export",
        engine="PF",
        required=("export",),
        replaces_when=_fixed,
        checks={
            "export.name": _model("Name"),
            "export.description": _model("Description"),
            **dict.fromkeys((_QUERY, "export.destinationConfigurations", _PLACE, _OUTPUT), length(1, 1)),
            f"{_QUERY}.queryStatement": _model("DataQuery.QueryStatement"),
            **{f"{_OUTPUT}.{ours}": _model(f"{_TO}.S3OutputConfigurations.{t}") for ours, t in _OUTPUTS.items()},
            "export.refreshCadences": length(1, 1),
            "export.refreshCadences.frequency": _model("RefreshCadence.Frequency"),
        },
        same={"export": _same},
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        tags=True,
    ),
)
