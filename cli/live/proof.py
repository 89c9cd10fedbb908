"""What the meter says of a proof that stops are enforced (`functions.canary`), asked by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from cli.live.aws import Clients
from cli.terminal.errors import CannotLookError
from rollout import names

# Lambda ends an invocation of the meter after a minute.
ANSWER_SECONDS = 75
_OLDER = f"the function {names.METER} knows no proof: it is of an older version; run `pulumi up` and try again"
_REFUSED = {"AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "ExpiredTokenException"}


@dataclass(frozen=True, kw_only=True)
class Proof:
    """`proven`: None where there is nothing to prove, by `nothing_to_prove`. `stop`: what was reached. `tokens`, `usd`:
    what was counted. `seconds`: from the record to the last Deny. `policies`: that deny. `why`: what does not hold."""

    proven: bool | None
    nothing_to_prove: str | None
    stop: str | None
    tokens: int | None
    usd: str | None
    seconds: float | None
    policies: list[str]
    why: list[str]


def prove(clients: Clients) -> Proof:
    """CannotLookError where nothing could be seen, in a person's words."""
    try:
        answer = clients("lambda").invoke(
            FunctionName=names.METER,
            InvocationType="RequestResponse",
            Payload=json.dumps({"prove": "by hand"}).encode(),
        )
        said: object = json.loads(answer["Payload"].read() or b"null")
    except ClientError as error:
        raise CannotLookError(_refusal(error)) from error
    except ReadTimeoutError as error:
        raise CannotLookError(_took_too_long()) from error
    except (BotoCoreError, ValueError) as error:
        raise CannotLookError(f"AWS Lambda does not answer: {type(error).__name__}; nothing was proven") from error
    if "FunctionError" in answer:
        raise CannotLookError(_failure(said))
    if not isinstance(said, dict) or "proven" not in said:
        raise CannotLookError(_OLDER)
    return _read(cast("Mapping[str, Any]", said))


def _read(said: Mapping[str, Any]) -> Proof:
    if said.get("not_now"):
        raise CannotLookError(f"{said['not_now']}: try again in two minutes")
    return Proof(
        proven=said["proven"],
        nothing_to_prove=said.get("nothing_to_prove"),
        stop=said.get("stop"),
        tokens=said.get("tokens"),
        usd=said.get("usd"),
        seconds=said.get("seconds"),
        policies=list(said.get("policies") or ()),
        why=list(said.get("why") or ()),
    )


def _refusal(error: ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code"))
    if code in _REFUSED:
        return (
            f"AWS refuses ({code}): these credentials may not lambda:InvokeFunction {names.METER}; take a role that "
            "may, such as the one that deploys"
        )
    if code == "ResourceNotFoundException":
        return f"there is no function {names.METER} here: nothing counts or stops; run `pulumi up`"
    if code == "TooManyRequestsException":
        return (
            f"Lambda throttles {names.METER}: more is asked of the account than may run at once, and records wait too; "
            "see `rollout doctor`, Lambda concurrency, and try again"
        )
    return f"Lambda: {code}; nothing was proven, try again"


def _failure(said: object) -> str:
    details = cast("Mapping[str, Any]", said) if isinstance(said, dict) else {}
    message = " ".join(str(details.get("errorMessage") or "no reason given").split())[:200]
    if "timed out" in message.lower():
        return _took_too_long()
    if details.get("errorType") == "KeyError" and "event_id" in message:
        return _OLDER  # it took the question for a letter of its own
    where = names.function_log_group(names.METER)
    return f"the meter failed: {details.get('errorType', 'error')}: {message}; {where} says more"


def _took_too_long() -> str:
    return (
        f"{names.METER} did not end within a minute, so nothing was proven: IAM or the table are slow, or do not "
        f"answer it; {names.function_log_group(names.METER)} says which, and the next proof clears up"
    )
