"""Inference profiles and the account's invocation logging."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import PROPAGATION_SECONDS, Aws, code, says
from sandbox.plugins.framework.constraints import arn, model
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, wait_until

_MINUTES_5 = 300


def _bedrock(call: Call[Aws]) -> Any:
    return call.cloud.client("bedrock", call.region)


# Inference profiles


def _create_profile(call: Call[Aws]) -> str:
    """Ends when the profile was seen active twice running. A profile of the same name is waited for, in vain."""
    bedrock = _bedrock(call)
    wanted: dict[str, Any] = {
        "inferenceProfileName": call.new["name"],
        "modelSource": {"copyFrom": call.new["modelSource"]["copyFrom"]},
        "tags": tags.listed(call.new.get("tagsAll"), "key", "value"),
    }
    if call.new.get("description"):
        wanted["description"] = call.new["description"]
    wanted = {name: value for name, value in wanted.items() if value}
    created = retry(
        lambda: bedrock.create_inference_profile(**wanted),
        lambda error: code(error) == "ConflictException",
        seconds=PROPAGATION_SECONDS,
    )
    profile_arn = created["inferenceProfileArn"]
    call.id = profile_arn.rsplit("/", maxsplit=1)[-1]
    wait_until(
        lambda: _profile(bedrock, profile_arn).get("status") == "ACTIVE",
        seconds=_MINUTES_5,
        what=f"inference profile {call.new['name']} to be active",
        in_a_row=2,
        pause=0.05,
    )
    return _profile(bedrock, profile_arn)["inferenceProfileId"]


def _profile(bedrock: Any, identifier: str) -> Props:
    """An empty answer when there is none."""
    try:
        return bedrock.get_inference_profile(inferenceProfileIdentifier=identifier)
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return {}
        raise


def _read_profile(call: Call[Aws]) -> Props | None:
    bedrock = _bedrock(call)
    profile = _profile(bedrock, call.id)
    if not profile:
        return None
    listed = bedrock.list_tags_for_resource(resourceARN=profile["inferenceProfileArn"])["tags"]
    return {
        "arn": profile["inferenceProfileArn"],
        "name": profile["inferenceProfileName"],
        "description": profile.get("description"),
        "models": [{"modelArn": item["modelArn"]} for item in profile["models"]],
        "status": profile["status"],
        "type": profile["type"],
        "createdAt": _time(profile["createdAt"]),
        "updatedAt": _time(profile["updatedAt"]),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(listed, "key", "value")),
    }


def _time(value: Any) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def _update_profile(call: Call[Aws]) -> None:
    """Tags are all that can change."""
    bedrock, profile_arn = _bedrock(call), call.old["arn"]
    tags.update(
        call,
        lambda keys: bedrock.untag_resource(resourceARN=profile_arn, tagKeys=keys),
        lambda new: bedrock.tag_resource(resourceARN=profile_arn, tags=tags.listed(new, "key", "value")),
    )


def _delete_profile(call: Call[Aws]) -> None:
    bedrock = _bedrock(call)
    try:
        bedrock.delete_inference_profile(inferenceProfileIdentifier=call.id)
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return
        raise
    wait_until(
        lambda: not _profile(bedrock, call.id),
        seconds=_MINUTES_5,
        what=f"inference profile {call.id} to be gone",
    )


# Invocation logging

_DELIVERIES = ("text", "image", "embedding", "video")
_NEVER_VALID = "Failed to validate permissions for log group"


def _put_logging(call: Call[Aws]) -> str:
    """Overwrites whatever configuration is there. The role that writes logs may be too new to be believed."""
    bedrock = _bedrock(call)
    retry(
        lambda: bedrock.put_model_invocation_logging_configuration(
            loggingConfig=_logging_request(call.new["loggingConfig"])
        ),
        lambda error: says(error, "ValidationException", _NEVER_VALID),
        seconds=PROPAGATION_SECONDS,
    )
    return call.region or call.cloud.region


def _update_logging(call: Call[Aws]) -> None:
    _put_logging(call)


def _logging_request(config: Props) -> Props:
    request: Props = {f"{kind}DataDeliveryEnabled": config[f"{kind}DataDeliveryEnabled"] for kind in _DELIVERIES}
    if cloudwatch := config.get("cloudwatchConfig"):
        request["cloudWatchConfig"] = {
            "logGroupName": cloudwatch["logGroupName"],
            "roleArn": cloudwatch["roleArn"],
        }
        if large := cloudwatch.get("largeDataDeliveryS3Config"):
            request["cloudWatchConfig"]["largeDataDeliveryS3Config"] = large
    if s3 := config.get("s3Config"):
        request["s3Config"] = s3
    return request


def _read_logging(call: Call[Aws]) -> Props | None:
    region = call.region or call.id
    answer = call.cloud.client("bedrock", region).get_model_invocation_logging_configuration()
    config = answer.get("loggingConfig")
    if not config:
        return None
    result: Props = {f"{kind}DataDeliveryEnabled": config.get(f"{kind}DataDeliveryEnabled") for kind in _DELIVERIES}
    result["cloudwatchConfig"] = config.get("cloudWatchConfig")
    result["s3Config"] = config.get("s3Config")
    return {"loggingConfig": {name: value for name, value in result.items() if value is not None}, "region": region}


def _delete_logging(call: Call[Aws]) -> None:
    _bedrock(call).delete_model_invocation_logging_configuration()


def _has_source(inputs: Props) -> Iterable[Failure]:
    """The SDK lets it be left out, AWS does not."""
    if "modelSource" not in inputs:
        yield Failure("modelSource", "is required: set `copyFrom` to the ARN of a model or an inference profile")


ENTRIES = (
    Entry(
        token="aws:bedrock/inferenceProfile:InferenceProfile",
        engine="PF",
        replaces=("name", "description", "modelSource"),
        adopts=("modelSource",),
        autoname=AutoName(),
        checks={
            "name": model("bedrock", "CreateInferenceProfile", "inferenceProfileName"),
            "description": model("bedrock", "CreateInferenceProfile", "description"),
            "modelSource.copyFrom": arn,
        },
        rules=(_has_source,),
        tags=True,
        create=_create_profile,
        read=_read_profile,
        update=_update_profile,
        delete=_delete_profile,
    ),
    Entry(
        token="aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration",
        engine="PF",
        defaults={f"loggingConfig.{kind}DataDeliveryEnabled": True for kind in _DELIVERIES},
        checks={
            "loggingConfig.cloudwatchConfig.logGroupName": model(
                "bedrock",
                "PutModelInvocationLoggingConfiguration",
                "loggingConfig.cloudWatchConfig.logGroupName",
            ),
            "loggingConfig.cloudwatchConfig.roleArn": arn,
        },
        create=_put_logging,
        read=_read_logging,
        update=_update_logging,
        delete=_delete_logging,
        imports=lambda region: (region, {"region": region}),
    ),
)
