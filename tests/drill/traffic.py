"""People at work: sessions of real sign-ins that call the sandbox's Bedrock, and the moment at which they cannot."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.settings import REGION
from tests.engine.world import World

PROBE_SECONDS = 0.05
# By a policy; of a session whose role is gone; of a profile that is.
REFUSALS = {"AccessDeniedException", "UnrecognizedClientException", "ResourceNotFoundException"}
BODY = json.dumps(
    {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 16, "messages": [{"role": "user", "content": "drill"}]}
)
Session = Mapping[str, str]


def bedrock(world: World, session: Session) -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=world.settings.aws_url,
        region_name=REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def answers(client: Any, profile: str) -> bool:
    """Whether the model answers; any refusal but IAM's is a mistake of the drill, and raises."""
    try:
        client.invoke_model(modelId=profile, body=BODY)["body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in REFUSALS:
            return False
        raise
    return True


def answered(world: World, sessions: Iterable[Session], profiles: Iterable[str]) -> tuple[int, ...]:
    """For each profile, how many of the sessions get an answer."""
    clients, profiles = [bedrock(world, session) for session in sessions], list(profiles)
    return tuple(sum(answers(client, profile) for client in clients) for profile in profiles)


@dataclass
class Probe:
    """One session that asks one model again and again."""

    client: Any
    profile: str
    seen: list[tuple[float, bool]] = field(default_factory=list)

    @contextmanager
    def running(self) -> Generator[None]:
        ended = threading.Event()

        def ask() -> None:
            while not ended.wait(PROBE_SECONDS):
                at = time.time()
                self.seen.append((at, answers(self.client, self.profile)))

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def changed_at(self) -> float | None:
        """From when on the answer was what it is at the end; None where it never changed."""
        outcomes = [outcome for _, outcome in self.seen]
        if not outcomes or all(outcome == outcomes[-1] for outcome in outcomes):
            return None
        last_other = max(number for number, outcome in enumerate(outcomes) if outcome != outcomes[-1])
        return self.seen[last_other + 1][0]
