"""A cohort in the sandbox's AWS as a stack with LiteLLM as its gateway builds it, and the real proxy in front of it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import socket
import subprocess
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from gateway.source import REFRESH_SECONDS
from rollout import names
from rollout.access.documents import invoke_policy, logging_policy, logging_trust_policy
from rollout.access.federation import trust_policy
from rollout.account import Account
from rollout.gateway.level_item import level_item
from rollout.gateway.litellm import files
from rollout.gateway.task_policy import task_policy
from rollout.model.rollout import Rollout
from sandbox.aws.invocation_logging import STREAM
from sandbox.settings import ACCOUNT_ID, AWS_KEY, HOST, REGION
from sandbox.tests.aws_harness import Aws
from tests.config.stack_files import loaded
from tests.litellm.people import Okta
from tests.stacks import COMPANY, small

ACCOUNT = Account(ACCOUNT_ID, REGION)
ALICE, GRACE, BOB = "alice.chen@acme.example", "grace.liu@acme.example", "bob.kim@acme.example"
_DIRECTORY = (COMPANY / "directory.csv").read_text(encoding="utf-8")
PEOPLE = [row["email"] for row in csv.DictReader(io.StringIO(_DIRECTORY)) if row["email"] not in {ALICE, GRACE}]
CROWD = (ALICE, *PEOPLE[:19])
"""Who is in `pilot`. Grace is in `second`, alone."""
GROUP = "/claude-code/invocations"
ROLE = "claude-gateway"
GATEWAY = {"kind": "litellm", "url": "https://claude.acme.example", "role_arn": ACCOUNT.iam(f"role/{ROLE}")}
INCIDENT = {"id": "INC-7", "since": "2026-11-01T00:00:00Z", "reason": "A key was found in a commit."}
START_SECONDS = 240
LEVEL_SECONDS = 60
DIRECT = httpx.Client(trust_env=False, timeout=240)


def stack(level: str = "active", **changes: Any) -> Rollout:
    """A stack file with the crowd in `pilot`, at `level`, and Grace in `second`, always at `active`. `changes`: of
    `pilot`; `throttle`, `gateway`: of the file."""
    document = small()
    document["gateway"] = {**GATEWAY, **changes.pop("gateway", {})}
    document["throttle"] = changes.pop("throttle", {})
    cohorts: dict[str, Any] = document["cohorts"]
    usual: dict[str, Any] = {"level": "active", "models": ["sonnet", "haiku"]}
    cohorts["second"] = {**usual, "members": {GRACE: _person(GRACE)}}
    cohorts["pilot"] = {**usual, "members": {one: _person(one) for one in CROWD}, "level": level}
    if level != "active":
        cohorts["pilot"]["incident"] = INCIDENT
    cohorts["pilot"].update(changes)
    return loaded(document)


def _person(email: str) -> dict[str, str]:
    return {"name": email.partition("@")[0], "team": "backend"}


@dataclass
class World:
    """`profiles`: ARNs by cohort and label."""

    aws: Aws
    okta: Okta
    profiles: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def client(self, service: str, **more: Any) -> Any:
        return self.aws.client(service, **{"key": AWS_KEY, **more})

    def build(self, rollout: Rollout) -> World:
        iam = self.client("iam")
        task = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT.iam("root")}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_document(task))
        policy = json.dumps(task_policy(rollout, ACCOUNT))
        iam.put_role_policy(RoleName=ROLE, PolicyName="gateway", PolicyDocument=policy)
        self.client("dynamodb").create_table(
            TableName=names.USAGE_TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        for cohort in rollout.cohorts:
            self._cohort(rollout, cohort)
        self._keep_records()
        return self

    def _cohort(self, rollout: Rollout, cohort: str) -> None:
        self.profiles[cohort] = {}
        for label in rollout.cohorts[cohort].models:
            source = {"copyFrom": ACCOUNT.source_arn(rollout.models[label])}
            made = self.client("bedrock").create_inference_profile(
                inferenceProfileName=f"{cohort}-{label}", modelSource=source
            )
            self.profiles[cohort][label] = made["inferenceProfileArn"]
        trust = json.dumps(trust_policy(rollout, ACCOUNT, cohort))
        self.client("iam").create_role(RoleName=names.role(cohort), AssumeRolePolicyDocument=trust)
        self.allow(rollout, cohort)
        self.save(rollout, cohort)

    def _keep_records(self) -> None:
        iam, logs = self.client("iam"), self.client("logs")
        logs.create_log_group(logGroupName=GROUP)
        iam.create_role(RoleName="logger", AssumeRolePolicyDocument=json.dumps(logging_trust_policy(ACCOUNT)))
        document = json.dumps(logging_policy(ACCOUNT, GROUP))
        iam.put_role_policy(RoleName="logger", PolicyName="write", PolicyDocument=document)
        kept = {"logGroupName": GROUP, "roleArn": ACCOUNT.iam("role/logger")}
        self.client("bedrock").put_model_invocation_logging_configuration(
            loggingConfig={"cloudWatchConfig": kept, "textDataDeliveryEnabled": False}
        )

    def records(self) -> list[dict[str, Any]]:
        """Bedrock's own, of every call that it answered or refused."""
        logs = self.client("logs")
        if not logs.describe_log_streams(logGroupName=GROUP)["logStreams"]:
            return []
        events = logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, limit=10_000)["events"]
        return [json.loads(event["message"]) for event in events]

    def allow(self, rollout: Rollout, cohort: str = "pilot") -> None:
        """As an update leaves it at this level; at one that takes everything, a Deny instead."""
        labels = rollout.cohorts[cohort].usable_models(rollout.throttle)
        models = {label: rollout.models[label] for label in labels}
        arns = {label: self.profiles[cohort][label] for label in labels}
        denied = _document({"Effect": "Deny", "Action": "*", "Resource": "*"})
        document = json.dumps(invoke_policy(ACCOUNT, models, arns)) if models else denied
        self.client("iam").put_role_policy(RoleName=names.role(cohort), PolicyName="invoke", PolicyDocument=document)

    def save(self, rollout: Rollout, cohort: str = "pilot") -> None:
        """What an update writes down for the hook; IAM is not touched."""
        item = level_item(rollout, ACCOUNT, cohort, self.profiles[cohort])
        self.client("dynamodb").put_item(TableName=names.USAGE_TABLE, Item=item)

    def reached(self, gateway: Proxy, rollout: Rollout) -> float:
        """Saves the level, and gives the seconds until the gateway has it. Of the level that it has already nothing is
        said: then it has read the rest once the usual time is over."""
        level, before = rollout.cohorts["pilot"].level.value, len(gateway.levels("pilot"))
        began = time.monotonic()
        self.save(rollout)
        if gateway.levels("pilot")[-1:] == [level]:
            time.sleep(REFRESH_SECONDS + 1)
            return time.monotonic() - began
        while len(gateway.levels("pilot")) == before:
            assert time.monotonic() - began < LEVEL_SECONDS, gateway.log.read_text(encoding="utf-8")[-2000:]
            time.sleep(0.1)
        assert gateway.levels("pilot")[-1] == level
        return time.monotonic() - began

    def used(self, person: str, **tokens: int) -> None:
        """What the meter has counted for somebody today."""
        key = f"user-day#{person}#{time.strftime('%Y-%m-%d', time.gmtime())}"
        item = {"id": {"S": key}, **{kind: {"N": str(number)} for kind, number in tokens.items()}}
        self.client("dynamodb").put_item(TableName=names.USAGE_TABLE, Item=item)

    def calls(self) -> list[dict[str, Any]]:
        """That have reached AWS."""
        return self.aws.control("GET", "calls")

    def task_session(self) -> dict[str, str]:
        keys = self.client("sts").assume_role(RoleArn=ACCOUNT.iam(f"role/{ROLE}"), RoleSessionName="task")[
            "Credentials"
        ]
        return {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass
class Proxy:
    """The real one, as a team runs it."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def ask(self, key: str, text: str = "hello", model: str = "sonnet", **more: Any) -> httpx.Response:
        return DIRECT.post(f"{self.url}/v1/messages", headers=headers(key), json=message(text, model, **more))

    def said(self) -> list[dict[str, Any]]:
        """The hook's own lines."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith('{"at"')]

    def levels(self, cohort: str) -> list[str]:
        """Each that the hook has heard of, in order."""
        return [line["level"] for line in self.said() if line["gateway"] == "level" and line["cohort"] == cohort]


def headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", "anthropic-version": "2023-06-01"}


def message(text: str = "hello", model: str = "sonnet", **more: Any) -> dict[str, Any]:
    return {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": text}], **more}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"]


@contextlib.contextmanager
def proxy(
    world: World,
    rollout: Rollout,
    python: Path,
    folder: Path,
    hook: Mapping[str, str] | None = None,
    *,
    bare: bool = False,
) -> Generator[Proxy]:
    """`hook`: in place of what the emitted file tells the hook. `bare`: LiteLLM without the hook, as the root of the
    sandbox's account: what a latency is compared with."""
    folder.mkdir(parents=True)
    for name, text in files(rollout, ACCOUNT).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    document = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    okta = {"keys_url": f"{world.okta.url}/oauth2/v1/keys", "user_info_url": f"{world.okta.url}/oauth2/v1/userinfo"}
    document["rollout"] |= {**okta, **(hook or {})}
    if bare:
        _without_hook(document, world.profiles["pilot"])
    (folder / "config.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    start = ["-m", "gateway", "--config", "config.yaml"] if not bare else ["-c", BARE, "--config", "config.yaml"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "NO_PROXY": HOST,
        "AWS_ENDPOINT_URL": world.aws.url,
        "AWS_BEDROCK_RUNTIME_ENDPOINT": world.aws.url,
        "AWS_REGION": REGION,
        **(world.task_session() if not bare else BARE_ENVIRONMENT),
    }
    with (folder / "log").open("wb") as log:
        command = [str(python), *start, "--host", HOST, "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        made = Proxy(f"http://{HOST}:{port}", folder / "log", process)
        try:
            _wait(made, "/health/liveliness" if bare else "/ready")
            yield made
        finally:
            process.terminate()
            process.wait(20)


BARE = "import sys; from litellm import run_server; sys.argv[0] = 'litellm'; run_server()"
BARE_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": AWS_KEY,
    "AWS_SECRET_ACCESS_KEY": "-",
    "LITELLM_MASTER_KEY": f"sk-{'b4' * 32}",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "WARNING",
}


def _without_hook(document: dict[str, Any], profiles: Mapping[str, str]) -> None:
    del document["rollout"], document["general_settings"]["custom_auth"], document["litellm_settings"]["callbacks"]
    for model in document["model_list"]:
        model["litellm_params"]["model_id"] = profiles[model["model_name"]]


def _wait(made: Proxy, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if DIRECT.get(made.url + path).status_code == 200:
                return
        assert made.process.poll() is None, made.log.read_text(encoding="utf-8")[-4000:]
        time.sleep(0.2)
    raise TimeoutError(made.log.read_text(encoding="utf-8")[-4000:])
