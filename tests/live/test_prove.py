"""`rollout doctor --prove`: one line where stops are enforced, what is broken where not, and words for every refusal."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from cli.commands.prove import lines
from cli.live.aws import Clients, clients
from cli.live.proof import ANSWER_SECONDS, prove
from cli.terminal.errors import CannotLookError

FOUND: dict[str, Any] = {
    "proven": True,
    "nothing_to_prove": None,
    "not_now": None,
    "stop": "USD 60.00 a day",
    "tokens": 3_000_000,
    "usd": "60",
    "seconds": 1.94,
    "policies": ["claude-code-pilot-quota-1"],
    "why": [],
}


def answering(said: Any, **more: Any) -> Clients:
    """A Lambda that gives this, or raises it."""

    class Lambda:
        def invoke(self, **given: Any) -> dict[str, Any]:
            assert json.loads(given["Payload"]) == {"prove": "by hand"}
            if isinstance(said, Exception):
                raise said
            return {"Payload": io.BytesIO(json.dumps(said).encode()), **more}

    return lambda service: {"lambda": Lambda()}[service]


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "arn:aws:iam::1:user/x may not"}}, "Invoke")


def test_what_is_enforced_is_one_line_with_how_long_it_took_and_what_was_counted() -> None:
    [line] = lines(prove(answering(FOUND)))
    assert line == (
        "enforced: 1.9 s from the record that reached USD 60.00 a day to the Deny, by claude-code-pilot-quota-1; "
        "counted 3,000,000 tokens, USD 60"
    )


def test_what_is_not_enforced_says_why_and_what_to_do() -> None:
    first, why, do = lines(prove(answering({**FOUND, "proven": False, "why": ["the table: gone"]})))
    assert (first, why) == ("NOT enforced: who is over a stop may go on", "  the table: gone")
    assert do.startswith("do: `pulumi up --refresh`")


def test_without_a_stop_there_is_nothing_to_prove() -> None:
    nothing = {**FOUND, "proven": None, "nothing_to_prove": "no stop is configured, and nobody is throttled"}
    assert lines(prove(answering(nothing))) == ["nothing to prove: no stop is configured, and nobody is throttled"]


@pytest.mark.parametrize(
    ("said", "more", "words"),
    [
        (refused("AccessDeniedException"), {}, "may not lambda:InvokeFunction claude-code-meter"),
        (refused("ExpiredTokenException"), {}, "AWS refuses (ExpiredTokenException)"),
        (refused("ResourceNotFoundException"), {}, "there is no function claude-code-meter here"),
        (refused("TooManyRequestsException"), {}, "Lambda throttles claude-code-meter"),
        (refused("ServiceException"), {}, "Lambda: ServiceException; nothing was proven"),
        (ReadTimeoutError(endpoint_url="x"), {}, "did not end within a minute"),
        (EndpointConnectionError(endpoint_url="x"), {}, "AWS Lambda does not answer: EndpointConnectionError"),
        (
            {"errorMessage": "2026-11-28T03:00:00Z r Task timed out after 60.00 seconds"},
            {"FunctionError": "Unhandled"},
            "did not end within a minute",
        ),
        (
            {"errorMessage": "no\nmodule", "errorType": "ImportError"},
            {"FunctionError": "Unhandled"},
            "the meter failed: ImportError: no module; /aws/lambda/claude-code-meter says more",
        ),
        ({**FOUND, "proven": None, "not_now": "another proof is under way"}, {}, "another proof is under way: try"),
        # A meter of before takes it for a letter of its own.
        (
            {"errorMessage": "'event_id'", "errorType": "KeyError"},
            {"FunctionError": "Unhandled"},
            "of an older version; run `pulumi up`",
        ),
        ({}, {}, "of an older version"),
        (None, {}, "of an older version"),
    ],
)
def test_who_cannot_look_is_told_why_in_words_and_nothing_of_the_caller(
    said: Any, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(CannotLookError) as found:
        prove(answering(said, **more))
    assert words in str(found.value)
    assert "user/x" not in str(found.value)


def test_a_proof_is_asked_for_once_and_waited_for_as_long_as_lambda_lets_it_run() -> None:
    config = clients({"aws:region": "us-east-1"}, ANSWER_SECONDS)("lambda").meta.config
    assert config.read_timeout == ANSWER_SECONDS > 60
    assert config.retries["total_max_attempts"] == 1
