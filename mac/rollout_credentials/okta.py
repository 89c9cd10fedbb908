"""Runs okta-aws-cli, which opens Okta's page in a browser and waits for the person (its README, version 2.6.0)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
from datetime import datetime, timezone
from typing import Any, cast

from rollout_credentials import place
from rollout_credentials.config import Config
from rollout_credentials.errors import NoSessionError
from rollout_credentials.session import MAX_TEXT, NAMES, Session

NAME = "okta-aws-cli"
# Where Homebrew, Go and people put it; an IDE that was opened from the Dock has none of them on its PATH.
USUAL = ("/opt/homebrew/bin", "/usr/local/bin", "~/go/bin", "~/.local/bin", "~/bin", "/home/linuxbrew/.linuxbrew/bin")
SYSTEM = "/usr/bin:/bin:/usr/sbin:/sbin"
# A person who is cut is not asked again for five minutes; any other failure gives them a moment.
REFUSED_SECONDS, FAILED_SECONDS = 300, 30
# What it says where Okta or AWS does not let this person in, seen with 2.6.0 (webssoauth.go, apierror.go). It gives
# Okta's words and no code; an answer in them comes after the person has signed in, so it is about what they may.
REFUSED = re.compile(
    r"access[_ ]?denied|not assigned|not authorized to perform|403 forbidden|has no roles|no idps to choose"
    r"|could not find saml assertion|okta api returned an error: (?!.*(x-okta-request-id|rate limit|too many))",
    re.IGNORECASE,
)
MAX_SAID = 2000


def sign_in(config: Config) -> Session:
    """A new session. Raises NoSessionError."""
    command = [program(config), *config.arguments]
    try:
        return _run(config, command)
    except OSError as error:
        raise NoSessionError(f"Claude Code cannot sign in: {command[0]}: {error.strerror}", FAILED_SECONDS) from None


def _run(config: Config, command: list[str]) -> Session:
    # Not a pipe: the browser that it starts keeps stderr open for as long as it runs.
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment(),
            cwd="/",
        )
        try:
            printed, _ = child.communicate(timeout=config.sign_in_seconds)
        except subprocess.TimeoutExpired:
            raise NoSessionError(
                f"Claude Code is not signed in: nobody finished signing in to Okta within {config.sign_in_seconds} "
                "seconds; start again, and look for Okta's page in your browser",
                FAILED_SECONDS,
            ) from None
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                child.wait()
            if child.stdout:
                child.stdout.close()
        errors.seek(0)
        said = errors.read(MAX_SAID).decode("utf-8", "replace")
    if child.returncode:
        raise _refused(config, said)
    try:
        return _session(printed.decode("utf-8"))
    except (ValueError, RecursionError, OverflowError):
        raise NoSessionError("Claude Code is not signed in: okta-aws-cli printed no session", FAILED_SECONDS) from None


def _session(text: str) -> Session:
    """Of its `process-credentials` format. Raises ValueError for what is no session with an end."""
    found: object = json.loads(text) if len(text) <= 2 * MAX_TEXT else None
    given = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    values = [str(given.get(name) or "") for name in NAMES]
    end = values[-1][:-1] + "+00:00" if values[-1].endswith("Z") else values[-1]  # Python 3.9 knows no Z
    at = datetime.fromisoformat(end)
    return Session(values, (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp())


def program(config: Config) -> str:
    """Its absolute path. Raises NoSessionError."""
    if config.program is not None:
        if os.path.isabs(config.program) and os.access(config.program, os.X_OK):
            return config.program
        raise NoSessionError(f"Claude Code cannot sign in: there is no {NAME} at {config.program}; {config.ask}")
    usual = [folder.replace("~", place.home(), 1) for folder in USUAL]
    for folder in [*usual, *filter(os.path.isabs, os.environ.get("PATH", "").split(os.pathsep))]:
        path = os.path.join(folder, NAME)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise NoSessionError(
        f"Claude Code cannot sign in: there is no {NAME} in {', '.join(usual)} or on PATH; install it "
        f"(brew install {NAME}), or {config.ask}"
    )


def environment() -> dict[str, str]:
    """Nobody's own settings of it count: they could name another organization, role or browser, or print secrets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OKTA_"))}
    path = os.environ.get("PATH")
    return {**kept, "HOME": place.home(), "PATH": f"{path}{os.pathsep}{SYSTEM}" if path else SYSTEM}


def _refused(config: Config, said: str) -> NoSessionError:
    if REFUSED.search(said):
        return not_let_in(config)
    return NoSessionError(f"Claude Code is not signed in: {NAME} says: {_shown(said)}", FAILED_SECONDS)


def not_let_in(config: Config) -> NoSessionError:
    from rollout_credentials import announced

    told = announced.sentence()
    return NoSessionError(
        f"You are not let in to Claude Code: Okta or AWS refused {config.role}, as it does while "
        f"access is cut or not given{f' ({told})' if told else ''}; {config.ask}",
        REFUSED_SECONDS,
    )


def _shown(said: str) -> str:
    """Its first line, without anything as long as a token."""
    first = said.strip().partition("\n")[0]  # how it is used comes after it
    words = [word if len(word) <= 60 else "..." for word in first.split() if word.isprintable()]
    return " ".join(words)[:200] or "nothing"
