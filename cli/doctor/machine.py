"""Whether a developer's machine has what Claude Code needs here. It signs nobody in, and shows no credential."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, cast

import httpx

from cli.doctor.finding import TIMEOUT, Check, Finding, broken, fine, unknown
from cli.doctor.installed import Machine
from cli.doctor.programs import AWS_CLI_INSTALL, USUAL, aws_cli, by_portal, program_at, run
from rollout import names
from rollout.leaks.masked import masked
from rollout.macs.checks import findings as merged_findings
from rollout.macs.checks import text_findings
from rollout.macs.credential_helper import ENTRY
from rollout.macs.level_seen import level_in
from rollout.macs.places import Platform
from rollout.macs.sign_in import PORTAL_SIGN_IN
from rollout.macs.sources import drop_in_findings
from rollout.macs.untyped import list_of
from rollout.model.client_versions import FLOOR
from rollout.model.errors import shown
from rollout.model.macs import VERSION, version_of
from rollout.model.rollout import Rollout

# Of SigV4 (IAM user guide, signing: a request must reach AWS within five minutes of its time stamp).
MOST_SKEW_SECONDS, NOTICED_SKEW_SECONDS = 300, 60
INSTALL = "https://code.claude.com/docs/en/setup"
RELEASES = "https://github.com/okta/okta-aws-cli/releases"
INSTALLED_BY: Mapping[Platform, str] = {
    Platform.MACOS: f"brew install okta-aws-cli, or {RELEASES}",
    Platform.LINUX: f"put the program of {RELEASES} on PATH; where Homebrew is, brew install okta-aws-cli",
    Platform.WINDOWS: RELEASES,
}
# Rules of `text_findings` about a text, not about what it says.
OF_TEXT = frozenset({"not_json", "duplicate_key"})


def checks(machine: Machine, rollout: Rollout | None) -> list[Check]:
    """`rollout`: where somebody named a stack file."""
    return [
        Check(name="Claude Code", look=lambda: claude_code(machine, rollout), fix="run `claude doctor`"),
        Check(name="managed settings", look=lambda: settings(machine, rollout), fix=machine.ask),
        Check(name="shell", look=lambda: shell(machine), fix=""),
        _signs_in(machine),
        Check(name="gateway", look=lambda: gateway(machine), fix="look at your network, a proxy or VPN included"),
        Check(name="clock", look=lambda: clock(machine), fix="look at your network, a proxy or VPN included"),
    ]


def _signs_in(machine: Machine) -> Check:
    if by_portal(machine):
        return Check(name="AWS's command line", look=lambda: aws_cli(machine), fix=f"install it: {AWS_CLI_INSTALL}")
    return Check(name="okta-aws-cli", look=lambda: okta_aws_cli(machine), fix=f"install it: {RELEASES}")


def claude_code(machine: Machine, rollout: Rollout | None) -> Iterator[Finding]:
    name = "Claude Code"
    program = program_at(machine, "claude", ("~/.local/bin", "/opt/homebrew/bin", "/usr/local/bin"))
    if program is None:
        yield broken(name, "there is no `claude` on PATH", f"install it: {INSTALL}")
        return
    said = run(machine, program, "--version").stdout
    found = re.match(rf"({VERSION})\b", said)
    if not found:
        yield unknown(name, f"{program} does not say its version", "run `claude doctor`")
        return
    least: object = machine.document.get("requiredMinimumVersion")
    if least is None:
        least = rollout.claude.minimum_version if rollout else FLOOR
    if not isinstance(least, str) or not re.fullmatch(VERSION, least):
        text = f"{found[1]} at {program}; requiredMinimumVersion is no version to hold it against: {shown(least)}"
        yield unknown(name, text, machine.ask)
    elif version_of(found[1]) < version_of(least):
        yield broken(name, f"{found[1]}, older than {least}, so it does not start", "run `claude update`")
    else:
        yield fine(name, f"{found[1]} at {program}, not older than {least}")


def settings(machine: Machine, rollout: Rollout | None) -> Iterator[Finding]:
    name, source = "managed settings", machine.source
    if source is None:
        where = " or ".join(place for place in (machine.places.profile, machine.places.settings) if place)
        yield broken(name, f"none at {where}, so Claude Code is not this company's here", _wait(machine, rollout))
        return
    try:
        mistakes = text_findings(machine.text or "")
    except (OSError, ValueError) as error:
        yield broken(name, f"{source} cannot be read: {error}", machine.ask)
        return
    by_hand = f"do not mend it by hand: {machine.ask}"
    if machine.drop_ins:
        # Of the client's document, which is both; of the file by itself only that it is JSON.
        mistakes = [*(each for each in mistakes if each.rule in OF_TEXT), *merged_findings(machine.document)]
        yield from _drop_ins(machine, by_hand)
    for mistake in mistakes:
        yield broken(name, f"{machine.judged}: {mistake.line}", by_hand)
    if not machine.document:
        return
    level = level_in(machine.document)
    yield from _level(machine, rollout, level.value)


def _drop_ins(machine: Machine, fix: str) -> Iterator[Finding]:
    for each in machine.drop_ins:
        if each.document is None:
            text = f"{each.path}: no JSON map, so that none of it is in effect"
            yield broken("managed settings", text, fix)
        for found in drop_in_findings(machine.base, each.document or {}):
            yield broken("managed settings", f"{each.path}: {found.line}", fix)


def _level(machine: Machine, rollout: Rollout | None, level: str) -> Iterator[Finding]:
    cohort = cohort_of(machine, rollout)
    of = f" of cohort {cohort}" if cohort else ""
    announced = [masked(str(text)) for text in list_of(machine.document, "companyAnnouncements")]
    says = f"level {level}{of}, at {machine.judged}" + (f"; they say: {announced[0]}" if announced else "")
    if rollout is None or cohort is None:
        yield fine("managed settings", says)
        return
    # One person's own level may be higher than the cohort's.
    found = rollout.cohorts[cohort]
    levels = {found.level.value} | {found.level_of(email).value for email in found.members}
    if level in levels:
        yield fine("managed settings", says)
    else:
        expected = ", ".join(sorted(levels))
        yield broken("managed settings", f"{says}; the stack file says {expected}", _wait(machine, rollout))


def cohort_of(machine: Machine, rollout: Rollout | None) -> str | None:
    """By the role that is signed in to. With a stack file, one of its cohorts or None."""
    role = names.of_cohort(machine.told.get("role", ""))
    prefix = names.role("")
    cohort = role.removeprefix(prefix) if role.startswith(prefix) else None
    return cohort if cohort and (rollout is None or cohort in rollout.cohorts) else None


def _wait(machine: Machine, rollout: Rollout | None) -> str:
    minutes = rollout.mac.check_in_minutes if rollout and rollout.jamf else None
    first = f"wait {minutes} minutes for the Mac's check-in; then " if minutes else ""
    return f"{first}{machine.ask}"


# With one of these exported the client does not start, or is led elsewhere (docs/macs.md).
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LEADS_ELSEWHERE = ("AWS_ENDPOINT_URL", "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST", "ANTHROPIC_UNIX_SOCKET")


def shell(machine: Machine) -> Iterator[Finding]:
    exported = [each for each in LEADS_ELSEWHERE if machine.environment.get(each) and each not in machine.env]
    for each in exported:
        what = _led_to(machine.environment[each]) if each == "AWS_ENDPOINT_URL" else ""
        text = f"{each} is exported{what}, so Claude Code does not start in this shell"
        yield broken("shell", text, f"env -u {each} claude" + (", or another shell" if what else ""))
    if not exported:
        yield fine("shell", "nothing is exported that keeps Claude Code from starting")


def _led_to(url: str) -> str:
    """Where this shell's calls of AWS go, said only of this machine itself: an address may hold a secret."""
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        return ""
    return f" and leads to a stand-in of AWS on this machine ({host})" if host in LOOPBACK else ""


def gateway_of(machine: Machine) -> str:
    """The address by which this machine's settings lead to models; empty where that is AWS's own."""
    return str(machine.document.get("forceLoginGatewayUrl") or machine.env.get("ANTHROPIC_BASE_URL") or "")


def gateway(machine: Machine) -> Iterator[Finding]:
    """Whether it is reached from here; nobody is signed in to it."""
    if url := gateway_of(machine):
        status = httpx.get(url, timeout=TIMEOUT).status_code
        if status >= 500:
            yield broken("gateway", f"{url} answers with {status}", machine.ask)
        else:
            yield fine("gateway", f"{url} is reached from here")


def okta_aws_cli(machine: Machine) -> Iterator[Finding]:
    name = "okta-aws-cli"
    if gateway_of(machine):
        yield fine(name, "not needed: you come in by a gateway")
        return
    if machine.document and "AWS_CONFIG_FILE" not in machine.env:
        yield fine(name, "not needed: your own AWS profile signs you in")
        return
    told = machine.told.get("okta_aws_cli")
    program = told if told and os.access(told, os.X_OK) else None if told else program_at(machine, name, USUAL)
    if program is None:
        where = told or "PATH, or where it is usually put"
        yield broken(name, f"not found in {where}", INSTALLED_BY[machine.platform])
        return
    said = masked(run(machine, program, "--version").stdout) or "says no version"
    yield fine(name, f"{said[:60]}, at {program}")


def clock(machine: Machine) -> Iterator[Finding]:
    """Held against AWS's own: a session that is signed at another time is refused."""
    if gateway_of(machine):
        return  # it signs, by its own clock
    if not machine.region:
        yield unknown("clock", "not compared: no settings say which region is called", machine.ask)
        return
    url = machine.env.get("AWS_ENDPOINT_URL_STS") or f"https://sts.{machine.region}.amazonaws.com"
    # AWS's own time is in each answer, a refusal too.
    answer = httpx.get(url, timeout=TIMEOUT)
    theirs = parsedate_to_datetime(answer.headers["Date"])
    skew = abs((datetime.now(UTC) - theirs).total_seconds())
    text, fix = f"{skew:.0f} s away from AWS's", "have the system set its time by itself"
    if skew >= MOST_SKEW_SECONDS:
        yield broken("clock", f"{text}: AWS refuses what is signed by it", fix)
    elif skew >= NOTICED_SKEW_SECONDS:
        yield unknown(
            "clock", f"{text}; at {MOST_SKEW_SECONDS} s AWS refuses", "have the system set its time by itself"
        )
    else:
        yield fine("clock", text)


# The sign-in, and what it opens


def sign_in(machine: Machine) -> tuple[list[Finding], Mapping[str, str] | None]:
    """What is found, and the session that is kept, which goes nowhere but to AWS. Nobody is signed in by this."""
    name = "sign-in"
    if url := gateway_of(machine):
        return [_by_gateway(machine, url)], None
    if not machine.document or machine.env.get("AWS_PROFILE") == "":
        why = "the settings of this machine let nobody sign in" if machine.document else "there are no settings"
        return [unknown(name, f"not looked at: {why}", machine.ask)], None
    if "AWS_CONFIG_FILE" not in machine.env:
        text = "not looked at: your own AWS profile signs you in, by a program that this does not know"
        return [unknown(name, text, "run `aws sts get-caller-identity --profile claude-code`")], None
    command = machine.credential_process
    if command is None:
        text = f"{machine.env['AWS_CONFIG_FILE']}: missing, or names no credential_process"
        return [broken(name, text, machine.ask)], None
    if by_portal(machine):
        text = f"AWS's command line gets each session by the portal's; `{PORTAL_SIGN_IN}` where that is over"
        return [fine(name, text)], None
    if Path(command[0]).name != ENTRY:
        text = f"each start of Claude Code runs `{Path(command[0]).name}`, which opens Okta's page; nothing is kept"
        return [fine(name, text)], None
    program = str(machine.file(command[0]))
    if not os.access(program, os.X_OK):
        return [broken(name, f"{command[0]}: not there, or not to be run", machine.ask)], None
    result = run(machine, program, "cached")
    if result.returncode:
        said = masked(result.stderr) or "says nothing"
        return [unknown(name, said, f'start `claude`, or type "{command[0]}" sign-in; Okta\'s page opens')], None
    return _session(result.stdout)


def _by_gateway(machine: Machine, url: str) -> Finding:
    if machine.document.get("forceLoginMethod") == "gateway":
        return fine("sign-in", f"by /login in `claude`, which leads to {url}")
    command = shlex.split(str(machine.document.get("apiKeyHelper") or ""))
    if not command:
        return unknown("sign-in", "the settings of this machine let nobody sign in", machine.ask)
    if not os.access(machine.file(command[0]), os.X_OK):
        return broken("sign-in", f"{command[0]}: not there, or not to be run", machine.ask)
    return fine("sign-in", f"by {command[0]}, which opens Okta's page once an hour")


def _session(printed: str) -> tuple[list[Finding], Mapping[str, str] | None]:
    try:
        found = cast("Mapping[str, Any]", json.loads(printed))
        keys = {name: str(found[name]) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
        ends = str(found["Expiration"])
    except (ValueError, KeyError, TypeError):
        return [
            broken("sign-in", "what signs in printed no session", "sign in anew: `rollout-credentials again`")
        ], None
    return [fine("sign-in", f"signed in, until {masked(ends)}")], keys
