"""Whose session it is: okta-aws-cli takes the only role that Okta offers, whatever role it was told (its issue 296).

An AWS app that the company had before offers roles besides ours. Somebody who is cut would go on with one of those.
"""

from __future__ import annotations

from http.client import HTTPException
from urllib.error import HTTPError

from aws_calls.request import whose

from rollout_credentials.config import Config
from rollout_credentials.errors import NoSessionError
from rollout_credentials.okta import REFUSED_SECONDS, not_let_in
from rollout_credentials.session import Session

SECONDS = 5


def check(config: Config, found: Session) -> None:
    """Raises NoSessionError where AWS says that it is another role's. Where AWS cannot be asked it is taken."""
    try:
        identity = whose(found.keys, config.region, url=config.sts_url, seconds=SECONDS)
    except HTTPError as error:
        if not 400 <= error.code < 500:
            return
        identity = None
    except (OSError, ValueError, HTTPException):
        return
    if identity is None:
        raise NoSessionError("Claude Code is not signed in: AWS does not know the session", REFUSED_SECONDS)
    if identity[0] != config.role:
        raise not_let_in(config)
