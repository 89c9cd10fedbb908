"""Lambda's API where moto has none or another: invocations run, and a mapping needs a role that may read its queue."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any, ClassVar
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.scheduler.models import scheduler_backends
from moto.sqs.models import sqs_backends

from sandbox.aws import trust
from sandbox.aws.functions.feeds import Feeds
from sandbox.aws.functions.runner import Runner
from sandbox.aws.invocation_logging import policy_documents
from sandbox.aws.models.catalogue import PARTITION

# What moto's URLs leave out.
ACCOUNT_PATH = r"{0}/(?P<api_version>[^/]+)/account-settings/?$"
# Of an account that was not given more (Lambda developer guide, quotas).
CONCURRENT_EXECUTIONS = 1000
CODE_BYTES = {"TotalCodeSize": 75 << 30, "CodeSizeUnzipped": 250 << 20, "CodeSizeZipped": 50 << 20}

SEND = "sqs:SendMessage"
READS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def _refused(message: str) -> LambdaClientError:
    return LambdaClientError("InvalidParameterValueException", message)


class ConflictError(LambdaClientError):
    code = 409


class Lambda(LambdaResponse):
    """`runner` and `feeds` are those of the application that is open."""

    runner: ClassVar[Runner]
    feeds: ClassVar[Feeds]

    def invoke(self) -> tuple[int, dict[str, str], str | bytes]:
        name = unquote(self.path.rsplit("/", 2)[-2])
        function: LambdaFunction = self.backend.get_function(name, self._get_param("qualifier"))
        try:
            event = json.loads(self.body or "{}")
        except ValueError as error:
            raise LambdaClientError(
                "InvalidRequestContentException", f"Could not parse request body into json: {error}"
            ) from None
        if not str(function.run_time).startswith("python"):
            raise _refused(f"The sandbox runs Python functions only: {function.run_time}")
        match self.headers.get("X-Amz-Invocation-Type", "RequestResponse"):
            case "DryRun":
                return 204, {"status": "204"}, ""
            case "Event":
                self.feeds.later(function, event)
                return 202, {"status": "202"}, ""
            case _:
                outcome = self.runner.invoke(function, event)
                headers = {"x-amz-function-error": "Unhandled"} if outcome.failed else {}
                return 200, {"content-type": "application/json", **headers}, outcome.payload

    def add_permission(self) -> str:
        """moto would keep two statements of one name."""
        function: LambdaFunction = self.backend.get_function(unquote(self.path.split("/")[-2]), None)
        name, qualifier = str(self.json_body.get("StatementId")), self._get_param("Qualifier")
        place = f"{function.function_arn}{f':{qualifier}' if qualifier else ''}"
        if any((one.get("Sid"), one.get("Resource")) == (name, place) for one in function.policy.statements):
            raise ConflictError(
                "ResourceConflictException",
                f"The statement id ({name}) provided already exists. "
                "Please provide a new statement id, or remove the existing statement.",
            )
        return super().add_permission()

    def get_account_settings(self) -> str:
        functions: list[LambdaFunction] = list(self.backend.list_functions())
        reserved = sum(int(function.reserved_concurrency or 0) for function in functions)
        left = {"UnreservedConcurrentExecutions": CONCURRENT_EXECUTIONS - reserved}
        used = {"TotalCodeSize": sum(function.code_size for function in functions), "FunctionCount": len(functions)}
        limit = {**CODE_BYTES, "ConcurrentExecutions": CONCURRENT_EXECUTIONS, **left}
        return json.dumps({"AccountLimit": limit, "AccountUsage": used})

    def create_event_source_mapping(self) -> TYPE_RESPONSE:
        self._require_readable(self.json_body)
        answer = super().create_event_source_mapping()
        # moto would call the function while the message is being sent; here the feeds do.
        for queue in sqs_backends[self.current_account][self.region].queues.values():
            queue.lambda_event_source_mappings.clear()
        return answer

    def put_function_event_invoke_config(self) -> ActionResult:
        """moto adds another and goes by the first."""
        function: LambdaFunction = self.backend.get_function(unquote(self.path.rsplit("/", 2)[-2]))
        target = ((self.json_body.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination", "")
        if ":sqs:" in target and not trust.allows(
            self._role_documents(function), trust.Request(action=SEND, resource=target, context={})
        ):
            raise _refused("The function execution role does not have permissions to call SendMessage on SQS")
        function.event_invoke_config.clear()
        return super().put_function_event_invoke_config()

    def _require_readable(self, wanted: dict[str, Any]) -> None:
        source = str(wanted.get("EventSourceArn", ""))
        queues = sqs_backends[self.current_account][self.region].queues.values()
        queue = next((queue for queue in queues if queue.queue_arn == source), None)
        if queue is None:
            return  # moto words that
        function: LambdaFunction = self.backend.get_function(str(wanted.get("FunctionName", "")))
        if int(queue.visibility_timeout or 0) < int(function.timeout):
            raise _refused(
                f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than "
                f"Function timeout: {function.timeout} seconds"
            )
        documents = self._role_documents(function)
        for action in READS:
            if not trust.allows(documents, trust.Request(action=action, resource=source, context={})):
                raise _refused(
                    f"The function execution role does not have permissions to call {action.partition(':')[2]} on SQS"
                )

    def _role_documents(self, function: LambdaFunction) -> list[Any]:
        roles = iam_backends[self.current_account][PARTITION].roles.values()
        role = next((role for role in roles if role.arn == function.role), None)
        return list(policy_documents(role)) if role else []


def lead_to_feeds(feeds: Feeds) -> None:
    """What other services of moto call in Lambda's backend, while somebody waits, goes to the feeds instead."""

    def send_log_event(self: LambdaBackend, function_arn: str, filter_name: str, *rest: Any) -> None:
        function = self._lambdas.get_arn(function_arn)
        if function:
            feeds.deliver(function, _log_event(self.account_id, filter_name, *rest))

    def send_sns_message(
        self: LambdaBackend, function_name: str, message: str, subject: str | None = None, qualifier: str | None = None
    ) -> None:
        function = self._lambdas.get_function_by_name_or_arn_with_qualifier(function_name, qualifier)
        record = {"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {"Message": message, "Subject": subject}}
        feeds.later(function, {"Records": [record]})

    LambdaBackend.send_log_event = send_log_event  # type: ignore[method-assign,assignment]
    LambdaBackend.send_sns_message = send_sns_message  # type: ignore[method-assign]


def _log_event(account: str, filter_name: str, group: str, stream: str, events: Any) -> dict[str, Any]:
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": account,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [filter_name],
        "logEvents": events,
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(data).encode())).decode()}}


def scheduled(feeds: Feeds) -> Any:
    """The control route that fires a schedule now: `{"group", "name"}`."""

    def fire(payload: Any) -> dict[str, str]:
        if not isinstance(payload, dict) or not {"group", "name"} <= payload.keys():
            raise ValueError("must be an object with group and name")
        for _, _, backend in scheduler_backends.iter_backends():
            group = backend.schedule_groups.get(payload["group"])
            if group and payload["name"] in group.schedules:
                feeds.fire(group.schedules[payload["name"]])
                return {"fired": payload["name"]}
        raise ValueError(f"no such schedule: {payload['group']}/{payload['name']}")

    return fire
