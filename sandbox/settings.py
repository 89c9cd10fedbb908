"""Where the sandbox lives and which ports it listens on: the one place that reads its environment."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox import company

PROJECT = company.PROGRAM

HOST = "127.0.0.1"
ACCOUNT_ID = "123456789012"
# The key of the account's root. No secret: signatures are not verified.
AWS_KEY = "sandbox"
REGION = "us-east-1"
# Of the organization's one instance of IAM Identity Center.
IDENTITY_STORE = "d-1234567890"
PORTAL = f"https://{IDENTITY_STORE}.awsapps.com/start"
# Client id and label of Okta's app that leads there.
IDENTITY_APP = "aws-iam-identity-center"
# These guard nothing: the sandbox listens on loopback and holds invented people. Okta, Slack, GitHub and Jamf Pro
# refuse a call without a token, so the sandbox must too.
OKTA_TOKEN = "sandbox-okta-token"
SLACK_TOKEN = "xoxb-sandbox"
GITHUB_TOKEN = "github_pat_sandbox000000000000000000"
JAMF_CLIENT_ID = "sandbox-jamf-client"
JAMF_CLIENT_SECRET = "sandbox-jamf-secret"
# Of Slack's Web API on AWS's port.
SLACK_PATH = "/sandbox/slack/api/"
OKTA_BASE_URL = "okta.com"

AWS_PORT, OKTA_PORT, JAMF_PORT = "SANDBOX_AWS_PORT", "SANDBOX_OKTA_PORT", "SANDBOX_JAMF_PORT"
AWS_ACCOUNT = "SANDBOX_AWS_ACCOUNT"
# moto's own: the account that its process answers for (5.2, `moto.core.responses`).
SERVED_ACCOUNT = "MOTO_ACCOUNT_ID"
# "end": what the clouds hold is saved when the sandbox is stopped and not before, so a crash loses it; saving is a
# quarter of its work, and no test of a world that never crashes has any use for it.
SAVES = "SANDBOX_SAVES"
DEFAULT_AWS_PORT = 5581
DEFAULT_OKTA_PORT = 5582
DEFAULT_JAMF_PORT = 5583


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`home` holds the sandbox's state, logs, engine state and plug-ins; deleting it forgets everything.

    `company` has the stack files.
    """

    home: Path
    aws_port: int
    okta_port: int
    jamf_port: int
    company: Path = company.EXAMPLE
    account: str = ACCOUNT_ID

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self.aws_port}"

    @property
    def okta_url(self) -> str:
        return f"http://{HOST}:{self.okta_port}"

    @property
    def jamf_url(self) -> str:
        return f"http://{HOST}:{self.jamf_port}"

    @property
    def ports(self) -> dict[str, int]:
        """By the variable that moves each."""
        return {AWS_PORT: self.aws_port, OKTA_PORT: self.okta_port, JAMF_PORT: self.jamf_port}

    @property
    def state(self) -> Path:
        """What AWS, Okta and Jamf Pro remember."""
        return self.home / "cloud"

    @property
    def log(self) -> Path:
        return self.home / "sandbox.log"


def served_account() -> str:
    """The account that this process is AWS for."""
    return os.environ.get(SERVED_ACCOUNT) or ACCOUNT_ID


def saved_at_the_end() -> bool:
    return os.environ.get(SAVES) == "end"


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, "").strip() or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise SystemExit(f"{name}: not a port: {text}. Set it to a number from 1 to 65535, or unset it.")
    return int(text)


def _account(given: Mapping[str, str]) -> str:
    text = given.get(AWS_ACCOUNT, "").strip() or ACCOUNT_ID
    if not (text.isascii() and text.isdecimal() and len(text) == 12):
        raise SystemExit(f"{AWS_ACCOUNT}: not an account: {text}. Set it to twelve digits, or unset it.")
    return text


def from_environment() -> Settings:
    """SANDBOX_HOME, the ports' variables and the account's, or the defaults; SystemExit names a wrong one.

    What `make env` printed in another clone is that clone's: it says so by SANDBOX_PROJECT.
    """
    owner = os.environ.get("SANDBOX_PROJECT", "")
    given: Mapping[str, str] = os.environ if owner in {"", str(PROJECT)} else {}
    files = company.folder(given, here=Path.cwd())
    own = PROJECT if files.is_relative_to(PROJECT) else files
    settings = Settings(
        company=files,
        home=Path(given.get("SANDBOX_HOME", "").strip() or own / ".sandbox").resolve(),
        aws_port=_port(given, AWS_PORT, DEFAULT_AWS_PORT),
        okta_port=_port(given, OKTA_PORT, DEFAULT_OKTA_PORT),
        jamf_port=_port(given, JAMF_PORT, DEFAULT_JAMF_PORT),
        account=_account(given),
    )
    for (one, port), (other, same) in itertools.combinations(settings.ports.items(), 2):
        if port == same:
            raise SystemExit(f"{one} and {other} are both {port}; each needs its own.")
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(
            f"SANDBOX_HOME: cannot make {settings.home}: {error.strerror}. Set it to a folder of yours."
        ) from None
    return settings
