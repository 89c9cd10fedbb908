"""What a shell needs so that plain `pulumi` and AWS clients talk to the sandbox."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

from sandbox import company
from sandbox.settings import (
    AWS_ACCOUNT,
    AWS_KEY,
    HOST,
    JAMF_CLIENT_ID,
    JAMF_CLIENT_SECRET,
    OKTA_BASE_URL,
    OKTA_TOKEN,
    PROJECT,
    REGION,
    SLACK_PATH,
    Settings,
)

# Would win over the keys below.
UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", "AWS_ROLE_ARN")


def _no_proxy(current: str) -> str:
    names = [name.strip() for name in current.split(",") if name.strip()]
    return ",".join(dict.fromkeys([*names, HOST, "localhost"]))


def environment(settings: Settings) -> dict[str, str]:
    """Variables to set; those in `UNSET` must go."""
    no_proxy = _no_proxy(os.environ.get("NO_PROXY", "") or os.environ.get("no_proxy", ""))
    return {
        "AWS_ENDPOINT_URL": settings.aws_url,
        "AWS_ACCESS_KEY_ID": AWS_KEY,
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_ACCOUNT_ID": settings.account,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "OKTA_HTTP_PROXY": settings.okta_url,
        "OKTA_ORG_NAME": company.okta_org(settings.company),
        "OKTA_BASE_URL": OKTA_BASE_URL,
        "OKTA_API_TOKEN": OKTA_TOKEN,
        "JAMF_URL": settings.jamf_url,
        "JAMF_CLIENT_ID": JAMF_CLIENT_ID,
        "JAMF_CLIENT_SECRET": JAMF_CLIENT_SECRET,
        "SLACK_API_URL": f"{settings.aws_url}{SLACK_PATH}",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "SANDBOX_PROJECT": str(PROJECT),
        "SANDBOX_HOME": str(settings.home),
        company.VARIABLE: str(settings.company),
        AWS_ACCOUNT: settings.account,
        **{name: str(port) for name, port in settings.ports.items()},
    }


def variables_of(settings: Settings) -> dict[str, str]:
    """The environment of a sandbox's process."""
    return os.environ | {
        "SANDBOX_HOME": str(settings.home),
        company.VARIABLE: str(settings.company),
        AWS_ACCOUNT: settings.account,
        **{variable: str(port) for variable, port in settings.ports.items()},
    }


def exports(variables: Mapping[str, str]) -> str:
    """Variables as lines for a POSIX shell's `eval`."""
    lines = [f"unset {' '.join(UNSET)}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join(lines)
