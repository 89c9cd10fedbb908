"""What a rollout needs of Jamf Pro, where its stack file has one: an API client, and its role's privileges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from cli.doctor.finding import TIMEOUT, Check, Finding, broken, fine, unknown
from cli.doctor.steps import Step
from rollout.model.macs import Channel
from rollout.model.rollout import Rollout

TOKEN = "/api/v1/oauth/token"
# Of whoever asks, an API client as well as a person.
WHO = "/api/v1/auth"
# Of a role that is not of single sites: what we make belongs to none.
ALL_SITES = "-1"
VERBS = ("Create", "Read", "Update", "Delete")
# Things of Jamf Pro that are made and removed, and what is read besides; docs/jamf.md says what for.
THINGS = ("Static Computer Groups", "Scripts", "Policies")
READS = ("Read Computers",)
# The same of `mac.channel: profile` alone.
PROFILE_THINGS = ("macOS Configuration Profiles",)
PROFILE_READS = ("View MDM command information in Jamf Pro API",)


def checks(rollout: Rollout, environment: Mapping[str, str], secrets: Callable[[], Rollout]) -> list[Check]:
    if not rollout.jamf:
        return []
    look = lambda: _client(rollout, environment, secrets)  # noqa: E731
    return [Check(name="Jamf Pro", look=look, fix="check jamf.url and the network", step=Step.JAMF)]


def needed(channel: Channel) -> set[str]:
    """Privileges, as Jamf Pro calls them."""
    by_profile = channel is Channel.PROFILE
    things, reads = (THINGS + PROFILE_THINGS, READS + PROFILE_READS) if by_profile else (THINGS, READS)
    return {*(f"{verb} {thing}" for thing in things for verb in VERBS), *reads}


def _client(rollout: Rollout, environment: Mapping[str, str], secrets: Callable[[], Rollout]) -> Iterator[Finding]:
    assert rollout.jamf is not None  # noqa: S101  `checks`
    secret = environment.get("JAMF_CLIENT_SECRET")
    if not secret:
        kept = secrets().jamf_client_secret
        secret = kept.get_secret_value() if kept else ""
    url = environment.get("JAMF_URL") or rollout.jamf.url
    form = {
        "grant_type": "client_credentials",
        "client_id": environment.get("JAMF_CLIENT_ID") or rollout.jamf.client_id,
        "client_secret": secret,
    }
    # One client for both calls: another of Jamf Pro's nodes may not know the token yet, and a cookie holds to one.
    with httpx.Client(base_url=url, timeout=TIMEOUT) as jamf:
        answer = jamf.post(TOKEN, data=form)
        if not answer.is_success:
            fix = "check jamf.client_id and jamf_client_secret, and that the client is enabled"
            yield broken("Jamf Pro", f"{url} gives the API client no token ({answer.status_code})", fix)
            return
        yield fine("Jamf Pro", f"{url} knows the API client")
        said = jamf.get(WHO, headers={"Authorization": f"Bearer {answer.json()['access_token']}"})
    yield privileges_finding(needed(rollout.mac.channel), said.json() if said.is_success else {})


def privileges_finding(wanted: set[str], said: Mapping[str, Any]) -> Finding:
    """`said`: Jamf Pro's answer about who asks; empty where it gave none."""
    check = "Jamf privileges"
    by_site: Mapping[str, list[str]] = (said.get("account") or {}).get("privilegesBySite") or {}
    if not by_site:
        return unknown(check, "Jamf Pro does not say the API client's", "compare its API role with docs/jamf.md")
    if ALL_SITES not in by_site:
        return broken(check, "the API client's are of single sites", "give it an API role of the full Jamf Pro")
    missing = sorted(wanted - set(by_site[ALL_SITES]))
    if missing:
        return broken(check, f"missing: {', '.join(missing)}", "add them to the client's API role")
    return fine(check, f"the API client has all {len(wanted)}")
