"""Parameters of Systems Manager, in clear text; what is secret belongs in Secrets Manager."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import every, length, matches, model, one_of, unsupported
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props

_STANDARD_CHARACTERS = 4096
_NAME = every(
    model("ssm", "PutParameter", "Name"),
    matches(r"[\w.-]+|(/[\w.-]+){1,15}", "be letters, digits and _.-, in up to 15 parts that each begin with /"),
)


def _ssm(call: Call[Aws]) -> Any:
    return call.cloud.client("ssm", call.region)


def _put(call: Call[Aws], *, overwrite: bool, **more: Any) -> None:
    new = call.new
    wanted = {
        "Name": new["name"],
        "Type": new["type"],
        "Value": new.get("insecureValue"),
        "Description": new.get("description"),
        "DataType": new.get("dataType"),
        "Tier": new.get("tier"),
        **more,
    }
    _ssm(call).put_parameter(**{key: value for key, value in wanted.items() if value}, Overwrite=overwrite)


def _create(call: Call[Aws]) -> str:
    """One that is there already is an error, unless `overwrite`; tags go along only where nothing is overwritten."""
    overwrite, wanted = bool(call.new.get("overwrite")), tags.listed(call.new.get("tagsAll"))
    _put(call, overwrite=overwrite, **({} if overwrite else {"Tags": wanted}))
    call.id = call.new["name"]
    if overwrite and wanted:
        _ssm(call).add_tags_to_resource(ResourceType="Parameter", ResourceId=call.id, Tags=wanted)
    return call.id


def _read(call: Call[Aws]) -> Props | None:
    ssm = _ssm(call)
    try:
        found = ssm.get_parameter(Name=call.id, WithDecryption=True)["Parameter"]
    except Exception as error:
        if code(error) == "ParameterNotFound":
            return None
        raise
    filters = [{"Key": "Name", "Option": "Equals", "Values": [call.id]}]
    described = (ssm.describe_parameters(ParameterFilters=filters)["Parameters"] or [{}])[0]
    listed = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=call.id).get("TagList", [])
    return {
        "arn": found["ARN"],
        "name": found["Name"],
        "type": found["Type"],
        "insecureValue": found["Value"],
        "version": found["Version"],
        "description": described.get("Description"),
        "dataType": found.get("DataType", "text"),
        "tier": described.get("Tier", "Standard"),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(listed)),
    }


def _update(call: Call[Aws]) -> None:
    ssm = _ssm(call)
    if call.changed("insecureValue", "type", "description", "dataType", "tier"):
        _put(call, overwrite=True)
    tags.update(
        call,
        lambda keys: ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=call.id, TagKeys=keys),
        lambda changed: ssm.add_tags_to_resource(
            ResourceType="Parameter", ResourceId=call.id, Tags=tags.listed(changed)
        ),
    )


def _delete(call: Call[Aws]) -> None:
    try:
        _ssm(call).delete_parameter(Name=call.id)
    except Exception as error:
        if code(error) != "ParameterNotFound":
            raise


def _rules(inputs: Props) -> Iterable[Failure]:
    if "insecureValue" not in inputs:
        yield Failure("insecureValue", "is required: the stand-in plug-in keeps parameters in clear text only")
    value = inputs.get("insecureValue")
    if isinstance(value, str) and len(value) > _STANDARD_CHARACTERS and inputs.get("tier", "Standard") == "Standard":
        yield Failure("insecureValue", f"takes at most {_STANDARD_CHARACTERS} characters, has {len(value)}")


ENTRIES = (
    Entry(
        token="aws:ssm/parameter:Parameter",
        replaces=("name",),
        autoname=AutoName(),
        computed=("arn", "dataType", "tier"),
        recomputed=lambda old, new: ("version",) if old.get("insecureValue") != new.get("insecureValue") else (),
        checks={
            "name": _NAME,
            "type": one_of("String", "StringList"),
            "insecureValue": length(1, 8192),
            "description": length(0, 1024),
            "tier": one_of("Standard", "Advanced", "Intelligent-Tiering"),
            "dataType": one_of("text"),
            **dict.fromkeys(("value", "valueWo", "valueWoVersion", "keyId", "allowedPattern"), unsupported),
        },
        rules=(_rules,),
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
