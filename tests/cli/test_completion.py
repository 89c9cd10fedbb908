"""What the tab key offers, in each shell that `rollout --install-completion` knows.

zsh and fish need not be on this machine: what they would run is taken out of the script that is installed for them, and
run with what was typed in place of the shell's own words for it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stacks import PROJECT

# Where each shell looks for its scripts, from the home on.
SCRIPTS = {
    "bash": ".bash_completions/rollout.sh",
    "zsh": ".zfunc/_rollout",
    "fish": ".config/fish/completions/rollout.fish",
}
# How each shell says what was typed so far, as its script has it.
TYPED = {"zsh": '"${words[1,$CURRENT]}"', "fish": "(commandline -cp)"}
OFFERED = [
    ("rollout check -s p", ["prod"]),
    ("rollout remove-member -s dev tr", ["trial"]),
    ("rollout set-level -s dev trial sus", ["suspended"]),
    ("rollout remove-member -s prod pilot alice", ["alice.chen@acme.example"]),
]


@pytest.mark.parametrize("shell", SCRIPTS)
@pytest.mark.parametrize(("typed", "offered"), OFFERED)
def test_the_tab_key_offers_what_the_files_have(
    project: Path, tmp_path: Path, shell: str, typed: str, offered: list[str]
) -> None:
    assert completed(project, tmp_path, shell, typed) == (offered, "")


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_tab_key_is_silent_where_the_files_are_wrong(project: Path, tmp_path: Path, shell: str) -> None:
    for file in project.glob("Pulumi.*.yaml"):
        file.write_text("config: [", encoding="utf-8")
    assert completed(project, tmp_path, shell, "rollout remove-member -s dev tr") == ([], "")


def test_zsh_finds_whose_completion_it_is_in_the_first_line(tmp_path: Path) -> None:
    assert installed(tmp_path, "zsh").startswith("#compdef rollout\n")


def test_fish_offers_files_only_where_nothing_is_offered(project: Path, tmp_path: Path) -> None:
    script = installed(tmp_path, "fish")
    assert script.startswith("complete --command rollout --no-files --arguments ")
    asked = re.search(r'--condition "(.+)"', script)
    assert asked
    typed, nothing = (
        subprocess.run(["sh", "-c", command(asked[1], "fish", line)], cwd=project, env=variables(tmp_path), check=False)
        for line in ("rollout check -s p", "rollout check -s q")
    )
    assert (typed.returncode, nothing.returncode) == (0, 1)


def completed(folder: Path, home: Path, shell: str, typed: str) -> tuple[list[str], str]:
    """What is offered, and what is said beside it."""
    script = installed(home, shell)
    if shell == "bash":
        ask = f". {home / SCRIPTS['bash']}; COMP_WORDS=({typed}); COMP_CWORD={len(typed.split()) - 1}\n"
        ask += '_rollout_completion rollout; printf "%s\\n" "${COMPREPLY[@]}"'
    else:
        found = re.search(r"\((env .+? rollout)\)", script)
        assert found, script
        ask = command(found[1], shell, typed)
    ended = subprocess.run(
        ["bash" if shell == "bash" else "sh", "-c", ask],
        cwd=folder,
        env=variables(home),
        capture_output=True,
        text=True,
        check=False,
    )
    said = ended.stdout.strip()
    if shell == "zsh":  # a call of its own function, which offers files where we offer nothing
        return [] if said == "_files" else re.findall(r'"([^"]+)"', said), ended.stderr
    return said.split(), ended.stderr


def command(text: str, shell: str, typed: str) -> str:
    assert TYPED[shell] in text
    return text.replace(TYPED[shell], f"'{typed}'")


def installed(home: Path, shell: str) -> str:
    """What `rollout --install-completion` puts into a home, for a shell that is named."""
    ended = subprocess.run(
        [sys.executable, "-m", "cli", "--install-completion", shell],
        env={**variables(home), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return (home / SCRIPTS[shell]).read_text(encoding="utf-8")


def variables(home: Path) -> dict[str, str]:
    """Of somebody with this home, who has `rollout` on PATH."""
    program = home / "bin" / "rollout"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return {**os.environ, "HOME": str(home), "PATH": path, "PYTHONPATH": str(PROJECT)}
