"""LiteLLM's own interfaces: who calls (`custom_auth`), and what becomes of the call (a `CustomLogger`'s hooks).

`config.yaml` names `gateway.throttle.authenticated` and `gateway.throttle.hook`. What they decide is in
`gateway.service`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException, Request
from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy._types import UserAPIKeyAuth

from gateway.log import say
from gateway.refusals import Refused, Why
from gateway.routes import MESSAGES
from gateway.service import service
from gateway.tokens import Caller

CALL = "anthropic_messages"
# Where the caller is kept between LiteLLM's two calls of us; nothing of a request gets there.
OURS = "rollout"
NO_ROUTE = Refused(Why.ROUTE, 404, "this gateway answers POST /v1/messages alone")
# Status of a call that AWS does not let through.
DENIED = 403


async def authenticated(request: Request, api_key: str) -> UserAPIKeyAuth:
    """Of the token that Claude Code sends as its key. HTTPException where they are not served."""
    if (request.method, request.url.path) != MESSAGES:
        raise _refusal(NO_ROUTE, None)
    try:
        caller = await service().caller(api_key)
    except Refused as refused:
        raise _refusal(refused, None) from None
    told = {"session": caller.session, "cohorts": list(caller.cohorts), "issued_at": caller.issued_at}
    return UserAPIKeyAuth(user_id=caller.session, metadata={OURS: told})


class Hook(CustomLogger):
    """What LiteLLM calls by name: it passes more than is looked at."""

    async def async_pre_call_hook(
        self, user_api_key_dict: UserAPIKeyAuth, cache: Any, data: dict[str, Any], call_type: str
    ) -> dict[str, Any]:
        """Before each call: what goes on to Bedrock, in the caller's own name. HTTPException where none does."""
        caller = _caller(user_api_key_dict)
        if caller is None or call_type != CALL:
            raise _refusal(NO_ROUTE, caller)
        try:
            return await service().admitted(caller, data)
        except Refused as refused:
            raise _refusal(refused, caller) from None

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: UserAPIKeyAuth,
        traceback_str: str | None = None,
    ) -> None:
        """A session that AWS refuses is not kept: what has changed meanwhile may count for a new one. A refusal of our
        own says nothing of it."""
        caller = _caller(user_api_key_dict)
        status = None if isinstance(original_exception, HTTPException) else _status(original_exception)
        if caller and status == DENIED:
            service().sessions.drop_all(caller.session)


hook = Hook()


def _caller(auth: UserAPIKeyAuth) -> Caller | None:
    metadata: Mapping[str, Any] = auth.metadata or {}
    told = metadata.get(OURS)
    if not told:
        return None
    return Caller(session=told["session"], cohorts=tuple(told["cohorts"]), issued_at=told["issued_at"])


def _status(error: Exception) -> int | None:
    return getattr(error, "status_code", None)


def _refusal(refused: Refused, caller: Caller | None) -> HTTPException:
    say("refused", user_id=caller.session if caller else None, why=refused.why.value, status=refused.status)
    return HTTPException(status_code=refused.status, detail=refused.sentence, headers=refused.headers)
