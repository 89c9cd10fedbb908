"""What calls functions without waiting for them: asynchronous invocations, queues, schedules, log subscriptions.

One thread looks for work a few times a second and hands it to a few others. Everything it does it could do again after
a restart: what is under way is in the queues and schedules themselves, as in AWS.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from moto.awslambda.models import EventSourceMapping, LambdaFunction, lambda_backends
from moto.scheduler.models import Schedule, scheduler_backends
from moto.sqs.models import Message, Queue, sqs_backends

from sandbox.aws.functions.runner import Outcome, Runner

LOOK_SECONDS = 0.1
THREADS = 8
DEFAULT_CONCURRENCY = 5
END_SECONDS = 5.0
# Lambda waits one minute, then two.
RETRY_SECONDS = (0.5, 1.0)


@dataclass(kw_only=True)
class Disorder:
    """How log deliveries come. `repeated`: the share that comes twice. `delayed`: by up to how many seconds each comes
    later, so that some overtake others."""

    repeated: float = 0.0
    delayed: float = 0.0


@dataclass(kw_only=True)
class Feeds:
    """`changed`: called with each service whose memory was changed."""

    runner: Runner
    changed: Callable[[str], None] = lambda _: None
    disorder: Disorder = field(default_factory=Disorder)
    _ended: threading.Event = field(default_factory=threading.Event)
    _at_work: dict[str, int] = field(default_factory=dict)
    _handed_out: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="feeds")
        self._looker = threading.Thread(target=self._look, name="feeds", daemon=True)
        self._looker.start()

    def close(self) -> None:
        """What is under way gets a moment to end; what waits in queues goes on after the next start."""
        self._ended.set()
        self._looker.join()
        deadline = time.monotonic() + END_SECONDS
        while self._handed_out and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def later(self, function: LambdaFunction, event: Any) -> None:
        """An asynchronous invocation: tried again twice, then given to the function's destination for failures."""
        self._hand_out(self._with_retries, function, event)

    def deliver(self, function: LambdaFunction, event: Any) -> None:
        """What a log subscription brings: at least once, in any order."""
        times = 2 if random.random() < self.disorder.repeated else 1  # noqa: S311
        for _ in range(times):
            self._hand_out(self._delayed, random.uniform(0, self.disorder.delayed), function, event)  # noqa: S311

    def set_disorder(self, payload: Any) -> dict[str, float]:
        """The control route: `{"repeated": 0.2, "delayed": 0.5}`."""
        given = {name: float(payload.get(name, 0)) for name in ("repeated", "delayed")}
        if not 0 <= given["repeated"] <= 1 or not 0 <= given["delayed"] <= 10:
            raise ValueError("repeated is a share of 1, delayed at most 10 seconds")
        self.disorder = Disorder(**given)
        return given

    def at_work(self) -> int:
        """How many pieces of work are under way or wait for nothing but their turn."""
        waiting = 0
        for mapping in self._mappings():
            queue = _queue(mapping)
            waiting += sum(message.visible for message in list(queue._messages)) if queue else 0
        return self._handed_out + waiting

    def _delayed(self, seconds: float, function: LambdaFunction, event: Any) -> None:
        self._ended.wait(seconds)
        self._with_retries(function, event)

    def _hand_out(self, work: Callable[..., None], *arguments: Any) -> None:
        with self._lock:
            self._handed_out += 1
        self._threads.submit(self._handed, work, *arguments)

    def _handed(self, work: Callable[..., None], *arguments: Any) -> None:
        try:
            self._guarded(work, *arguments)
        finally:
            with self._lock:
                self._handed_out -= 1

    def _guarded(self, work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(*arguments)
        except Exception as error:  # a thread has nobody to raise to
            print(f"feeds: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

    def _with_retries(self, function: LambdaFunction, event: Any) -> None:
        outcome = self.runner.invoke(function, event)
        for seconds in RETRY_SECONDS[: int(_event_config(function).get("MaximumRetryAttempts", 2))]:
            if not outcome.failed or self._ended.wait(seconds):
                return
            outcome = self.runner.invoke(function, event, outcome.request_id)
        if outcome.failed:
            self._give_up(function, event, outcome)

    def _give_up(self, function: LambdaFunction, event: Any, outcome: Outcome) -> None:
        target = ((_event_config(function).get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if target and ":sqs:" in target:
            record = {
                "requestContext": {
                    "requestId": outcome.request_id,
                    "functionArn": function.function_arn,
                    "condition": "RetriesExhausted",
                },
                "requestPayload": event,
                "responsePayload": json.loads(outcome.payload),
            }
            _, _, _, region, account, name = target.split(":", 5)
            sqs_backends[account][region].send_message(name, json.dumps(record))
            self.changed("sqs")

    # Looking for work

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._guarded(self._look_once)

    def _look_once(self) -> None:
        for mapping in self._mappings():
            self._poll(mapping)
        for _, _, backend in scheduler_backends.iter_backends():
            for group in list(backend.schedule_groups.values()):
                for schedule in list(group.schedules.values()):
                    if schedule.state == "ENABLED" and _is_due(schedule):
                        self.fire(schedule)

    # Queues

    def _mappings(self) -> Iterator[EventSourceMapping]:
        for _, _, backend in lambda_backends.iter_backends():
            for mapping in list(backend._event_source_mappings.values()):
                if mapping.enabled and ":sqs:" in mapping.event_source_arn:
                    yield mapping

    def _poll(self, mapping: EventSourceMapping) -> None:
        queue = _queue(mapping)
        if queue is None or not any(message.visible for message in list(queue._messages)):
            return
        most = int((mapping.scaling_config or {}).get("MaximumConcurrency", DEFAULT_CONCURRENCY))
        while self._takes(mapping.uuid, most):
            messages = sqs_backends[mapping.account_id][mapping.region].receive_message(
                queue.name, min(10, mapping.batch_size), 0, int(queue.visibility_timeout or 30)
            )
            if not messages:
                self._gives_back(mapping.uuid)
                return
            self._hand_out(self._batch, mapping, queue, messages)

    def _takes(self, mapping: str, most: int) -> bool:
        with self._lock:
            if self._at_work.get(mapping, 0) >= most:
                return False
            self._at_work[mapping] = self._at_work.get(mapping, 0) + 1
            return True

    def _gives_back(self, mapping: str) -> None:
        with self._lock:
            self._at_work[mapping] -= 1

    def _batch(self, mapping: EventSourceMapping, queue: Queue, messages: list[Message]) -> None:
        """Deletes what the function did not say it failed with; the rest comes back when its time is over."""
        try:
            function = lambda_backends[mapping.account_id][mapping.region].get_function_by_arn(mapping.function_arn)
            if function is None:
                return
            event = {"Records": [_record(message, queue, mapping.region) for message in messages]}
            outcome = self.runner.invoke(function, event)
            failed = {message.id for message in messages} if outcome.failed else _failed(mapping, outcome.payload)
            for message in messages:
                if message.id not in failed and message.receipt_handle:
                    queue.delete_message(message.receipt_handle)
            self.changed("sqs")
        finally:
            self._gives_back(mapping.uuid)

    # Schedules

    def fire(self, schedule: Schedule) -> None:
        """Once; a schedule of `at` is then gone, or disabled where it is to stay."""
        target = schedule.target
        once = schedule.schedule_expression.startswith("at(")
        if once and schedule.action_after_completion == "DELETE":
            _, _, _, region, account, _ = schedule.arn.split(":", 5)
            scheduler_backends[account][region].delete_schedule(schedule.group_name, schedule.name)
        elif once:
            schedule.state = "DISABLED"
        self.changed("scheduler")
        _, _, service, region, account, resource = target["Arn"].split(":", 5)
        if service == "lambda":
            function = lambda_backends[account][region].get_function_by_arn(target["Arn"])
            if function:
                self.later(function, json.loads(target.get("Input") or "{}"))
        elif service == "sqs":
            group = (target.get("SqsParameters") or {}).get("MessageGroupId")
            sqs_backends[account][region].send_message(resource, target.get("Input") or "{}", group_id=group)
            self.changed("sqs")


def _event_config(function: LambdaFunction) -> dict[str, Any]:
    return function.event_invoke_config[0].config if function.event_invoke_config else {}


def _queue(mapping: EventSourceMapping) -> Queue | None:
    queues = sqs_backends[mapping.account_id][mapping.region].queues.values()
    return next((queue for queue in queues if queue.queue_arn == mapping.event_source_arn), None)


def _record(message: Message, queue: Queue, region: str) -> dict[str, Any]:
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        "SentTimestamp": str(message.sent_timestamp),
        "SenderId": message.sender_id,
        **({"MessageGroupId": message.group_id} if message.group_id else {}),
        **({"MessageDeduplicationId": message.deduplication_id} if message.deduplication_id else {}),
        **({"SequenceNumber": message.sequence_number} if message.sequence_number else {}),
    }
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": region,
    }


def _failed(mapping: EventSourceMapping, payload: str) -> set[str]:
    if "ReportBatchItemFailures" not in (mapping.function_response_types or ()):
        return set()
    answer: Any = json.loads(payload)
    return {item["itemIdentifier"] for item in (answer or {}).get("batchItemFailures") or ()}


def _is_due(schedule: Schedule) -> bool:
    if not schedule.schedule_expression.startswith("at("):
        return False  # the sandbox runs no repeated schedules by itself
    at = datetime.fromisoformat(schedule.schedule_expression[3:-1])
    return at.replace(tzinfo=ZoneInfo(schedule.schedule_expression_timezone)).timestamp() <= time.time()
