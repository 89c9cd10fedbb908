"""What Claude Code runs for a token behind LiteLLM's gateway, against the sandbox's Okta: signs in once, keeps it for
the person alone, and says in a sentence what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from rollout_gateway import okta

from rollout import names
from rollout.account import Account
from rollout.macs import gateway_helper
from rollout.macs.places import PLACES, Platform
from sandbox.tests.okta.okta_harness import ALICE, HEADERS, oidc_app, served, user_id
from tests.macs.test_gateway import behind

ACCOUNT = Account("123456789012", "us-east-1")
FOLDER = PLACES[Platform.MACOS].folder


@dataclass(kw_only=True)
class Machine:
    """`folder`: what was delivered. `home`: the person's."""

    folder: Path
    home: Path
    okta: httpx.Client

    def starts(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-I", "-S", str(self.folder / "rollout_gateway" / "__main__.py"), *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)

    def confirms(self, process: subprocess.Popen[str], decision: str = "allow", login: str = ALICE) -> None:
        """What the person does in the browser that the process names."""
        assert process.stderr is not None
        line = process.stderr.readline()
        code = line.rpartition("user_code=")[2].partition(" ")[0]
        assert code, line
        self.okta.post("/login/login.htm", data={"fromURI": "/activate", "username": login})
        self.okta.post("/activate", data={"user_code": code, "decision": decision})

    @property
    def kept(self) -> list[Path]:
        return sorted((self.home / ".cache" / "claude-code-rollout").glob("*.token"))


def delivered(folder: Path, **changes: Any) -> None:
    for file in gateway_helper.files(behind("litellm"), ACCOUNT, Platform.MACOS):
        path = folder / file.path.removeprefix(f"{FOLDER}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
        path.chmod(file.mode)
    told = json.loads((folder / gateway_helper.SETTINGS).read_text("utf-8"))
    (folder / gateway_helper.SETTINGS).write_text(json.dumps({**told, **changes}), encoding="utf-8")


@pytest.fixture
def mac(tmp_path: Path) -> Generator[Machine]:
    """Alice is in the cohort's group, which the gateway's app is for, and its groups claim is set."""
    with served(tmp_path / "okta") as url, httpx.Client(base_url=url) as client:

        def call(method: str, path: str, body: Any = None) -> Any:
            answer = client.request(method, path, json=body, headers=HEADERS)
            assert answer.is_success, answer.text
            return answer.json() if answer.content else None

        grants = ["authorization_code", okta.GRANT]
        app = oidc_app({"client_id": names.gateway_app(ACCOUNT.id)}, grant_types=grants)
        made = call("POST", "/api/v1/apps?activate=true", app)
        group = call("POST", "/api/v1/groups", {"profile": {"name": names.okta_group(ACCOUNT.id, "pilot")}})["id"]
        call("PUT", f"/api/v1/groups/{group}/users/{user_id(ALICE)}")
        call("PUT", f"/api/v1/apps/{made['id']}/groups/{group}", {"id": group, "profile": {}})
        folder, home = tmp_path / "delivered", tmp_path / "home"
        home.mkdir()
        delivered(folder, issuer=url)
        yield Machine(folder=folder, home=home, okta=client)


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, error = process.communicate(timeout=60)
    return process.returncode, out, error


def test_whoever_confirms_in_the_browser_has_a_token_and_the_next_program_asks_nobody(mac: Machine) -> None:
    first = mac.starts("token")
    mac.confirms(first)
    code, out, _ = finished(first)
    identity, _, access = out.strip().partition("~")
    assert (code, identity.count("."), bool(access)) == (0, 2, True)
    claims = mac.okta.get("/oauth2/v1/userinfo", headers={"Authorization": f"Bearer {access}"}).json()
    assert claims["email"] == ALICE
    assert finished(mac.starts("token")) == (0, out, "")
    [kept] = mac.kept
    assert kept.stat().st_mode & 0o777 == 0o600


def test_two_programs_at_once_are_one_sign_in(mac: Machine) -> None:
    first = mac.starts("token")
    second = threading.Timer(1, lambda: found.append(finished(mac.starts("token"))))
    found: list[tuple[int, str, str]] = []
    second.start()
    mac.confirms(first)
    code, out, _ = finished(first)
    second.join(60)
    assert code == 0
    assert found == [(0, out, "")]


def test_whoever_says_no_hears_a_sentence_and_the_next_request_opens_no_other_page(mac: Machine) -> None:
    first = mac.starts("token")
    mac.confirms(first, decision="deny")
    code, out, error = finished(first)
    assert (code, out) == (1, "")
    assert "Okta says access_denied" in error
    code, out, error = finished(mac.starts("token"))
    assert (code, out) == (1, "")
    assert "the last sign-in was not finished" in error
    again = mac.starts("sign-in")
    mac.confirms(again)
    assert finished(again)[:2] == (0, "")
    assert mac.kept


def test_who_is_in_no_cohort_gets_no_token(mac: Machine) -> None:
    process = mac.starts("token")
    mac.confirms(process, login="bob.kim@acme.example")
    assert finished(process)[0] == 1
    assert mac.kept == []


def test_a_token_that_is_nearly_over_is_not_handed_out(mac: Machine) -> None:
    first = mac.starts("sign-in")
    mac.confirms(first)
    assert finished(first)[0] == 0
    [kept] = mac.kept
    kept.write_text(json.dumps({"token": "old", "ends": time.time() + 30}), encoding="utf-8")
    second = mac.starts("token")
    mac.confirms(second)
    code, out, _ = finished(second)
    assert code == 0
    assert out.strip() != "old"


def test_a_token_that_others_could_read_is_not_used(mac: Machine) -> None:
    folder = mac.home / ".cache" / "claude-code-rollout"
    folder.mkdir(parents=True, mode=0o700)
    key = json.loads((mac.folder / gateway_helper.SETTINGS).read_text("utf-8"))["key"]
    kept = folder / f"{key}.token"
    kept.write_text(json.dumps({"token": "planted", "ends": time.time() + 3000}), encoding="utf-8")
    kept.chmod(0o644)
    process = mac.starts("token")
    mac.confirms(process)
    assert "planted" not in finished(process)[1]


@pytest.mark.parametrize("arguments", [(), ("tokens",), ("token", "x")])
def test_what_is_no_wish_is_told(mac: Machine, arguments: tuple[str, ...]) -> None:
    code, out, error = finished(mac.starts(*arguments))
    assert (code, out) == (2, "")
    assert "takes one of: token, sign-in" in error


def test_an_okta_that_is_away_is_named(mac: Machine) -> None:
    delivered(mac.folder, issuer="http://127.0.0.1:9")
    code, _, error = finished(mac.starts("token"))
    assert code == 1
    assert error.startswith("Claude Code cannot sign in: http://127.0.0.1:9: ")
    assert "Traceback" not in error
