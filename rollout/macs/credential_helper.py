"""What signs a member in to AWS, as it is delivered to their machine: its files, and how the AWS profile names it.

What it does is in `mac/rollout_credentials`. It runs the same `okta-aws-cli` that a member without the files pastes
(`rollout.macs.sign_in`), once a session for all programs in place of once a program.
"""

from __future__ import annotations

import hashlib
import shlex
from datetime import datetime
from pathlib import Path

from rollout.macs.commit_guard import SHARED, File, package
from rollout.macs.places import PLACES, Platform
from rollout.model.cohort import Cohort
from rollout.model.rollout import Rollout
from rollout.model.whom_to_ask import whom_to_ask

ENTRY, SETTINGS = "rollout-credentials", "rollout-credentials.conf"
PACKAGES = (SHARED, "rollout_credentials")
SOURCES = Path(__file__).parents[2] / "mac"
# How long a person has to sign in: Okta's own code for it lasts ten minutes, and other programs wait meanwhile.
SIGN_IN_SECONDS = 180
# What is kept is handed out until five minutes before its end, and nothing is kept that could buy another session:
# Okta's access token (`--cache-access-token`) would, without a browser, for as long as Okta lets it.
MINUTES_BEYOND_SESSION = 0


def command(platform: Platform, credential_process: str) -> str:
    """The `credential_process` of the AWS profile that is installed. No POSIX shell: okta-aws-cli itself."""
    places = PLACES[platform]
    # AWS's clients hand it to a shell, or split it as one would.
    return f'"{places.folder}/{ENTRY}"' if places.shell else credential_process


def told(platform: Platform) -> dict[str, str]:
    """What Claude Code's settings say of it. The client shows what this prints, and nothing of what a
    `credential_process` says: without it a person who is cut reads that they should refresh their credentials."""
    path = f"{PLACES[platform].folder}/{ENTRY}"
    # Where nobody installed it, without a word: then okta-aws-cli itself signs in.
    return {"awsAuthRefresh": f'[ ! -x "{path}" ] || "{path}" sign-in'} if PLACES[platform].shell else {}


def settings(rollout: Rollout, cohort: str, credential_process: str) -> str:
    """What `rollout-credentials.conf` says, a line each; a name that is there again is a list."""
    words = shlex.split(credential_process)[1:]
    named = {option: words[words.index(option) + 1] for option in ("--org-domain", "--aws-iam-idp", "--aws-iam-role")}
    line = _dead_before(rollout.cohorts[cohort])
    entries = {
        "key": hashlib.sha256("\n".join(named.values()).encode()).hexdigest()[:24],
        "region": words[words.index("--aws-region") + 1],
        "role": named["--aws-iam-role"].rpartition("/")[2],
        "ask": whom_to_ask(rollout),
        "sign_in_seconds": SIGN_IN_SECONDS,
        "session_seconds": rollout.session_minutes * 60,
        **({"dead_before": int(line.timestamp())} if line else {}),
        **({"okta_aws_cli": rollout.mac.okta_aws_cli} if rollout.mac.okta_aws_cli else {}),
    }
    lines = [*entries.items(), *(("argument", word) for word in words)]
    return "".join(f"{name} = {value}\n" for name, value in lines)


def files(rollout: Rollout, cohort: str, platform: Platform, credential_process: str | None) -> tuple[File, ...]:
    """In the order in which they are to be written: the entry last, and the AWS profile only after it. None where
    nobody signs in, or there is no shell."""
    places = PLACES[platform]
    if credential_process is None or not places.shell:
        return ()
    told = settings(rollout, cohort, credential_process)
    return (
        File(path=f"{places.folder}/{SETTINGS}", content=told, mode=0o644),
        *(file for name in PACKAGES for file in package(places.folder, name)),
        File(path=f"{places.folder}/{ENTRY}", content=(SOURCES / ENTRY).read_text("utf-8"), mode=0o755),
    )


def _dead_before(cohort: Cohort) -> datetime | None:
    """The latest of the cohort's lines and its members': one file serves all, and who is not concerned signs in once
    more. Without it a person who is let in again would go on with the session that the cut has killed."""
    lines = [cohort.valid_from(), *(cohort.member_valid_from(email) for email in cohort.members)]
    return max((line for line in lines if line), default=None)
