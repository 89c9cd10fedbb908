"""What was measured of each cohort's work, and which gates were passed: SSM parameters, as the collector and `pulumi
up` write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cli.live.aws import Clients
from rollout import names
from rollout.success import metrics
from rollout.success.metrics import Week

# By name; as `rollout.success.gates` takes them.
Parameters = Mapping[str, str]


def success_parameters(clients: Clients) -> Parameters:
    """All below `names.SUCCESS_PATH`."""
    pages = (
        clients("ssm")
        .get_paginator("get_parameters_by_path")
        .paginate(Path=names.SUCCESS_PATH, Recursive=True, WithDecryption=False)
    )
    return {parameter["Name"]: parameter["Value"] for page in pages for parameter in page["Parameters"]}


def weeks_of(parameters: Parameters, cohort: str) -> Sequence[Week]:
    """In order of time. ValueError where it is not what the collector wrote."""
    text = parameters.get(names.weeks_parameter(cohort))
    return sorted(metrics.read(text), key=lambda week: week.monday) if text else []
