"""The kinds of credentials that are known by their form, and what looks like one and is none.

A short list on purpose: each has a form of its own, so that clean code is not stopped. Scanners know more.
"""

from __future__ import annotations

import re

_KEY = r"(?<![A-Za-z0-9_])"
_END = r"(?![A-Za-z0-9_])"
# By kind; the group named `body` is what varies.
PATTERNS = {
    "aws_access_key_id": re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)(?P<body>[A-Z0-9]{16})(?![A-Z0-9])"),
    "aws_secret_access_key": re.compile(
        r"(?i:secret_?-?(?:access)?_?-?key(?:_?id)?)[\"']?\s*(?:=>|[:=])\s*[\"']?"
        r"(?P<body>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
    ),
    "anthropic_api_key": re.compile(_KEY + r"sk-ant-(?P<body>[A-Za-z0-9_-]{20,})"),
    "github_token": re.compile(_KEY + r"gh[pousr]_(?P<body>[A-Za-z0-9]{36})" + _END),
    "github_fine_grained_token": re.compile(_KEY + r"github_pat_(?P<body>[A-Za-z0-9]{22}_[A-Za-z0-9]{59})" + _END),
    "gitlab_token": re.compile(_KEY + r"glpat-(?P<body>[A-Za-z0-9_-]{20,})"),
    "slack_token": re.compile(_KEY + r"xox[abeoprs]-(?P<body>[0-9]+-[A-Za-z0-9-]{16,})"),
    "slack_webhook": re.compile(r"hooks\.slack\.com/services/(?P<body>T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,})"),
    "google_api_key": re.compile(_KEY + r"AIza(?P<body>[A-Za-z0-9_-]{35})" + _END),
    "stripe_secret_key": re.compile(_KEY + r"[rs]k_live_(?P<body>[A-Za-z0-9]{24,})"),
    "npm_token": re.compile(_KEY + r"npm_(?P<body>[A-Za-z0-9]{36})" + _END),
    "okta_api_token": re.compile(r"SSWS\s+(?P<body>00[A-Za-z0-9_-]{40})(?![A-Za-z0-9_-])"),
}
PRIVATE_KEY = "private_key"
# Nearly every line has none of these, and one search says so.
_ANY = re.compile(
    r"AKIA|ASIA|sk-ant-|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|hooks\.slack|AIza|k_live_|npm_|SSWS|PRIVATE KEY"
    r"|(?i:secret)"
)
_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
# A key's first line is full; some have up to four lines of headers before it.
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40,}")
_HEADERS = 5
# Marks that a line was looked at by a person: of detect-secrets, and of gitleaks.
MARKS = ("pragma: allowlist secret", "gitleaks:allow")
# What AWS's own documentation prints.
EXAMPLE = "EXAMPLE"
_DOCUMENTED = re.compile(r"A[KS]IA[A-Z0-9]{9}EXAMPLE|[A-Za-z0-9/+]{30,33}EXAMPLEKEY")
# A placeholder such as sk-ant-xxxxxxxx has few different characters; real keys of twenty and more have over ten.
_FEW = 6


def found(lines: list[tuple[int, str]], seen: set[str]) -> list[tuple[int, str]]:
    """(number, kind) for each line with a credential. `lines`: numbered, of one file, in their order. `seen`: gets what
    must not be said, whatever else has it in its name."""
    hits: list[tuple[int, str]] = []
    for index, (number, line) in enumerate(lines):
        if not _ANY.search(line) or any(mark in line for mark in MARKS):
            continue
        for kind, pattern in PATTERNS.items():
            bodies = {match["body"] for match in pattern.finditer(line) if _real(match["body"])}
            hits += [(number, kind)] if bodies else []
            seen |= bodies
        begin = _BEGIN.search(line)
        bodies = _bodies(line[begin.end() :], lines[index + 1 : index + 1 + _HEADERS]) if begin else set[str]()
        hits += [(number, PRIVATE_KEY)] if bodies else []
        seen |= bodies
    return hits


def hidden(text: str, seen: set[str]) -> str:
    """The text without these, and without anything that has a credential's form: for what is told and written down."""
    for body in seen:
        text = text.replace(body, "[hidden]")
    for pattern in PATTERNS.values():
        text = pattern.sub("[hidden]", text)
    return text


def without_placeholders(line: str) -> str:
    """The line without what looks like a credential and is none, which a scanner may not know."""
    line = _DOCUMENTED.sub("", line)
    for pattern in PATTERNS.values() if _ANY.search(line) else ():
        line = pattern.sub(lambda match: match[0] if _real(match["body"]) else "", line)
    return line


def _real(body: str) -> bool:
    return EXAMPLE not in body and len(set(body)) > _FEW


def _bodies(rest: str, following: list[tuple[int, str]]) -> set[str]:
    """What follows a key's first line: code that only looks for such a line has nothing there."""
    texts = (rest, *(line for _, line in following))
    return {match[0] for text in texts for match in _BASE64.finditer(text) if len(set(match[0])) > _FEW}
