"""Whether AWS lets the person's own session see the inference profiles that their settings name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.doctor.finding import Finding, broken, fine, unknown
from cli.doctor.installed import Machine
from cli.live.asking import why
from rollout.macs.untyped import list_of

_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2})


def profiles(machine: Machine, keys: Mapping[str, str] | None) -> Iterator[Finding]:
    """No model is asked anything, so it costs nothing."""
    name, arns = "models", [str(arn) for arn in list_of(machine.document, "availableModels")]
    if keys is None or not arns:
        yield unknown(name, "not asked: you are not signed in", "sign in, and run this again")
        return
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], machine.region)
    found = {arn: _answer(session, machine, arn) for arn in arns}
    if not any(found.values()):
        yield fine(name, f"{len(arns)} of {len(arns)} inference profiles answer")
        return
    for arn, said in found.items():
        if said:
            fix = f"if you were told of no stop and no incident, {machine.ask}"
            yield broken(name, f"{arn.rpartition('/')[2]}: {said}", fix)


def _answer(session: Any, machine: Machine, arn: str) -> str | None:
    """What is wrong; None where nothing is."""
    try:
        bedrock = session.client("bedrock", config=_CONFIG, endpoint_url=machine.env.get("AWS_ENDPOINT_URL_BEDROCK"))
        bedrock.get_inference_profile(inferenceProfileIdentifier=arn)
    except (BotoCoreError, ClientError) as error:
        return why(error)
    return None
