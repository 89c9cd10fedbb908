"""What the runbook says to type when `rollout` does not start is what `rollout cut` puts."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from cli.live import aws
from cli.live.emergency import emergencies
from rollout import names
from rollout.access import emergency
from tests.documentation.markdown import blocks
from tests.stacks import PROJECT

ALICE = "alice.chen@acme.example"
OPTIONS = {"--role-name": "RoleName", "--policy-name": "PolicyName", "--policy-document": "PolicyDocument"}


def typed(operation: str) -> Iterator[dict[str, str]]:
    """The options of each such line of the runbook, as the API takes them."""
    for block in blocks("sh"):
        for line in block.text.splitlines() if block.page == PROJECT / "docs" / "runbook.md" else ():
            words = shlex.split(line, comments=True)
            if words[:3] == ["aws", "iam", operation]:
                yield {OPTIONS[name]: value for name, value in zip(words[3::2], words[4::2], strict=True)}


def untimed(document: dict[str, Any]) -> dict[str, Any]:
    [statement] = document["Statement"]
    return {**document, "Statement": [{key: value for key, value in statement.items() if key != "Sid"}]}


def test_the_lines_are_those_of_rollout_cut_but_for_the_time() -> None:
    lines = list(typed("put-role-policy"))
    assert [line["PolicyName"] for line in lines] == [names.cut_policy(), names.cut_policy(ALICE)]
    assert {line["RoleName"] for line in lines} == {names.role("pilot")}
    for line, session_names in zip(lines, (None, [ALICE]), strict=True):
        assert untimed(json.loads(line["PolicyDocument"])) == untimed(emergency.document(session_names, None))
    assert [line["PolicyName"] for line in typed("get-role-policy")] == ["cut"]


@pytest.mark.usefixtures("moto_aws")
def test_what_they_put_is_seen_as_a_cut() -> None:
    clients = aws.clients({})
    iam = clients("iam")
    iam.create_role(RoleName="claude-code-pilot", AssumeRolePolicyDocument="{}")
    for line in typed("put-role-policy"):
        iam.put_role_policy(**line)
    for line in typed("get-role-policy"):
        assert iam.get_role_policy(**line)["PolicyDocument"]["Statement"][0]["Effect"] == "Deny"
    found = [(each.subject, each.names, each.since) for each in emergencies(clients, "pilot")]
    assert found == [(None, (), None), (ALICE, (ALICE,), None)]
