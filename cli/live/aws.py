"""AWS, asked with whatever credentials a person has, of the stack's own account and no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config

from cli.stack_file.accounts import allowed_accounts
from cli.terminal.errors import CommandError

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 10, 2
_CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    max_pool_connections=16,
)

# A client of a service, by its name.
Clients = Callable[[str], Any]


def clients(config: Mapping[str, Any], answer_seconds: int | None = None) -> Clients:
    """`config`: the stack file's. Its `aws:region` and `aws:profile` decide, where they are given; else whatever AWS's
    own tools would take. Clients may be used by several threads; a session makes one at a time. `answer_seconds`: how
    long one call may take that is made once, instead of a few seconds and tries.
    """
    patient = Config(read_timeout=answer_seconds, retries={"total_max_attempts": 1})
    how = _CONFIG.merge(patient) if answer_seconds else _CONFIG
    session: Any = boto3.Session(
        region_name=config.get("aws:region") or None, profile_name=config.get("aws:profile") or None
    )
    made: dict[str, Any] = {}
    lock = threading.Lock()

    def client(service: str) -> Any:
        with lock:
            if service not in made:
                made[service] = session.client(service, config=how)
            return made[service]

    return client


def own_clients(config: Mapping[str, Any], outputs: Mapping[str, Any], answer_seconds: int | None = None) -> Clients:
    """Of the stack's own account, by its file's `config` and what it put out; CommandError where it is another's."""
    made = clients(config, answer_seconds)
    checked_account(made, expected_accounts(config, outputs))
    return made


def account_of(clients: Clients) -> str:
    """The account that the credentials are of, twelve digits."""
    return str(clients("sts").get_caller_identity()["Account"])


def expected_accounts(config: Mapping[str, Any], outputs: Mapping[str, Any]) -> set[str]:
    """Those that a stack may be in, by `aws:allowedAccountIds`, else by its outputs' ARNs; else none are known."""
    return allowed_accounts(config) or set(_accounts(outputs))


def _accounts(outputs: Mapping[str, Any]) -> Iterator[str]:
    for cohort in (outputs.get("cohorts") or {}).values():
        arns = [cohort.get("role_arn"), *(cohort.get("profile_arns") or {}).values()]
        yield from (arn.split(":")[4] for arn in arns if isinstance(arn, str) and arn.count(":") >= 5)


def checked_account(clients: Clients, expected: set[str]) -> str:
    """CommandError where the credentials are of an account that the stack is not in. None expected: any."""
    account = account_of(clients)
    if expected and account not in expected:
        raise CommandError(
            f"these credentials are of account {account}, and the stack is in {', '.join(sorted(expected))}; "
            "nothing of AWS was read"
        )
    return account
