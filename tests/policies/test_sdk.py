"""Rules as the engine runs them: by the SDK's own server, with its unknown values, and with exceptions."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel
from pulumi_policy import policy as sdk
from pulumi_policy.policy import _PolicyAnalyzerServicer
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.engine import exceptions, opened_once
from policies.engine.sdk import as_policy
from policies.rules import RULES
from rollout.stack_file.policy_rules import RULES as NAMES
from tests.config.stack_files import loaded, mistakes
from tests.stacks import small

URN = "urn:pulumi:s::claude-code-rollout::{kind}::{name}"
DOCUMENT = {"Statement": [{"Sid": "S", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[_PolicyAnalyzerServicer]:
    """The pack behind the protocol, in a project's folder of its own."""
    monkeypatch.chdir(tmp_path)
    exceptions.of_stack.cache_clear()
    for step in ("json_format", "deserialize_properties", "unknown_checking_proxy"):
        monkeypatch.setattr(sdk, step, getattr(sdk, step))
    opened_once.open_once()
    yield _PolicyAnalyzerServicer("pack", "1", [as_policy(rule) for rule in RULES], EnforcementLevel.ADVISORY)
    exceptions.of_stack.cache_clear()


def analyze(server: Any, kind: str, props: dict[str, Any], *, protect: bool = False) -> dict[str, str]:
    """What is said, by rule, with its level before it."""
    request = analyzer_pb2.AnalyzeRequest(type=kind, urn=URN.format(kind=kind, name="x"), name="x")
    json_format.ParseDict(props, request.properties)
    request.options.protect = protect
    answer = server.Analyze(request, None)
    levels = {analyzer_pb2.ADVISORY: "advice", analyzer_pb2.MANDATORY: "mandatory"}
    return {d.policyName: f"{levels[d.enforcementLevel]}: {d.message}" for d in answer.diagnostics}


def policy(document: Any = DOCUMENT) -> dict[str, Any]:
    return {"name": "x", "policy": json.dumps(document)}


def test_a_breach_is_mandatory_and_a_rule_that_does_not_apply_says_so(server: Any) -> None:
    said = analyze(server, "aws:iam/rolePolicy:RolePolicy", policy())
    assert list(said) == ["no-bare-wildcard"]
    assert said["no-bare-wildcard"].startswith("mandatory: ")
    assert "S: an Allow of everything" in said["no-bare-wildcard"]
    request = analyzer_pb2.AnalyzeRequest(type="aws:sqs/queue:Queue", urn=URN.format(kind="q", name="x"), name="x")
    assert "no-bare-wildcard" in {each.policy_name for each in server.Analyze(request, None).not_applicable}


def test_the_sdk_turns_no_mandatory_rule_into_advice_by_itself(server: Any) -> None:
    said = analyze(server, "aws:iam/rolePolicy:RolePolicy", {"name": "x", "policy": UNKNOWN_STRING_VALUE})
    assert list(said) == ["not-known-yet"]
    assert (
        "policy is not known before the update, which will judge it: no-bare-wildcard, named-actions"
        in said["not-known-yet"]
    )
    for key in ("maxSessionDuration", "assumeRolePolicy"):
        props = {"name": "x", "tags": {"organization": "acme"}, "assumeRolePolicy": TRUST, key: UNKNOWN_STRING_VALUE}
        [(rule, text)] = analyze(server, "aws:iam/role:Role", props).items()
        assert rule in {"session-at-most-one-hour", "trust-is-named"}
        assert text.startswith("mandatory: ")
        assert "not known in a preview" in text


TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)


def test_an_unknown_value_deep_within_stops_no_rule(server: Any) -> None:
    props = {
        "name": "x",
        "alarmActions": [UNKNOWN_STRING_VALUE],
        "treatMissingData": "ignore",
        "tags": {"organization": "acme"},
    }
    said = analyze(server, "aws:cloudwatch/metricAlarm:MetricAlarm", props)
    assert list(said) == ["alarms-reach-somebody"]


def excepted(folder: Path, **changes: str) -> None:
    entry = {"resource": "x", "reason": "until the vendor mends it", "expires": "2999-01-01", **changes}
    lines = "\n".join(f"      {key}: {value}" for key, value in entry.items())
    text = f"config:\n  claude-code-rollout:policy_exceptions:\n    no-bare-wildcard:\n{lines}\n"
    (folder / "Pulumi.s.yaml").write_text(text, encoding="utf-8")
    exceptions.of_stack.cache_clear()


def test_an_exception_covers_its_resource_until_its_day_and_is_shown(server: Any, tmp_path: Path) -> None:
    excepted(tmp_path)
    said = analyze(server, "aws:iam/rolePolicy:RolePolicy", policy())
    assert list(said) == ["exception-used"]
    assert "no-bare-wildcard is excepted until 2999-01-01: until the vendor mends it" in said["exception-used"]
    for changes in ({"resource": "another"}, {"expires": "2026-01-01"}, {"expires": "soon"}):
        excepted(tmp_path, **changes)
        assert list(analyze(server, "aws:iam/rolePolicy:RolePolicy", policy())) == ["no-bare-wildcard"], changes


def test_an_exception_has_a_rule_a_reason_and_a_day_within_a_year() -> None:
    document = small()
    document["policy_exceptions"] = {
        "no-bare-wildcards": {"resource": "x", "reason": "y", "expires": "2027-01-01"},
        "named-actions": {"resource": "x", "reason": "y", "expires": "2026-01-01"},
        "cost-tags": {"resource": "x", "reason": "y", "expires": "2999-01-01"},
        "names-fit": {"resource": "x", "expires": "soon"},
    }
    lines = mistakes(document)
    assert [line.split(";")[0] for line in lines] == [
        "policy_exceptions.cost-tags.expires: too far off: 2999-01-01",
        "policy_exceptions.named-actions.expires: expired: 2026-01-01",
        "policy_exceptions.names-fit.expires: not a day: soon. Write it as 2026-12-31",
        "policy_exceptions.names-fit.reason: missing",
        "policy_exceptions.no-bare-wildcards: no such rule",
    ]
    assert "did you mean no-bare-wildcard?" in lines[-1]


def test_an_exception_that_ran_out_does_not_keep_anybody_from_cutting_access() -> None:
    document = small()
    document["policy_exceptions"] = {"named-actions": {"resource": "x", "reason": "y", "expires": "2026-01-01"}}
    assert mistakes(document)
    incident = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "A key was committed"}
    document["cohorts"]["pilot"] |= {"level": "suspended", "incident": incident}
    assert loaded(document).incident_open


def test_every_rule_that_can_be_excepted_is_known_to_the_stack_file() -> None:
    notes = {"not-known-yet", "not-known-yet-of-the-stack", "exception-used", "exception-used-of-the-stack"}
    assert set(NAMES) == {rule.name for rule in RULES} - notes


def test_a_resource_is_opened_once_however_many_rules_judge_it(monkeypatch: pytest.MonkeyPatch, server: Any) -> None:
    opened: list[int] = []
    monkeypatch.setattr(sdk, "json_format", json_format)
    taken = json_format.MessageToDict
    monkeypatch.setattr(json_format, "MessageToDict", lambda message: opened.append(id(message)) or taken(message))
    opened_once.open_once()
    request = analyzer_pb2.AnalyzeStackRequest()
    for number in range(3):
        resource = request.resources.add(type="aws:sqs/queue:Queue", name=f"x{number}")
        resource.urn = URN.format(kind="aws:sqs/queue:Queue", name=resource.name)
        json_format.ParseDict({"name": resource.name}, resource.properties)
    server.AnalyzeStack(request, None)
    assert len(opened) == 3


def test_what_is_kept_of_one_thing_is_never_given_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened_once, "KEPT", 10)
    length = opened_once.once(lambda thing, more=0: len(thing) + more)
    for size in range(1000):
        thing = [0] * (size % 37)
        assert length(thing) == length(thing) == len(thing)
        assert length(thing, more=1) == len(thing) + 1
