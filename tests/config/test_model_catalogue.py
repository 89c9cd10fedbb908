"""Prices that fit another geography, and models that AWS may end, are doubted; nothing else is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rollout.stack_file.load import load
from rollout.stack_file.model_catalogue import MODELS, model_doubts
from sandbox.aws.models import catalogue
from tests import stacks
from tests.config.stack_files import NOW, loaded

TODAY = date(2026, 11, 28)
PRICES = {"input": 2, "output": 10, "cache_read": 0.2, "cache_write": 2.5}
SONNET = "anthropic.claude-sonnet-5-5"


def doubted(**models: dict[str, Any]) -> list[str]:
    document = stacks.small() | {"models": models, "cohorts": {}}
    config = {key: text for key, text in stacks.config(document).items() if key != "aws:region"}
    return list(model_doubts(load(config, stacks.COMPANY, NOW), TODAY))


@pytest.mark.parametrize("geography", ["us", "eu", "jp"])
def test_the_global_price_on_a_profile_of_one_geography_is_doubted_with_the_right_one(geography: str) -> None:
    [line] = doubted(sonnet={"source": f"{geography}.{SONNET}", **PRICES})
    assert line == f"models.sonnet: 2 and 10 are the prices of `global.`; {geography}. costs 10 % more: 2.2 and 11"
    assert doubted(sonnet={"source": f"{geography}.{SONNET}", **PRICES, "input": 2.2, "output": 11}) == []


def test_the_price_of_one_geography_on_a_global_profile_is_doubted() -> None:
    [line] = doubted(sonnet={"source": f"global.{SONNET}", **PRICES, "input": 2.2, "output": 11})
    assert line == "models.sonnet: 2.2 and 11 are the prices of one geography; `global.` costs 2 and 10"
    assert doubted(sonnet={"source": f"global.{SONNET}", **PRICES}) == []


def test_a_companys_own_price_is_its_own_affair() -> None:
    assert doubted(sonnet={"source": f"us.{SONNET}", **PRICES, "input": 1.9, "output": 9.5}) == []


def test_a_model_without_a_published_price_is_doubted_where_two_labels_differ_in_geography_alone() -> None:
    unknown = "anthropic.claude-later-9"
    [line] = doubted(one={"source": f"global.{unknown}", **PRICES}, other={"source": f"eu.{unknown}", **PRICES})
    assert line == "models.other: the same price as models.one, though eu. costs 10 % more than global."


def test_a_model_is_doubted_from_the_day_on_which_aws_may_end_it() -> None:
    haiku = {"source": "global.anthropic.claude-haiku-4-5-20251001-v1:0", **PRICES}
    [line] = doubted(haiku=haiku)
    assert line.startswith("models.haiku: AWS may end anthropic.claude-haiku-4-5-20251001-v1:0 since 2026-10-01")
    before = stacks.small() | {"models": {"haiku": haiku}, "cohorts": {}}
    assert list(model_doubts(loaded(before), date(2026, 9, 30))) == []


def test_the_sandbox_offers_every_model_whose_price_is_published() -> None:
    assert set(MODELS) <= set(catalogue.MODELS)
