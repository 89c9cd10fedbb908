"""With a maintained scanner installed: detect-secrets itself, which is in the environment; gitleaks by its interface,
and itself where the machine has it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.guard.world import CLEAN, PLANTED, Machine, machine, rollout

DETECT_SECRETS = Path(sys.prefix, "bin", "detect-secrets-hook")
# Of a kind that our own list does not have, and detect-secrets does.
SENDGRID = "SG." + "ngeVfQFYQlKU0ufo8x5d1A" + ".TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr"
LET, STOP = 0, 2


@pytest.fixture
def scanned(tmp_path: Path) -> Machine:
    return machine(tmp_path, programs=(DETECT_SECRETS,))


def test_what_detect_secrets_knows_is_stopped_with_its_own_line_and_file(scanned: Machine) -> None:
    scanned.commit("src/app.py", "one\ntwo\nthree\n")
    scanned.stage("src/app.py", f"one\ntwo\n\nkey = '{SENDGRID}'\nthree\n")
    answer = scanned.bash("git commit -m x")
    assert answer.code == STOP
    assert "src/app.py, line 4: detect-secrets:SendGrid API Key" in answer.error
    assert SENDGRID not in answer.said + scanned.left_behind()


def test_detect_secrets_sees_what_is_staged_and_not_what_the_working_tree_has(scanned: Machine) -> None:
    scanned.stage("a.py", f"key = '{SENDGRID}'\n")
    scanned.write("a.py", "key = None\n")
    assert scanned.bash("git commit -m x").code == STOP
    scanned.git("commit", "-qm", "x")
    assert scanned.bash("git push").code == STOP


@pytest.mark.parametrize("what", CLEAN)
def test_a_clean_look_alike_passes_detect_secrets_too(scanned: Machine, what: str) -> None:
    scanned.stage("notes.py", CLEAN[what] + "\n")
    answer = scanned.bash("git commit -m notes")
    assert (answer.code, answer.said) == (LET, "")


def test_what_a_repositorys_baseline_knows_is_let_through(scanned: Machine) -> None:
    from detect_secrets.core.potential_secret import PotentialSecret

    digest = PotentialSecret("SendGrid API Key", "a.py", SENDGRID).secret_hash
    baseline = {"results": {"a.py": [{"type": "SendGrid API Key", "hashed_secret": digest, "line_number": 1}]}}
    scanned.stage("a.py", f"key = '{SENDGRID}'\n")
    scanned.stage(".secrets.baseline", json.dumps(baseline))
    assert scanned.bash("git commit -m x").code == LET
    scanned.stage("b.py", f"key = '{SENDGRID}'\n")
    assert scanned.bash("git commit -m x").code == STOP


@pytest.mark.parametrize(("setting", "code"), [("open", LET), ("closed", STOP)])
@pytest.mark.parametrize("ends", ["exit 3", "exit 0", "echo nonsense; exit 77"])
def test_a_scanner_that_fails_follows_the_setting(tmp_path: Path, setting: str, code: int, ends: str) -> None:
    broken = tmp_path / "gitleaks"
    broken.write_text(f"#!/bin/sh\n{ends}\n")
    broken.chmod(0o755)
    mac = machine(tmp_path / "mac", rollout(mac={"commit_guard": setting}), programs=(broken,))
    mac.stage("a.py", "x = 1\n")
    assert mac.bash("git commit -m x").code == code
    mac.stage("a.py", PLANTED["github_token"])
    assert mac.bash("git commit -m x").code == STOP


def test_a_scanner_has_no_copy_of_the_lines_left_when_it_is_done(scanned: Machine, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    scanned.stage("a.py", f"key = '{SENDGRID}'\n")
    event = {"tool_name": "Bash", "cwd": str(scanned.home / "repository"), "tool_input": {"command": "git commit"}}
    assert scanned.hook(json.dumps(event).encode(), TMPDIR=str(scratch)).code == STOP
    assert list(scratch.iterdir()) == []


GITLEAKS = """#!/bin/sh
# As gitleaks 8: the report where it is asked for, redacted, and the exit code that was asked for.
test "$1 $2 $3 $4 $5 $6" = "detect --no-git --source . --exit-code 77" || exit 126
case " $* " in *" --redact "*) ;; *) exit 126 ;; esac
while [ $# -gt 1 ]; do [ "$1" = --report-path ] && report=$2; shift; done
line=$(grep -n rotten src/app.py | cut -d: -f1)
[ -z "$line" ] && echo '[]' > "$report" && exit 0
echo '[{"RuleID": "rotten", "File": "src/app.py", "StartLine": '$line', "Secret": "REDACTED"}]' > "$report"
exit 77
"""


def test_gitleaks_is_asked_before_detect_secrets(tmp_path: Path) -> None:
    program = tmp_path / "gitleaks"
    program.write_text(GITLEAKS)
    program.chmod(0o755)
    mac = machine(tmp_path / "mac", programs=(program, DETECT_SECRETS))
    mac.commit("src/app.py", "one\ntwo\n")
    mac.stage("src/app.py", f"one\ntwo\n# not by this one: {SENDGRID}\n")
    assert mac.bash("git commit -m x").code == LET
    mac.stage("src/app.py", "one\ntwo\nthree\nrotten\n")
    assert "src/app.py, line 4: gitleaks:rotten" in mac.bash("git commit -m x").error


@pytest.mark.skipif(not shutil.which("gitleaks"), reason="gitleaks is not installed here")
def test_gitleaks_itself_finds_what_our_list_does_not(tmp_path: Path) -> None:
    mac = machine(tmp_path, programs=(Path(str(shutil.which("gitleaks"))),))
    mac.stage("src/app.py", f"one\nkey = '{SENDGRID}'\n")
    answer = mac.bash("git commit -m x")
    assert "src/app.py, line 2: gitleaks:" in answer.error
    assert SENDGRID not in answer.said
    mac.stage("src/app.py", "one\ntwo\n")
    for number, text in enumerate(CLEAN.values()):
        mac.stage(f"clean-{number}.py", text + "\n")
    assert mac.bash("git commit -m x").said == ""
