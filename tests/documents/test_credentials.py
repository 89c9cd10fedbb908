"""What is looked for in prompts where they are logged, and what is said of what is found."""

from __future__ import annotations

import json
import re

import pytest

from rollout.leaks.credentials import CUSTOM, protection
from tests import recording, stacks


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("AnthropicApiKey", "sk-ant-" + "api03-" + "a" * 40),
        ("AwsAccessKeyId", "AKIA" + "A1" * 8),
        ("GitHubToken", "ghp_" + "a1" * 18),
    ],
)
def test_keys_that_no_managed_identifier_knows_are_found(name: str, secret: str) -> None:
    assert re.search(CUSTOM[name], f"key = {secret};")
    assert not re.search(CUSTOM[name], f"key = {secret[:8]};")


def test_the_policy_is_as_cloudwatch_takes_it() -> None:
    document = protection("aws")
    audit, mask = document["Statement"]
    assert audit["DataIdentifier"] == mask["DataIdentifier"]
    assert (audit["Operation"], mask["Operation"]) == (
        {"Audit": {"FindingsDestination": {}}},
        {"Deidentify": {"MaskConfig": {}}},
    )
    assert len(json.dumps(document)) <= 30_720
    custom = document["Configuration"]["CustomDataIdentifier"]
    assert {each["Name"] for each in custom} <= set(audit["DataIdentifier"])
    assert all(len(each["Regex"]) <= 200 and re.fullmatch(r"[\w-]{1,128}", each["Name"]) for each in custom)


@pytest.mark.parametrize("prompts", [False, True])
def test_prompts_are_protected_where_they_are_logged_and_their_findings_ring_too(prompts: bool) -> None:
    run = recording.run(stacks.config({**stacks.small(), "logs": {"prompt_text": prompts}}))
    policies = run.of("aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy")
    assert len(policies) == prompts
    queries = run.one("alarms-credential-found").inputs["metricQueries"]
    watched = [query["metric"]["metricName"] for query in queries if "metric" in query]
    assert watched == ["CredentialFindings", *(["LogEventsWithFindings"] if prompts else [])]
