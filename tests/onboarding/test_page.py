"""The page for developers, as a browser shows it: whole, quiet, for everybody, and about one cohort."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.commands.onboarding_page import run
from cli.terminal.errors import CommandError
from rollout.model.client_versions import FLOOR
from rollout.model.rollout import Rollout
from rollout.onboarding.errors import TROUBLES
from rollout.onboarding.page import FOLDER, page
from rollout.stack_file.load import load
from tests import stacks
from tests.browser.look import View, look

VIEWS = [View(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
PLATFORMS = ("macos", "windows", "linux")


def made(**more: Any) -> Rollout:
    return load(stacks.config({**stacks.small(), **more}), stacks.COMPANY, datetime.now(UTC))


def committed() -> Rollout:
    return load(stacks.committed("sandbox"), stacks.COMPANY, datetime.now(UTC))


def hostile() -> Rollout:
    noisy = "<script>alert(1)</script>{{ 7*7 }}" + "x" * 200
    channel = {"id": "C0ENGALERTS", "name": noisy}
    return made(notify={"slack": {"workspace_id": "T0ACMEROLL", "channels": {"engineering": channel}}})


@pytest.mark.slow
@pytest.mark.parametrize("case", [committed, hostile])
@pytest.mark.parametrize("opened", [False, True])
def test_a_browser_shows_it_whole_quietly_and_for_everybody(case: Any, opened: bool, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    text = page(case(), "pilot")
    file.write_text(text.replace("<details ", "<details open ") if opened else text, encoding="utf-8")
    seen = look(file, VIEWS)
    assert (set(seen["requests"]), seen["console"]) == ({file.as_uri()}, [])
    for view, found in zip(VIEWS, seen["views"], strict=True):
        assert (view, found["overflow"], found["violations"]) == (view, [], [])


@pytest.mark.slow
def test_without_its_script_each_platforms_steps_can_be_chosen_and_read(tmp_path: Path) -> None:
    """The choice is the style's alone: a page whose radio button is another's shows that one's."""
    text = re.sub(r"<script>.*?</script>", "", page(committed(), "pilot"), flags=re.DOTALL)
    for platform in PLATFORMS:
        chosen = text.replace(" checked>", ">").replace(f'id="os-{platform}">', f'id="os-{platform}" checked>')
        assert chosen.count(" checked>") == 1
        file = tmp_path / f"{platform}.html"
        file.write_text(chosen, encoding="utf-8")
        [found] = look(file, [View(390, "light")])["views"]
        assert (found["overflow"], found["violations"]) == ([], [])


AGENTS = {
    "macos": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/150.0 Safari/537.36",
    "windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36",
    "linux": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36",
}
RUN = """
const [script, agent] = process.argv.slice(1), found = {};
const document = {getElementById: (id) => (found[id] = {checked: false})};
new Function("navigator", "document", script)({userAgent: agent}, document);
console.log(Object.keys(found).filter((id) => found[id].checked).join());
"""


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_script_chooses_the_readers_system_and_does_nothing_else(platform: str) -> None:
    script = (FOLDER / "page.js").read_text(encoding="utf-8")
    command = ["node", "-e", RUN, script, AGENTS[platform]]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    assert done.stdout.strip() == f"os-{platform}"


def test_it_loads_nothing_and_says_so_to_the_browser() -> None:
    text = page(committed(), "pilot")
    assert "default-src 'none'" in text
    assert text.count("<script") == text.count("<style") == 1
    assert not re.findall(r'\b(?:src|srcset|action|onclick|style)="', text)


def test_what_comes_from_a_stack_file_is_text_and_never_markup() -> None:
    text = page(hostile(), "pilot")
    assert text.count("<script") == 1
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7*7 }}" in text


def test_it_names_no_member_and_whom_to_ask() -> None:
    rollout = committed()
    text = page(rollout, "pilot")
    leads = {team.lead for team in rollout.organization.teams.values()}
    for email, member in rollout.cohorts["pilot"].members.items():
        assert email in leads or email not in text
        assert member.name not in text
    assert all(lead in text for lead in leads if lead)


def test_it_has_the_cohorts_models_with_the_default_and_what_is_typed_for_each() -> None:
    text = page(made(), "pilot")
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)[1:]]
    assert rows == [
        ["sonnet", "unless", "you", "choose", "/model", "sonnet", "anthropic.claude-sonnet-4-6", "3", "15"],
        ["haiku", "/model", "haiku", "anthropic.claude-haiku-4-5-20251001-v1:0", "1", "5"],
    ]


@pytest.mark.parametrize(
    "words",
    [
        "AccessDenied",
        "Throttled",
        "Suspended",
        "the session has expired",
        "the wrong group",
        "curl -fsSL https://claude.ai/install.sh | bash",
        "irm https://claude.ai/install.ps1 | iex",
        "brew install okta-aws-cli",
        "/etc/claude-code/managed-settings.json",
        r"HKLM\SOFTWARE\Policies\ClaudeCode",
        "rollout-credentials&#34; again",
        "50,000 tokens",
    ],
)
def test_it_says_how_to_begin_on_each_platform_and_what_each_error_means(words: str) -> None:
    text = page(made(claude={"minimum_version": FLOOR}), "pilot")
    assert words in text
    assert f"has to say {FLOOR} or newer" in text
    assert not re.findall(r"\{[a-z_]+\}", text[text.index("<body>") : text.index("<script>")])


def test_each_error_has_a_link_of_its_own() -> None:
    assert len({trouble.kind for trouble in TROUBLES}) == len(TROUBLES)
    text = page(made(), "pilot")
    assert all(f'<details id="{trouble.kind}">' in text for trouble in TROUBLES)


def test_where_okta_aws_cli_does_not_sign_in_it_is_not_asked_for() -> None:
    text = page(made(federation="oidc"), "pilot")
    assert "brew install okta-aws-cli" not in text
    assert "has to get a session through Okta" in text


def test_the_same_stack_file_makes_the_same_page() -> None:
    assert page(committed(), "pilot") == page(committed(), "pilot")


def test_the_command_writes_one_file_and_refuses_a_cohort_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(stacks.COMPANY)
    run("sandbox", "pilot", tmp_path / "page.html", as_json=False)
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page(committed(), "pilot")
    assert "names none of them" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no cohort pilto in stack sandbox; did you mean pilot"):
        run("sandbox", "pilto", None, as_json=False)
    with pytest.raises(CommandError, match="No such file"):
        run("sandbox", "pilot", tmp_path / "nowhere" / "page.html", as_json=False)


def test_who_signs_in_by_identity_center_reads_of_awss_command_line_and_of_no_program_of_ours() -> None:
    center = load(stacks.config(stacks.by_identity_center(stacks.small())), stacks.COMPANY, datetime.now(UTC))
    text = page(center, "pilot")
    assert "okta-aws-cli" not in text
    assert "rollout-credentials" not in text
    assert text.count("aws sso login --profile claude-code-portal") >= 4, "to begin, and at each trouble that needs it"
    assert "okta-aws-cli" in page(made(), "pilot")
