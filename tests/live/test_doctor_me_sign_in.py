"""`rollout doctor --me`: the sign-in, the shell, the clock, and no credential in what is said of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rollout_credentials import okta

from cli.doctor import machine as checks
from cli.doctor import own_profiles, programs
from cli.doctor.finding import Health
from rollout.leaks.masked import masked
from rollout.macs.sign_in import PORTAL_SIGN_IN
from tests.live.developers_machine import KEYS, machine, only, program, rewrite, signed_in
from tests.macs.test_forms import PROCESS


def test_no_credential_is_in_anything_that_is_said(root: Path, aws: Any) -> None:
    signed_in(root)
    aws.answer = (403, b'{"message": "User: x is not authorized to perform: bedrock:GetInferenceProfile"}')
    here = machine(root)
    found, keys = checks.sign_in(here)
    said = repr([*found, *own_profiles.profiles(here, keys)])
    assert "signed in, until 2026-11-28T15:00:00Z" in said
    assert "AccessDeniedException" in said
    assert not [secret for secret in KEYS.values() if secret in said]


def test_whoever_is_not_signed_in_is_told_how_and_no_browser_is_opened(root: Path) -> None:
    """The real program, with nothing kept: it is asked for what it keeps, and never to sign in."""
    asked = root / "asked"
    program(root / "home/bin/okta-aws-cli", f'touch "{asked}"')
    [found], keys = checks.sign_in(machine(root))
    assert (found.health, keys) == (Health.UNKNOWN, None)
    assert found.what == "Claude Code is not signed in"
    assert '"/etc/claude-code/rollout-credentials" sign-in' in found.fix
    assert not asked.exists()


def test_where_okta_aws_cli_itself_signs_in_it_is_said_what_it_would_do(root: Path) -> None:
    (root / "etc/claude-code/aws-config").write_text(
        f"[profile claude-code]\nregion = us-east-1\ncredential_process = {PROCESS}\n", encoding="utf-8"
    )
    [found], keys = checks.sign_in(machine(root))
    assert (found.health, keys) == (Health.FINE, None)
    assert "opens Okta's page" in found.what


def test_a_profile_that_is_missing_is_said(root: Path) -> None:
    (root / "etc/claude-code/aws-config").unlink()
    [found], _ = checks.sign_in(machine(root))
    assert (found.health, "names no credential_process" in found.what) == (Health.BROKEN, True)


@pytest.mark.parametrize(
    ("seconds", "health"), [(0, Health.FINE), (-120, Health.UNKNOWN), (3_600, Health.BROKEN), (-3_600, Health.BROKEN)]
)
def test_a_clock_is_held_against_awss(root: Path, aws: Any, seconds: int, health: Health) -> None:
    aws.skew = timedelta(seconds=seconds)
    assert only(checks.clock(machine(root))).health is health


def test_what_keeps_claude_code_from_starting_is_named_by_its_variable(root: Path) -> None:
    found = only(checks.shell(machine(root, AWS_ENDPOINT_URL="http://secret.example")))
    assert (found.health, found.fix) == (Health.BROKEN, "env -u AWS_ENDPOINT_URL claude")
    assert "secret.example" not in found.what


def test_a_program_that_prints_escapes_moves_no_cursor(root: Path) -> None:
    program(root / "home/bin/okta-aws-cli", "printf 'v2\\033[2J\\033]0;x\\007'")
    assert only(checks.okta_aws_cli(machine(root))).what.startswith("v2?[2J?]0;x?, at ")


SECRETS = {
    "AKIA" + "IOSFODNN7EXAMPLE": "a key",
    "wJalrXUtnFEMI7K7MDENGbPxRfi" + "CYEXAMPLEKEY12": "a secret key",
    "FwoGZXIvYXdzEJr1" + "a2B3c4D5" * 12: "a session's token",
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl": "a token of Okta's",
    "0123456789abcdef" * 3: "a digest",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_no_credential_that_another_program_prints_is_shown(root: Path, secret: str) -> None:
    program(root / "home/bin/okta-aws-cli", f"echo 'okta-aws-cli {secret} 2.6.0'")
    shown = only(checks.okta_aws_cli(machine(root))).what
    assert (secret in shown, "****" in shown, "2.6.0, at" in shown) == (False, True, True), shown
    program(root / "etc/claude-code/rollout-credentials", f"echo 'refused: {secret}\033[2J' >&2; exit 1")
    [found], _ = checks.sign_in(machine(root))
    assert (secret in found.what, found.what.startswith("refused: ")) == (False, True)
    assert found.what.isprintable()


def test_a_path_and_an_address_of_aws_are_no_secret() -> None:
    for text in ("/opt/homebrew/bin/okta-aws-cli is not there", "https://sts.us-east-1.amazonaws.com answers 403"):
        assert masked(text) == text


def test_a_shell_that_calls_a_stand_in_is_said_to(root: Path) -> None:
    found = only(checks.shell(machine(root, AWS_ENDPOINT_URL="http://127.0.0.1:4566")))
    assert "leads to a stand-in of AWS on this machine (127.0.0.1)" in found.what
    assert found.fix == "env -u AWS_ENDPOINT_URL claude, or another shell"


def test_on_linux_nobody_needs_homebrew(root: Path) -> None:
    (root / "home/bin/okta-aws-cli").unlink()
    assert only(checks.okta_aws_cli(machine(root))).fix.startswith("put the program of https://github.com/okta/")


def test_it_looks_where_the_sign_in_looks() -> None:
    assert okta.USUAL == checks.USUAL


@pytest.mark.parametrize(
    ("printed", "health"),
    [
        ("aws-cli/2.17.9 Python/3.11.9 Darwin/23.6.0", Health.FINE),
        ("aws-cli/2.8.1 Python/3.9.11 Linux/5.15", Health.BROKEN),
        ("aws-cli/1.33.2 Python/3.8", Health.BROKEN),
        ("what?", Health.UNKNOWN),
        (None, Health.BROKEN),
    ],
)
def test_where_identity_center_signs_in_awss_command_line_is_looked_for_and_not_oktas(
    root: Path, printed: str | None, health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "USUAL", ())
    (root / "home/bin/okta-aws-cli").unlink()
    rewrite(root, lambda said: said.update(awsAuthRefresh=PORTAL_SIGN_IN))
    if printed:
        program(root / "home/bin/aws", f'echo "{printed}"')
    here = machine(root) if printed else machine(root, PATH=str(root / "home/bin"))
    looked = {check.name: check for check in checks.checks(here, None)}
    assert "okta-aws-cli" not in looked
    assert only(list(looked["AWS's command line"].look())).health is health
    [found], keys = checks.sign_in(here)
    assert (found.health, keys, PORTAL_SIGN_IN in found.what) == (Health.FINE, None, True)
