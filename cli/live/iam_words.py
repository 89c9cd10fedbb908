"""What IAM refuses of a cohort's role, in words that tell whoever is on call what to do."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from cli.live.aws import Clients
from cli.live.cut_store import code
from cli.terminal.errors import CommandError
from rollout import names


class NoRoleError(CommandError):
    """A cohort has no role in this account: never deployed, rolled back, or in another account."""


@contextmanager
def explained(clients: Clients, cohort: str, action: str) -> Generator[Any]:
    """IAM's client; what AWS refuses comes in words that tell whoever is on call what to do. `action`: the right that
    is needed most."""
    role = names.role(cohort)
    try:
        yield clients("iam")
    except ClientError as error:
        said_code, said = code(error), str(cast("dict[str, Any]", error.response.get("Error", {})).get("Message"))
        match said_code:
            case "NoSuchEntity":
                text = no_role(role)
                raise NoRoleError(text) from None
            case "AccessDenied":
                text = f"{role}: AWS refuses these credentials {action}; take the role for on-call. {said}"
            case "LimitExceeded" if "PolicySize" in said:
                text = f"{names.cut_managed_policy(cohort)}: this policy has every cut of the cohort, and is full (IAM "
                text += f"takes 6,144 characters); `rollout cut {cohort}` cuts everybody of it. {said}"
            case "LimitExceeded":
                text = f"{role}: its inline policies are full (IAM takes 10,240 characters on a role); "
                text += f"`rollout cut {cohort}` cuts everybody of it. {said}"
            case "ExpiredToken" | "InvalidClientTokenId" | "ExpiredTokenException" | "UnrecognizedClientException":
                text = f"AWS refuses these credentials: {said}; sign in to AWS again, or set AWS_PROFILE"
            case _:
                text = f"{role}: {error.operation_name}: {said_code}: {said}; repeat the command"
        raise CommandError(" ".join(text.split())) from None
    except BotoCoreError as error:
        text = (
            f"AWS cannot be asked: {' '.join(str(error).split())}; sign in to AWS, set AWS_PROFILE, check the network"
        )
        raise CommandError(text) from None


def no_role(role: str) -> str:
    return f"there is no role {role} in the account of these credentials"
