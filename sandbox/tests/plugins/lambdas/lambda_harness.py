"""Types and inputs of functions and what they work with."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sandbox.plugins.framework.values import Props
from sandbox.tests.cloud_harness import ACCOUNT

FUNCTION = "aws:lambda/function:Function"


INVOCATION = "aws:lambda/invocation:Invocation"


MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"


PERMISSION = "aws:lambda/permission:Permission"


QUEUE = "aws:sqs/queue:Queue"


TABLE = "aws:dynamodb/table:Table"


ITEM = "aws:dynamodb/tableItem:TableItem"


EVENT_INVOKE = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"


URL = "aws:lambda/functionUrl:FunctionUrl"


GROUP = "aws:scheduler/scheduleGroup:ScheduleGroup"


SIG, ASSET, ARCHIVE = (
    "4dabf18193072939515e22adb298388d",
    "c44067f5952c0a294b673a41bacd8c17",
    "0def7320c3a5731c473e5ecbe6d01bc7",
)


ROLE = f"arn:aws:iam::{ACCOUNT}:role/announcer"


def archive(**files: str) -> Props:
    assets = {
        name.replace("_", "."): {SIG: ASSET, "hash": hashlib.sha256(text.encode()).hexdigest(), "text": text}
        for name, text in files.items()
    }
    digest = hashlib.sha256(json.dumps(assets, sort_keys=True).encode()).hexdigest()
    return {SIG: ARCHIVE, "hash": digest, "assets": assets}


def function(**changes: Any) -> Props:
    code = archive(main_py="def handler(event, context):\n    return event\n")
    return {"name": "echo", "role": ROLE, "handler": "main.handler", "runtime": "python3.13", "code": code} | changes


OPEN: Props = {"statementId": "open", "action": "lambda:InvokeFunction", "function": "echo", "principal": "*"}


def item(**attributes: Any) -> Props:
    return {"tableName": "counters", "hashKey": "id", "item": json.dumps({"id": {"S": "profile#1"}, **attributes})}
