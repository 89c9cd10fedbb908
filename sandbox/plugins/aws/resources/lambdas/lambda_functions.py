"""Lambda functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.archives import zipped
from sandbox.plugins.aws.client import Aws, code, says
from sandbox.plugins.framework.constraints import arn, between, each, every, length, matches, model, one_of
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure, PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, settle, wait_until

_ROLE_SECONDS = 300
_READY_SECONDS = 600
# Before the official plug-in first looks whether Lambda is done.
_DELAY_SECONDS = 5
_CODE = ("code", "sourceCodeHash", "s3Bucket", "s3Key", "s3ObjectVersion", "imageUri", "architectures")
_CONFIGURATION = (
    *("description", "environment", "ephemeralStorage", "handler", "kmsKeyArn", "layers", "loggingConfig"),
    *("memorySize", "role", "runtime", "timeout", "tracingConfig", "deadLetterConfig"),
)
_LOGGING = {
    "LogFormat": "logFormat",
    "LogGroup": "logGroup",
    "ApplicationLogLevel": "applicationLogLevel",
    "SystemLogLevel": "systemLogLevel",
}
_NOT_YET = ("role defined for the function cannot be assumed", "execution role does not have permissions", "KMS")
_UNBUILT = (
    "capacityProviderConfig",
    "codeSigningConfigArn",
    "durableConfig",
    "fileSystemConfig",
    "imageUri",
    "vpcConfig",
)


def _lambda(call: Call[Aws]) -> Any:
    return call.cloud.client("lambda", call.region)


def _not_yet(error: Exception) -> bool:
    return says(error, "InvalidParameterValueException", *_NOT_YET) or code(error) == "ResourceConflictException"


def _configuration(props: Props) -> Props:
    """As CreateFunction and UpdateFunctionConfiguration take it."""
    logging, storage = props.get("loggingConfig") or {}, props.get("ephemeralStorage") or {}
    wanted: Props = {
        "Description": props.get("description", ""),
        "Handler": props.get("handler"),
        "Runtime": props.get("runtime"),
        "Role": props["role"],
        "MemorySize": props["memorySize"],
        "Timeout": props["timeout"],
        "Layers": props.get("layers"),
        "KMSKeyArn": props.get("kmsKeyArn"),
        "Environment": {"Variables": (props.get("environment") or {}).get("variables") or {}},
        "LoggingConfig": {theirs: logging[ours] for theirs, ours in _LOGGING.items() if logging.get(ours)},
        "EphemeralStorage": {"Size": storage["size"]} if storage.get("size") else None,
        "TracingConfig": {"Mode": props["tracingConfig"]["mode"]} if props.get("tracingConfig") else None,
        "DeadLetterConfig": {"TargetArn": props["deadLetterConfig"]["targetArn"]}
        if props.get("deadLetterConfig")
        else None,
    }
    return {key: value for key, value in wanted.items() if value is not None and value != {}}


def _code(props: Props) -> Props:
    if props.get("code"):
        return {"ZipFile": zipped(props["code"])}
    wanted = {"S3Bucket": "s3Bucket", "S3Key": "s3Key", "S3ObjectVersion": "s3ObjectVersion"}
    return {theirs: props[ours] for theirs, ours in wanted.items() if props.get(ours)}


def _create(call: Call[Aws]) -> str:
    client, new = _lambda(call), call.new
    wanted = {
        **_configuration(new),
        "FunctionName": new["name"],
        "PackageType": new.get("packageType", "Zip"),
        "Architectures": new.get("architectures") or ["x86_64"],
        "Publish": new.get("publish", False),
        "Tags": new.get("tagsAll") or {},
        "Code": _code(new),
    }
    retry(lambda: client.create_function(**wanted), _not_yet, seconds=_ROLE_SECONDS)
    call.id = new["name"]
    _wait_ready(call)
    if new.get("reservedConcurrentExecutions", -1) >= 0:
        client.put_function_concurrency(
            FunctionName=call.id, ReservedConcurrentExecutions=new["reservedConcurrentExecutions"]
        )
    return call.id


def _wait_ready(call: Call[Aws]) -> None:
    client = _lambda(call)
    settle(_DELAY_SECONDS)

    def ready() -> bool:
        found = client.get_function_configuration(FunctionName=call.id)
        if "Failed" in {found.get("State"), found.get("LastUpdateStatus")}:
            raise PluginError(f"function {call.id}: {found.get('StateReason') or found.get('LastUpdateStatusReason')}")
        return found.get("State", "Active") == "Active" and found.get("LastUpdateStatus") != "InProgress"

    wait_until(ready, seconds=_READY_SECONDS, what=f"function {call.id} to be ready")


def _read(call: Call[Aws]) -> Props | None:
    client = _lambda(call)
    try:
        found = client.get_function(FunctionName=call.id)
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise
    config, region = found["Configuration"], call.region or call.cloud.region
    logging = config.get("LoggingConfig") or {}
    own_arn = config["FunctionArn"]
    variables = (config.get("Environment") or {}).get("Variables")
    return {
        "arn": own_arn,
        "name": config["FunctionName"],
        "role": config["Role"],
        "description": config.get("Description", ""),
        "handler": config.get("Handler"),
        "runtime": config.get("Runtime"),
        "memorySize": config["MemorySize"],
        "timeout": config["Timeout"],
        "architectures": config.get("Architectures") or ["x86_64"],
        "packageType": config.get("PackageType", "Zip"),
        "layers": [layer["Arn"] for layer in config.get("Layers") or ()],
        "environment": {"variables": variables} if variables else None,
        "ephemeralStorage": {"size": (config.get("EphemeralStorage") or {}).get("Size", 512)},
        "loggingConfig": {ours: logging[theirs] for theirs, ours in _LOGGING.items() if logging.get(theirs)} or None,
        "tracingConfig": {"mode": (config.get("TracingConfig") or {}).get("Mode", "PassThrough")},
        "reservedConcurrentExecutions": (found.get("Concurrency") or {}).get("ReservedConcurrentExecutions", -1),
        "codeSha256": config["CodeSha256"],
        "sourceCodeSize": config["CodeSize"],
        "lastModified": str(config["LastModified"]),
        "version": config.get("Version", "$LATEST"),
        "qualifiedArn": f"{own_arn}:{config.get('Version', '$LATEST')}",
        "invokeArn": _invoke_arn(call, region, own_arn),
        "qualifiedInvokeArn": _invoke_arn(call, region, f"{own_arn}:{config.get('Version', '$LATEST')}"),
        "region": region,
        **tags.found(call, found.get("Tags") or {}),
    }


def _invoke_arn(call: Call[Aws], region: str, function_arn: str) -> str:
    return f"arn:{call.cloud.partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


def _update(call: Call[Aws]) -> None:
    """Configuration before code, each until Lambda is done with it."""
    client, new = _lambda(call), call.new
    tags.update(
        call,
        lambda keys: client.untag_resource(Resource=call.old["arn"], TagKeys=keys),
        lambda changed: client.tag_resource(Resource=call.old["arn"], Tags=changed),
    )
    if call.changed(*_CONFIGURATION):
        wanted = _configuration(new)
        retry(
            lambda: client.update_function_configuration(FunctionName=call.id, **wanted),
            _not_yet,
            seconds=_ROLE_SECONDS,
        )
        _wait_ready(call)
    if _code_changed(call.old, new):
        client.update_function_code(
            FunctionName=call.id, Architectures=new.get("architectures") or ["x86_64"], **_code(new)
        )
        _wait_ready(call)
    if call.changed("reservedConcurrentExecutions"):
        reserved = new.get("reservedConcurrentExecutions", -1)
        if reserved >= 0:
            client.put_function_concurrency(FunctionName=call.id, ReservedConcurrentExecutions=reserved)
        else:
            client.delete_function_concurrency(FunctionName=call.id)


def _code_changed(old: Props, new: Props) -> bool:
    before, after = old.get("code") or {}, new.get("code") or {}
    return before.get("hash") != after.get("hash") or any(
        (old.get(field) or None) != (new.get(field) or None) for field in _CODE if field != "code"
    )


def _delete(call: Call[Aws]) -> None:
    if call.old.get("skipDestroy"):
        return
    try:
        _lambda(call).delete_function(FunctionName=call.id)
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise


def _rules(inputs: Props) -> Iterable[Failure]:
    for field in _UNBUILT:
        if inputs.get(field) not in (None, "", [], {}):
            yield Failure(field, "is not built into the stand-in plug-in")
    if inputs.get("packageType", "Zip") == "Zip":
        for field in ("handler", "runtime"):
            if not inputs.get(field):
                yield Failure(field, "is required for a function of package type Zip")
        if not inputs.get("code") and not inputs.get("s3Bucket"):
            yield Failure("code", "is missing: give code, or s3Bucket and s3Key")


def _changed_by_update(old: Props, new: Props) -> Iterable[str]:
    if _code_changed(old, new):
        yield from ("lastModified", "codeSha256", "sourceCodeSize")
    if new.get("publish"):
        yield from ("version", "qualifiedArn", "qualifiedInvokeArn")


ENTRIES = (
    Entry(
        token="aws:lambda/function:Function",
        replaces=("name", "packageType", "tenancyConfig"),
        autoname=AutoName(longest=64),
        defaults={
            "memorySize": 128,
            "timeout": 3,
            "packageType": "Zip",
            "reservedConcurrentExecutions": -1,
            "publish": False,
            "skipDestroy": False,
            "useResourceTimeoutForPropagation": False,
        },
        computed=(
            *("architectures", "codeSha256", "ephemeralStorage", "ephemeralStorage.size"),
            *("loggingConfig", "loggingConfig.logGroup", "tracingConfig", "sourceCodeHash"),
        ),
        recomputed=_changed_by_update,
        checks={
            "name": matches(
                r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[a-zA-Z0-9_-]{1,64}", "be a function's name"
            ),
            "role": arn,
            "handler": every(length(1, 128), model("lambda", "CreateFunction", "Handler")),
            "runtime": model("lambda", "CreateFunction", "Runtime"),
            "memorySize": between(128, 10240),
            "timeout": between(1, 900),
            "architectures": each(one_of("x86_64", "arm64")),
            "layers": length(0, 5),
            "ephemeralStorage.size": between(512, 10240),
            "tracingConfig.mode": one_of("Active", "PassThrough"),
            "loggingConfig.logFormat": one_of("JSON", "Text"),
            "loggingConfig.logGroup": model("lambda", "CreateFunction", "LoggingConfig.LogGroup"),
            "deadLetterConfig.targetArn": arn,
            "description": length(0, 256),
            "reservedConcurrentExecutions": between(-1, 1_000_000),
        },
        rules=(_rules,),
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
