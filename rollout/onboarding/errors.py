"""What a developer sees when Claude Code does not answer, what it means, and what to do.

The words are the client's own, of 2.1.197 and 2.1.332 (claude-code-client 10; findings of 2026-11-28), okta-aws-cli's
(`mac/rollout_credentials`), and those of our own settings. `{...}` is filled in by `rollout.onboarding.page`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """`kind`: its name, for a link. `sees`: words on the screen, one a line. `does`: what to do, in order."""

    kind: str
    title: str
    sees: tuple[str, ...]
    means: str
    does: tuple[str, ...]


TROUBLES: tuple[Trouble, ...] = (
    Trouble(
        kind="no-session",
        title="Not signed in, or the session has expired",
        sees=("Could not load credentials from any providers", "API Error: 403 … security token … is expired"),
        means="A sign-in lasts {session_minutes} minutes. It has ended, or nobody finished it in the browser, or "
        "okta-aws-cli is not installed.",
        does=(
            "Start Claude Code again and look for Okta's page in your browser; confirm the code.",
            "If no page opens, check that okta-aws-cli is installed (step 2).",
            "To begin anew, whatever is kept: {again}",
        ),
    ),
    Trouble(
        kind="access-denied",
        title="AccessDenied: 403, not authorized",
        sees=(
            "API Error: 403 User … is not authorized to perform: bedrock:InvokeModel… with an explicit deny",
            "AWS authentication failed · refresh your AWS credentials",
        ),
        means="With the words “explicit deny”, access was stopped on purpose: an incident, or a stop of spend or of "
        "tokens that you have reached. Without them, the model is none of your cohort's. New credentials do not help.",
        does=(
            "Read what Claude Code says under its banner at its start, and your messages: whoever is stopped is told.",
            "See what is left for you today: {own_usage}",
            "Choose one of your models by /model.",
            "If none of these explains it, {ask}, with the time and the first line of the error.",
        ),
    ),
    Trouble(
        kind="wrong-group",
        title="You are not let in: the wrong group",
        sees=("You are not let in to Claude Code: Okta or AWS refused {role}", "Access denied", "no roles found"),
        means="Okta knows you and does not have you in this cohort's group: you are not in it yet, were moved to "
        "another, or have left it.",
        does=(
            "Check that you signed in to {okta_domain} as yourself, not by an administrator's or a second account.",
            "If you were added a moment ago, wait five minutes, then begin anew: {again}",
            "Otherwise {ask}.",
        ),
    ),
    Trouble(
        kind="throttled",
        title="Throttled: one model, and so many tokens a day",
        sees=("Claude Code is throttled (…): {throttle_model} alone, {daily_tokens} tokens a day",),
        means="While an incident is looked at, only {throttle_model} answers, with at most {daily_tokens} tokens for "
        "each person and day. Who has used them up is refused (403) until midnight UTC.",
        does=("See what is left: {own_usage}", "Go on at midnight UTC, or when you are told that it is over."),
    ),
    Trouble(
        kind="too-many-requests",
        title="429, or answers that take long",
        sees=("API Error: Request rejected (429)",),
        means="Amazon Bedrock has too many requests of this account at once. It is nobody's decision, and passes.",
        does=("Wait a minute; Claude Code tries again by itself.", "If it goes on for an hour, {ask}."),
    ),
    Trouble(
        kind="suspended",
        title="Suspended",
        sees=("Claude Code is suspended (…). Nothing you typed was sent.", "Operation stopped by hook"),
        means="Access of your cohort, or yours alone, is cut while an incident is open. Older sessions stay dead.",
        does=(
            "Nothing to do, and please do not look for another way in. You are told when it is over.",
            "After that, sign in anew: {again}",
        ),
    ),
    Trouble(
        kind="does-not-start",
        title="Claude Code does not start",
        sees=(
            "Your organization requires remote managed settings to load",
            "is older than the minimum version required by your organization",
            "AWS_ENDPOINT_URL is set in your shell environment",
            "could not be parsed as a JSON object",
        ),
        means="The settings of this machine keep it from starting; the sentence says which.",
        does=(
            "Remote managed settings: a claude.ai login was left here. Run claude auth logout.",
            "Minimum version: run claude update; it has to be {minimum_version} or newer.",
            "AWS_ENDPOINT_URL: start without it. {unset}",
            "A file that could not be parsed: {ask}; do not mend it by hand.",
        ),
    ),
    Trouble(
        kind="no-model",
        title="There's an issue with the selected model",
        sees=("There's an issue with the selected model",),
        means="The model's address on this machine is an old one: its profile was replaced.",
        does=("Start Claude Code again once the machine has its new settings, {settings_minutes}.", "Then {ask}."),
    ),
)

_USUAL = {each.kind: each for each in TROUBLES}


def _otherwise(*those: Trouble) -> tuple[Trouble, ...]:
    """All of them, each of `those` in the place of the one of its kind."""
    return tuple({**_USUAL, **{each.kind: each for each in those}}.values())


_ACCESS_DENIED, _THROTTLED, _SUSPENDED = _USUAL["access-denied"], _USUAL["throttled"], _USUAL["suspended"]
_WRONG_GROUP = _USUAL["wrong-group"]

# What stands otherwise where people come by a gateway; the models of another profile are none of theirs to see.
BY_GATEWAY: tuple[Trouble, ...] = tuple(
    each
    for each in _otherwise(
        Trouble(
            kind="no-session",
            title="Not signed in, or the sign-in has expired",
            sees=("Not logged in · Please run /login", "API Error: 401"),
            means="A sign-in lasts an hour. It has ended, or nobody finished it in the browser.",
            does=("Type /login, or start Claude Code again, and look for Okta's page in your browser.", "Then {ask}."),
        ),
        replace(
            _ACCESS_DENIED,
            title="403, not authorized",
            sees=("API Error: 403",),
            means="{gateway} knows you, and you are stopped: an incident, a stop of spend or of tokens that you have "
            "reached, or a model that is none of your cohort's. A new sign-in does not help.",
            does=tuple(step for step in _ACCESS_DENIED.does if "{own_usage}" not in step),
        ),
        replace(
            _WRONG_GROUP,
            sees=("user is not a member of an allowed group", "User is not assigned to the client application"),
            does=(
                _WRONG_GROUP.does[0],
                "If you were added a moment ago, wait five minutes, then sign in again.",
                _WRONG_GROUP.does[-1],
            ),
        ),
        replace(
            _THROTTLED,
            means=_THROTTLED.means.replace(" (403)", ""),
            does=("Go on at midnight UTC, or when you are told that it is over.",),
        ),
        replace(_SUSPENDED, does=_SUSPENDED.does[:1]),
        Trouble(
            kind="not-reached",
            title="The gateway is not reached",
            sees=("API Error: Connection error", "Unable to connect to API (ConnectionRefused)"),
            means="Models answer by {gateway} alone, and your machine does not reach it.",
            does=("Look at your network: the company's own, or its VPN.", "If others reach it, {ask}."),
        ),
    )
    if each.kind != "no-model"
)

# What stands otherwise where people sign in by IAM Identity Center, with AWS's own command line.
BY_PORTAL: tuple[Trouble, ...] = _otherwise(
    replace(
        _USUAL["no-session"],
        sees=(*_USUAL["no-session"].sees, "Error loading SSO Token", "Token has expired and refresh failed"),
        means="A session lasts {session_minutes} minutes and is renewed by itself while you are signed in to the AWS "
        "access portal. That sign-in has ended, or nobody finished it in the browser, or AWS's command line is not "
        "installed.",
        does=(
            "Type {portal}, and look for the portal's page in your browser, where Okta signs you in.",
            "If no page opens, check that aws --version says 2.9 or newer (step 2).",
            "Then start Claude Code again.",
        ),
    ),
    replace(
        _WRONG_GROUP,
        sees=("ForbiddenException … GetRoleCredentials … No access", "You do not have any applications", "No access"),
        means="The portal knows you and does not have you in this cohort's group: you are not in it yet, Okta has not "
        "brought you there yet, you were moved to another, or have left it.",
        does=(
            _WRONG_GROUP.does[0],
            "If you were added a moment ago, wait: Okta brings groups to AWS by itself.",
            "Then type aws sso logout, and {portal}.",
            _WRONG_GROUP.does[-1],
        ),
    ),
    replace(_SUSPENDED, does=(_SUSPENDED.does[0], "After that, type aws sso logout, and {portal}.")),
)
