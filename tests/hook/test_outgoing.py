"""What reaches LiteLLM, and what goes on from it, whatever a caller writes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway import routes
from gateway.__main__ import FORBIDDEN, main, mistakes
from gateway.body import FIELDS, LITELLMS, incoming, outgoing
from gateway.refusals import Refused
from gateway.routes import MOST_BYTES, OnlyRoutes
from tests.hook.parts import ARN

KEYS = {"aws_access_key_id": "ours", "aws_secret_access_key": "ours", "aws_session_token": "ours"}
MESSAGES = [{"role": "user", "content": "hello"}]


def sent(**data: Any) -> dict[str, Any]:
    return outgoing({"model": "x", "messages": MESSAGES, "max_tokens": 5, **data}, "sonnet", f"{ARN}son", KEYS)


def test_what_the_gateway_chose_stands_above_whatever_was_sent() -> None:
    theirs = dict.fromkeys((*KEYS, "model_id", "aws_region_name", "aws_role_name", "api_base", "anything"), "theirs")
    found = sent(**theirs, fallbacks=["opus"], mock_response="made up", extra_headers={"x": "y"}, tags=["a"])
    assert found == {
        "messages": MESSAGES,
        "max_tokens": 5,
        "litellm_metadata": {},
        "model": "sonnet",
        "model_id": f"{ARN}son",
        "aws_region_name": "us-east-1",
        **KEYS,
    }


def test_of_litellm_s_notes_none_of_a_caller_s_is_left() -> None:
    notes = {
        "user_api_key_user_id": "alice",
        "user_api_keys": "x",
        "model_info": {"id": "theirs"},
        "tags": ["a"],
        "deployment": "x",
    }
    found = sent(litellm_metadata=notes, metadata={"user_id": "session", "tags": ["a"], "guardrails": []})
    assert found["litellm_metadata"] == {"user_api_key_user_id": "alice"}
    assert found["metadata"] == {"user_id": "session"}
    assert "metadata" not in sent(metadata={"user_id": ["x"]})


THEIR_HEADER = {"custom_llm_provider": "bedrock", "extra_headers": {"Authorization": "Bearer theirs"}}


def test_headers_that_go_to_bedrock_are_those_that_came_and_never_a_field_s() -> None:
    assert "provider_specific_header" not in sent(provider_specific_header=THEIR_HEADER)
    came = {"Anthropic-Beta": "context-1m", "authorization": "Bearer x", "x-amz-date": "x", "anthropic-version": ["x"]}
    found = sent(provider_specific_header=[THEIR_HEADER], proxy_server_request={"headers": came})
    assert found["provider_specific_header"] == {
        "custom_llm_provider": "bedrock",
        "extra_headers": {"anthropic-beta": "context-1m"},
    }


@pytest.mark.parametrize("theirs", [{"model_call_details": {}}, ["x"], "x", 1, 1.5, True, None])
def test_what_json_can_say_is_no_logging_object_of_litellm_s(theirs: object) -> None:
    assert "litellm_logging_obj" not in sent(litellm_logging_obj=theirs)
    ours = object()
    assert sent(litellm_logging_obj=ours)["litellm_logging_obj"] is ours


THEIRS = [
    "provider_specific_header",
    "litellm_metadata",
    "litellm_params",
    "secret_fields",
    "success_callback",
    "headers",
    "extra_headers",
    "api_base",
    "original_function",
]


@pytest.mark.parametrize("name", [*LITELLMS, *THEIRS])
def test_litellm_reads_no_field_that_is_none_of_the_messages_api_s(name: str) -> None:
    told = {"model": "sonnet", "messages": MESSAGES, name: THEIR_HEADER, "metadata": {"user_id": "u", name: "x"}}
    litellm = Litellm()
    assert asked("POST", "/v1/messages", CHUNKED, (json.dumps(told).encode(),), litellm=litellm)[0] == 200
    assert json.loads(litellm.bodies[0]) == {"model": "sonnet", "messages": MESSAGES, "metadata": {"user_id": "u"}}
    named = dict(litellm.scopes[0]["headers"])
    assert named == {b"content-type": b"application/json", b"content-length": str(len(litellm.bodies[0])).encode()}


@pytest.mark.parametrize(
    "raw", [b"", b"model=sonnet", b"[]", b'"x"', b'{"temperature": NaN}', b'{"top_p": 1e999}', b"\xff", b"[" * 99_999]
)
def test_a_body_that_is_no_object_of_json_reaches_nothing_of_litellm(raw: bytes) -> None:
    status, answer, seen = asked("POST", "/v1/messages", CHUNKED, (raw,))
    assert (status, answer["error"]["type"], seen) == (400, "invalid_request_error", [])


def test_a_prompt_is_read_as_it_was_written_whatever_its_letters() -> None:
    told = {"messages": [{"role": "user", "content": "Grüße \U0001f600 \ud800 \x00"}], "temperature": 0.1}
    assert json.loads(incoming(json.dumps(told).encode())) == told


def test_each_field_of_the_messages_api_goes_on_as_it_came() -> None:
    told = dict.fromkeys(FIELDS, "as it came") | {"messages": MESSAGES}
    found = sent(**told)
    assert {name: found[name] for name in FIELDS} == told


IMAGE = {"type": "image", "source": {"type": "url", "url": "http://169.254.170.2/v2/credentials"}}


@pytest.mark.parametrize(
    "data",
    [
        {"messages": [{"role": "user", "content": [IMAGE]}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [IMAGE]}]}]},
        {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "f"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]},
        {"system": [IMAGE]},
        {"messages": [{"role": "user", "content": [{"type": ["x"]}]}]},
        {"messages": [{"role": "user", "content": [{"type": {"x": "y"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": ["url"]}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": [IMAGE["source"]]}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": "http://x"}]}]},
        {"tools": [{"type": "mcp", "server_url": "litellm_proxy"}]},
        {"tools": [{"type": "custom", "server_url": "http://x"}]},
    ],
)
def test_no_message_has_the_gateway_call_an_address(data: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        sent(**data)
    assert caught.value.status == 400


def test_what_a_tool_was_called_with_may_look_like_anything() -> None:
    call = {"type": "tool_use", "id": "t", "name": "Write", "input": {"source": {"type": "url"}, "server_url": "x"}}
    inline = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    found = {"type": "search_result", "source": "https://wiki.acme.example", "title": "x", "content": []}
    assert sent(messages=[{"role": "user", "content": [found]}])["messages"][0]["content"] == [found]
    schema = {"name": "t", "type": None, "input_schema": {"properties": {"server_url": {"type": "file"}}}}
    assert sent(messages=[{"role": "assistant", "content": [call, inline]}], tools=[schema])["tools"] == [schema]


class Litellm:
    """Keeps what it is called with, and reads the whole of it."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body")
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


CHUNKED = [(b"Transfer-Encoding", b"chunked"), (b"content-type", b"application/x-www-form-urlencoded")]


def asked(
    method: str,
    path: str,
    headers: Any = (),
    body: tuple[bytes, ...] = (b"{}",),
    away: str = "",
    litellm: Litellm | None = None,
) -> Any:
    """(status, what was answered, what LiteLLM was called with)."""
    litellm, answers = litellm or Litellm(), list[Any]()
    parts = [{"type": "http.request", "body": part, "more_body": True} for part in body]
    parts[-1]["more_body"] = False

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers), "query_string": b"beta=true"}
    asyncio.run(OnlyRoutes(litellm, lambda: away)(scope, receive, send))
    return answers[0]["status"], json.loads(answers[1]["body"]), litellm.scopes


def test_one_route_is_open_and_nothing_that_steers_litellm_comes_with_it() -> None:
    told = [
        (b"Authorization", b"Bearer x"),
        (b"X-LiteLLM-Api-Key", b"sk"),
        (b"x-litellm-tags", b"a"),
        (b"baggage", b"b"),
    ]
    status, _, (scope,) = asked("POST", "/v1/messages", told)
    assert status == 200
    about = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    assert (scope["headers"], scope["query_string"]) == ([(b"authorization", b"Bearer x"), *about], b"")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/messages"),
        ("POST", "/v1/messages/"),
        ("POST", "//v1/messages"),
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/bedrock/model/x/invoke"),
        ("GET", "/v1/models"),
        ("GET", "/public/model_hub"),
        ("POST", "/key/generate"),
        ("GET", "/ui"),
        ("GET", "/health/readiness"),
        ("POST", "/register"),
        ("GET", "/"),
    ],
)
def test_every_other_route_of_litellm_is_shut_before_litellm_sees_it(method: str, path: str) -> None:
    status, answer, seen = asked(method, path)
    assert (status, answer["error"]["type"], seen) == (404, "not_found_error", [])


def test_a_socket_is_closed() -> None:
    answers = list[Any]()

    async def send(message: Any) -> None:
        answers.append(message)

    async def receive() -> Any:
        return {}

    asyncio.run(OnlyRoutes(Litellm(), str)({"type": "websocket", "path": "/v1/realtime"}, receive, send))
    assert answers == [{"type": "websocket.close", "code": 1008}]


def test_a_body_that_is_too_large_is_refused_announced_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    announced = [(b"content-length", str(MOST_BYTES + 1).encode())]
    assert asked("POST", "/v1/messages", announced)[0] == 413
    assert asked("POST", "/v1/messages", [(b"content-length", b"9" * 400)])[0] == 413
    monkeypatch.setattr(routes, "MOST_BYTES", 1000)
    parts = b"{" + b" " * 499, b" " * 499 + b"}"
    assert asked("POST", "/v1/messages", (), (*parts, b" "))[0] == 413
    assert asked("POST", "/v1/messages", (), parts)[0] == 200


def test_who_hangs_up_within_their_body_is_heard_by_nothing_of_litellm() -> None:
    litellm, answers = Litellm(), list[Any]()
    parts = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/messages", "headers": [], "query_string": b""}
    asyncio.run(OnlyRoutes(litellm, str)(scope, receive, send))
    assert (litellm.scopes, answers) == ([], [])


def test_ready_says_what_is_away() -> None:
    assert asked("GET", "/ready")[:2] == (200, {"ready": True, "away": ""})
    assert asked("GET", "/ready", away="levels cannot be read")[:2] == (
        503,
        {"ready": False, "away": "levels cannot be read"},
    )


@pytest.mark.parametrize("name", FORBIDDEN)
def test_it_does_not_start_where_litellm_would_call_in_another_name(name: str) -> None:
    (line,) = mistakes({name: "x", "AWS_REGION": "us-east-1"})
    assert line.startswith(name)


def test_it_does_not_start_where_keys_would_be_logged_or_the_file_says_too_little(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LITELLM_LOG", "debug")
    file = tmp_path / "config.yaml"
    file.write_text("rollout: {issuer: http://acme.okta.com, keys: x}\n", encoding="utf-8")
    assert main(["--config", str(file)]) == 2
    said = capsys.readouterr().err
    assert "LITELLM_LOG" in said
    assert f"{file}: rollout.audience: missing" in said
    assert f"{file}: rollout.keys: no such key" in said
    assert main(["--config", str(tmp_path / "none.yaml")]) == 2
