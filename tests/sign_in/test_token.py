"""What prints a person's token for the gateway: the delivered program, with the sandbox's Okta."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import jwt
import pytest

from rollout.macs.places import PLACES, Platform
from rollout.macs.token_helper import ENTRY, SETTINGS, files
from sandbox.settings import ACCOUNT_ID
from tests.config.stack_files import loaded
from tests.litellm import people
from tests.litellm.people import Okta
from tests.stacks import small

ALICE = "alice.chen@acme.example"
# Whom it is started as confirms the code that is in the address, and it counts.
BROWSER = """#!{python}
import sys, urllib.parse, urllib.request
from http.cookiejar import CookieJar
open({opened!r}, "a").write("x")
code = urllib.parse.parse_qs(urllib.parse.urlsplit(sys.argv[1]).query)["user_code"][0]
browser = urllib.request.build_opener(urllib.request.ProxyHandler({{}}), urllib.request.HTTPCookieProcessor(CookieJar()))
for path, form in (("/login/login.htm", {{"fromURI": "/activate", "username": {login!r}}}),
                   ("/activate", {{"user_code": code, "decision": {decision!r}}})):
    browser.open({okta!r} + path, urllib.parse.urlencode(form).encode())
"""


@dataclass
class Machine:
    """`opened`: a letter for each browser."""

    folder: Path
    okta: Okta
    decision: str = "allow"
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def deliver(self) -> None:
        root = Path(PLACES[Platform.LINUX].folder)
        for file in files(loaded(small()), ACCOUNT_ID, Platform.LINUX):
            path = self.folder / "delivered" / Path(file.path).relative_to(root)
            path.parent.mkdir(parents=True, exist_ok=True)
            content = file.content
            if path.name == SETTINGS:
                assert "okta = https://acme.okta.com\n" in content
                content = content.replace("https://acme.okta.com", self.okta.url)
                content = content.replace("sign_in_seconds = 180", "sign_in_seconds = 40")
            path.write_text(content, encoding="utf-8")
            path.chmod(file.mode)
        browser = self.folder / "browser"
        told = {"python": sys.executable, "opened": str(self.opened), "login": ALICE, "okta": self.okta.url}
        browser.write_text(BROWSER.format(**told, decision=self.decision), encoding="utf-8")
        browser.chmod(0o755)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        self.environment = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "BROWSER": str(browser),
            "NO_PROXY": "127.0.0.1",
        }

    @property
    def opened(self) -> Path:
        return self.folder / "opened"

    @property
    def browsers(self) -> int:
        return len(self.opened.read_text(encoding="utf-8")) if self.opened.exists() else 0

    def runs(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.folder / "delivered" / ENTRY), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=600)


@pytest.fixture
def machine(tmp_path: Path) -> Generator[Machine]:
    with people.running(tmp_path / "okta", {"pilot": (ALICE,)}) as okta:
        found = Machine(tmp_path, okta)
        found.deliver()
        yield found


@pytest.mark.slow
def test_a_person_confirms_once_and_programs_share_what_it_gave(machine: Machine) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: machine.runs("token"), range(4)))
    assert [(answer.returncode, answer.stdout) for answer in answers] == [(0, answers[0].stdout)] * 4, answers
    identity, _, access = answers[0].stdout.strip().partition("~")
    claims = jwt.decode(identity, options={"verify_signature": False})
    assert (claims["aud"], claims["preferred_username"]) == (machine.okta.client_id, ALICE)
    assert access
    assert machine.browsers == 1
    assert machine.runs("cached").stdout == answers[0].stdout
    assert "~" not in "".join(answer.stderr for answer in answers)
    (kept,) = (machine.folder / "home" / ".cache" / "claude-code-rollout").glob("*.session")
    assert kept.stat().st_mode & 0o777 == 0o600
    lines = kept.read_text(encoding="utf-8").split("\n")
    kept.write_text("\n".join([lines[0], lines[1], str(time.time() + 299), *lines[3:]]), encoding="utf-8")
    kept.chmod(0o600)
    assert machine.runs("cached").returncode == 1
    assert not kept.exists()


@pytest.mark.slow
def test_who_denies_it_reads_so_and_is_not_asked_again_at_once(machine: Machine) -> None:
    machine.decision = "deny"
    machine.deliver()
    first, second = machine.runs(), machine.runs()
    assert (first.returncode, first.stdout) == (1, "")
    assert "Claude Code is not signed in: Okta says:" in first.stderr
    assert (second.returncode, machine.browsers) == (1, 1)


@pytest.mark.slow
def test_without_its_file_or_with_a_foreign_address_it_says_so(machine: Machine) -> None:
    conf = machine.folder / "delivered" / SETTINGS
    conf.write_text(
        conf.read_text(encoding="utf-8").replace(machine.okta.url, "http://acme.okta.com"), encoding="utf-8"
    )
    assert "ValueError: okta" in machine.runs().stderr
    conf.unlink()
    assert "FileNotFoundError" in machine.runs().stderr
    assert machine.runs("print").returncode == 2
    assert machine.browsers == 0
