"""A maintained scanner where one is installed: gitleaks, or else detect-secrets.

Either looks at a private folder that has the added lines alone, under their own files' names, so that both see the same
for a commit and for a push. The folder is gone when they have looked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from typing import Any

from commit_guard import GuardError
from commit_guard.kinds import MARKS, without_placeholders
from commit_guard.patches import Lines

FOLDERS = ("/opt/homebrew/bin", "/usr/local/bin", "~/.local/bin")
# What tells a credential by its surroundings or its entropy stops clean code; keys by form and whole are ours to find.
_GUESSES = (
    *("KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString", "PrivateKeyDetector"),
    *("BasicAuthDetector", "JwtTokenDetector"),
)
# The same of a plug-in that older versions do not know and refuse the name of.
_GUESSED = {"Public IP (ipv4)"}
_LEAKS = 77
_BASELINE = ".secrets.baseline"


def installed() -> tuple[str, str] | None:
    """(name, path) of the scanner to use."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(os.path.expanduser, FOLDERS)])
    for name, program in (("gitleaks", "gitleaks"), ("detect-secrets", "detect-secrets-hook")):
        found = shutil.which(program, path=path)
        if found:
            return name, found
    return None


def found(scanner: tuple[str, str], lines: Lines, root: str | None) -> list[tuple[str, int, str]]:
    """(file, number, kind) of what it finds. Raises GuardError where it does not say."""
    name, program = scanner
    with tempfile.TemporaryDirectory(prefix="commit-guard-") as folder:
        names = _written(lines, folder)
        if not names:
            return []
        hits = _gitleaks(program, folder, root) if name == "gitleaks" else _detect_secrets(program, folder, names, root)
    known: list[tuple[str, int, str]] = []
    for path, place, kind in hits:
        original = names.get(path)
        if original is not None and 0 < place <= len(lines[original]):
            known.append((original, lines[original][place - 1][0], kind))
    return known


def _written(lines: Lines, folder: str) -> dict[str, str]:
    """The file each was written to, and what it is of."""
    names: dict[str, str] = {}
    for number, (name, added) in enumerate(lines.items()):
        if not added or os.path.basename(name) == _BASELINE:
            continue
        path = os.path.normpath("/" + name).lstrip("/")
        try:
            try:
                _write(os.path.join(folder, path), added)
            except OSError:  # too long here, or once a file and once a folder
                path = f"other/{number}{os.path.splitext(name)[1][:10]}"
                _write(os.path.join(folder, path), added)
        except OSError:
            raise GuardError("the added lines could not be handed to the scanner") from None
        names[path] = name
    return names


def _write(target: str, added: list[tuple[int, str]]) -> None:
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    with open(target, "x", encoding="utf-8", errors="replace") as file:
        file.write("".join(_clean(line) + "\n" for _, line in added))


def _clean(line: str) -> str:
    """What a scanner is to see of one line: nothing where a person has marked it."""
    if any(mark in line for mark in MARKS):
        return ""
    return without_placeholders(line.replace("\r", " "))


def _gitleaks(program: str, folder: str, root: str | None) -> list[tuple[str, int, str]]:
    """`dir` and before 8.19 `detect --no-git`, which later versions still take (gitleaks README)."""
    report = os.path.join(folder, ".commit-guard-report.json")
    options = ["--report-format", "json", "--report-path", report, "--redact", "--no-banner", "--log-level", "error"]
    for name, option in ((".gitleaks.toml", "--config"),):
        if root and os.path.isfile(os.path.join(root, name)):
            options += [option, os.path.join(root, name)]
    command = [program, "detect", "--no-git", "--source", ".", "--exit-code", str(_LEAKS), *options]
    code, _ = _run(command, folder)
    if code not in {0, _LEAKS}:
        raise GuardError(f"gitleaks ended with {code}")
    try:
        with open(report, encoding="utf-8") as file:
            findings: list[dict[str, Any]] = json.load(file) or []
        return [
            (os.path.normpath(one["File"]), int(one["StartLine"]), "gitleaks:" + str(one["RuleID"])) for one in findings
        ]
    except (OSError, ValueError, KeyError, TypeError):
        raise GuardError("gitleaks wrote no report that can be read") from None


def _detect_secrets(program: str, folder: str, names: dict[str, str], root: str | None) -> list[tuple[str, int, str]]:
    """Never with verification: that would send what it finds to whoever it is a credential of."""
    guesses = [word for plugin in _GUESSES for word in ("--disable-plugin", plugin)]
    command = [program, "--json", "--no-verify", "--cores", "1", *guesses, "--", *names]
    code, output = _run(command, folder)
    if code == 0:
        return []
    try:
        results: dict[str, list[dict[str, Any]]] = json.loads(output)["results"]
    except (ValueError, KeyError, TypeError):
        raise GuardError(f"detect-secrets ended with {code}") from None
    audited = _audited(root)
    return [
        (os.path.normpath(path), int(one["line_number"]), "detect-secrets:" + str(one["type"]))
        for path, findings in results.items()
        for one in findings
        if one["type"] not in _GUESSED and (names.get(os.path.normpath(path)), one["hashed_secret"]) not in audited
    ]


def _audited(root: str | None) -> set[tuple[str | None, str]]:
    """What a repository's own baseline knows already."""
    try:
        with open(os.path.join(root or "", _BASELINE), encoding="utf-8") as file:
            results = json.load(file)["results"]
        return {(path, one["hashed_secret"]) for path, findings in results.items() for one in findings}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def _run(command: list[str], folder: str) -> tuple[int, bytes]:
    try:
        with subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            try:
                output, _ = process.communicate()
            except BaseException:
                process.kill()
                raise
    except OSError:
        raise GuardError("the scanner could not be run") from None
    return process.returncode, output
