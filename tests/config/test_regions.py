"""Models are called from their own geography, and no stack is where it cannot work."""

from __future__ import annotations

import pytest

from rollout.model.errors import StackFileError
from rollout.stack_file.load import load
from rollout.stack_file.regions import GEOGRAPHIES
from tests import stacks
from tests.config.stack_files import NOW

PRICES = {"input": 2, "output": 10, "cache_read": 0.2, "cache_write": 2.5}


def mistakes(region: str, *sources: str) -> list[str]:
    document = stacks.small() | {
        "models": {f"m{number}": {"source": source, **PRICES} for number, source in enumerate(sources)},
        "cohorts": {},
    }
    try:
        load({**stacks.config(document), "aws:region": region}, stacks.COMPANY, NOW)
    except StackFileError as error:
        return error.lines
    return []


HOMES = {
    "us": ("us-east-1", "us-east-2", "us-west-2", "ca-central-1"),
    "ca": ("ca-central-1",),
    "eu": ("eu-central-1", "eu-west-1", "eu-north-1"),
    "apac": ("ap-south-1", "ap-southeast-1", "ap-northeast-1", "me-central-1"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
}
REGIONS = sorted({region for regions in HOMES.values() for region in regions})


@pytest.mark.parametrize("geography", HOMES)
def test_a_model_of_another_geography_than_the_region_is_a_mistake(geography: str) -> None:
    source = f"{geography}.anthropic.claude-sonnet-4-6"
    for region in REGIONS:
        found = mistakes(region, source)
        if region in HOMES[geography]:
            assert found == [], region
        elif not (geography == "apac" and region.startswith("ap-")):
            [line] = found
            assert line.startswith(f"models.m0.source: `{geography}.` cannot be called from {region}: {source}; take ")
            assert "global." in line


def test_global_models_and_those_of_one_region_can_be_called_from_every_region() -> None:
    for region in REGIONS:
        assert mistakes(region, "global.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6") == []


def test_a_source_by_its_arn_is_of_the_stacks_own_region() -> None:
    arn = "arn:aws:bedrock:{}:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6"
    assert mistakes("us-east-1", arn.format("us-east-1")) == []
    [line] = mistakes("us-east-1", arn.format("us-west-2"))
    assert line.startswith("models.m0.source: is in us-west-2, and the stack in us-east-1: ")


@pytest.mark.parametrize(("region", "name"), [("us-gov-west-1", "GovCloud"), ("cn-north-1", "China")])
def test_a_region_that_no_stack_can_be_in_is_refused_in_words(region: str, name: str) -> None:
    [line] = mistakes(region, "global.anthropic.claude-sonnet-4-6")
    assert line.startswith(f"aws:region: {region} is {name}, which is not supported: ")
    assert line.endswith("take a commercial region")


def test_every_geography_that_a_source_may_have_is_in_the_table() -> None:
    for geography in GEOGRAPHIES:
        assert "not a Claude model" not in "".join(mistakes("us-east-1", f"{geography}.anthropic.claude-sonnet-4-6"))
    assert "not a Claude model" in "".join(mistakes("us-east-1", "moon.anthropic.claude-sonnet-4-6"))
