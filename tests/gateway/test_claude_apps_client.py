"""The real Claude Code at the real gateway: signed in by /login, under the settings of its machine and those served."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from rollout.macs.places import Platform
from rollout.macs.settings import managed_settings, whole_cohort
from tests.client import laptop, told
from tests.client.deployed import declared
from tests.client.laptop import Laptop
from tests.gateway.conftest import Company
from tests.gateway.deployed import ALICE, URL
from tests.gateway.test_claude_apps import OPUS, SONNET, sessions

SECONDS = 600
DOWN, ENTER = "\x1b[A", "\r"
# What a person types, once the words before it are shown: the address is there already.
LOGIN = [
    ("run /login", "/login"),
    ("/login", ENTER),
    ("claude.acme", ENTER),
    ("go back", DOWN),  # the first is `No`
    ("trust", ENTER),
    ("Connected", ""),
]
OWN_RULE, SERVED_RULE = "Bash(touch own:*)", "Bash(touch served:*)"


@pytest.fixture
def alices(company: Company, tmp_path: Path) -> Generator[Laptop]:
    """Hers, with what an update delivers, and a rule of its own, as her Mac would have for a level of hers."""
    etc = laptop.copy_of_etc(tmp_path / "etc")
    with (etc / "hosts").open("a", encoding="utf-8") as hosts:
        # It signs in to no address that is not private, and asks its own resolver, also behind a proxy.
        hosts.write(f"\n127.0.0.1 {URL.removeprefix('https://')}\n")
    with tempfile.TemporaryDirectory(prefix="laptop") as name:
        found = Laptop(
            folder=Path(name),
            etc=etc,
            world=company.world,
            claude=company.claude,
            login=ALICE,
            also=[company.internet.port],
        )
        stack, arns = declared(company.world), company.world.cohorts()["pilot"]["profile_arns"]
        settings = managed_settings(stack, whole_cohort(stack, "pilot"), arns, Platform.LINUX)
        assert settings
        settings["permissions"]["deny"].append(OWN_RULE)
        found.receives(settings)
        yield found


@contextmanager
def browser(company: Company, alices: Laptop) -> Generator[dict[str, str]]:
    """What her Claude Code opens, and she signs in with; the environment that leads there."""
    opened, over = alices.home / "opened", threading.Event()
    program = alices.home / "bin" / "xdg-open"
    program.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n', encoding="utf-8")
    program.chmod(0o755)

    def looking() -> None:
        while not (opened.exists() and opened.read_text().endswith("\n")) and not over.wait(0.2):
            pass
        for url in opened.read_text().split() if opened.exists() else []:
            found = re.search("user_code=(.*)", url)
            if url.startswith(URL) and found:
                company.person(ALICE).confirms(url, found[1])

    thread = threading.Thread(target=looking, daemon=True)
    thread.start()
    try:
        yield {**company.internet.environment, "BROWSER": str(program), "DISPLAY": ":0"}
    finally:
        over.set()
        thread.join(SECONDS)


def test_a_person_types_login_and_both_the_machines_settings_and_the_served_ones_hold(
    company: Company, alices: Laptop
) -> None:
    served = yaml.safe_load(company.files().gateway)
    for each in served["managed"]["policies"]:
        each["cli"]["permissions"]["deny"].append(SERVED_RULE)
    with company.gateway(yaml.safe_dump(served)), browser(company, alices) as exported:
        before = alices.runs("-p", "hello", exported=exported)
        assert "Not signed in to the Cloud gateway" in before.output + before.errors
        login = alices.runs(typed=LOGIN, exported=exported)
        assert login.code == 0, login.output
        answered = alices.asks("hello", exported=exported)
        assert answered.code == 0, answered.errors
        assert answered.events[0]["model"] == SONNET
        # A rule of the machine alone, one of the served settings alone, and one of both.
        (alices.project / ".env").write_text("A=1\n", encoding="utf-8")
        asked = f"{told.bash('touch own')} {told.bash('touch served')} {told.read(alices.project / '.env')}"
        results = alices.asks(asked, exported=exported).tool_results
        assert len(results) == 3
        assert all("denied" in result for result in results), results
        assert not {"own", "served"} & {file.name for file in alices.project.iterdir()}
        # Not hers: the gateway says so, whatever she asks for.
        other = alices.asks("hello", "--model", "claude-opus-4-8", exported=exported)
        assert other.code != 0 or other.events[0]["model"] in {SONNET, OPUS}
    assert set(sessions(company)) == {("claude-code-pilot", ALICE)}
