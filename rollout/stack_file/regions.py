"""Where a stack may be, and which models can be called from there.

One table. Prefixes: domain facts 3.4. Regions: Bedrock user guide, "Geographic cross-Region inference" and the
models' own pages; AWS CDK, `CrossRegionInferenceProfileRegion`; read on 2026-11-29. It is wide rather than narrow:
which model is where changes monthly, and `rollout doctor` asks Bedrock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollout.account import Account
from rollout.model.errors import Mistake
from rollout.model.fields import SOURCE
from rollout.stack_file.checks import part

# What the region of whoever calls a geography's profiles begins with.
GEOGRAPHIES: Mapping[str, tuple[str, ...]] = {
    "us": ("us-east-", "us-west-", "ca-"),  # Canada is a source of the profiles of the United States
    "ca": ("ca-",),
    "eu": ("eu-", "il-"),
    "apac": ("ap-", "me-"),
    "au": ("ap-southeast-2", "ap-southeast-4", "ap-southeast-6"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "us-gov": ("us-gov-",),
}
GLOBAL = "global"
_NAMES = {"aws-us-gov": "GovCloud", "aws-cn": "China"}


def refusal(region: str) -> str | None:
    """Why no stack can be in a region; None where one can. Documents are made for every partition, but a stack needs
    what the commercial one alone has (AWS services by Region, read on 2026-11-29), and was tried nowhere else."""
    name = _NAMES.get(Account("", region).partition)
    if not name:
        return None
    return (
        f"{region} is {name}, which is not supported: AWS Budgets, Cost Explorer, exports of the bill and `global.` "
        "models are not there, and nothing was tried there; take a commercial region"
    )


def region_mistakes(document: Mapping[str, Any], region: str | None) -> Iterator[Mistake]:
    """Models of another geography than the region, and regions that no stack can be in. `region`: `aws:region`; where
    it is not said, nothing is known."""
    if not region:
        return
    if why := refusal(region):
        yield Mistake(("aws:region",), why)
        return
    for label in part(document, "models"):
        source = str(part(document, "models", label).get("source")).strip()
        found = SOURCE.fullmatch(source)
        if found and (text := _elsewhere(found["geography"], source, region)):
            yield Mistake(("models", label, "source"), text)


def _elsewhere(geography: str | None, source: str, region: str) -> str | None:
    own = source.split(":")[3] if source.startswith("arn:") else ""
    if own and own != region:
        return f"is in {own}, and the stack in {region}: {source}; a profile is copied from a source of its own region"
    if geography is None or geography == GLOBAL or region.startswith(GEOGRAPHIES[geography]):
        return None
    near = [f"{name}." for name, begins in GEOGRAPHIES.items() if region.startswith(begins)]
    takes = f"one of {', '.join([f'{GLOBAL}.', *near])}" if near else f"`{GLOBAL}.`"
    return f"`{geography}.` cannot be called from {region}: {source}; take {takes}"
