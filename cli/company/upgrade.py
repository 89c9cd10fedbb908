"""`rollout upgrade`: what a newer version of the program would do to a stack, before it is taken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.company.answers import Source
from cli.company.files import requirements
from cli.stack_file.listing import stack_path
from cli.terminal.child_process import ended
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.markdown import shown
from cli.terminal.progress import Progress
from cli.updating.engine_events import run as engine
from rollout import __version__
from rollout.review.changelog import Entry, entries_since
from rollout.review.engine_plan import Plan
from rollout.review.versions import Difference, differences

INSTALL_SECONDS = 1200
# In an installed program: a link here to the one at the root, which a wheel holds as a file.
CHANGELOG = Path("cli", "company", "CHANGELOG.md")
_SOURCE: TypeAdapter[str] = TypeAdapter(Source)


def run(stack: str, source: str, as_json: bool) -> int:
    """Exit 0 where both versions would do the same; 1 where the new one refuses the stack file, or deletes or replaces
    something that the present one leaves; 3 where it changes something else. Nothing is changed, nor is what is
    installed."""
    project, source = stack_path(Path.cwd(), stack).parent, _source(source)
    say = Console(stderr=True)
    with installed(source, say) as (folder, variables):
        entries = _entries(folder)
        new, mistakes = _asked(project, variables, "--version"), _mistakes(project, variables, stack)
        if mistakes:
            found = ()
        else:
            found = differences(_preview(project, stack, say, {}), _preview(project, stack, say, variables))
    version = new.removeprefix("rollout ").strip()
    if as_json:
        print_json(
            {
                "now": __version__,
                "then": version,
                "mistakes": mistakes,
                "changes": [asdict(one) for one in found],
                "changelog": [asdict(one) for one in entries],
            }
        )
    else:
        _print(stack, version, mistakes, found, entries)
    return 1 if mistakes or any(one.is_harsh for one in found) else 3 if found else 0


def _source(text: str) -> str:
    """As `rollout init` takes it: CommandError for anything that pip would read as more than one place."""
    try:
        return _SOURCE.validate_python(text)
    except ValidationError as error:
        raise CommandError(str(error.errors()[0].get("ctx", {}).get("error", "not a source"))) from None


@contextmanager
def installed(source: str, say: Console) -> Generator[tuple[Path, Mapping[str, str]]]:
    """Where the new version is, and variables under which Python finds it first, with what it needs, and the present
    one nowhere."""
    with tempfile.TemporaryDirectory(prefix="rollout-upgrade-") as scratch:
        wanted = Path(scratch) / "requirements.txt"
        wanted.write_text(requirements(source)[0].replace(f"=={__version__}", ""), encoding="utf-8")
        folder = Path(scratch) / "site"
        command = [*_installer(), "--target", str(folder), "--upgrade", "--requirement", str(wanted)]
        with Progress(say, "installing the new version, apart from what is installed") as progress:

            def told(seconds: float) -> None:
                if seconds > INSTALL_SECONDS:
                    text = f"installing took more than {INSTALL_SECONDS // 60} minutes; nothing was changed"
                    raise CommandError(text)
                progress.told(seconds)

            code, said = ended(command, os.environ, told, stderr=subprocess.STDOUT)
        if code:
            last = said.strip().splitlines()[-3:]
            raise CommandError("\n".join([f"{source}: cannot be installed; nothing was changed:", *last]))
        before = os.environ.get("PYTHONPATH", "")
        yield folder, {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), before]))}


def _installer() -> list[str]:
    """pip of this Python, or uv where there is no pip."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _entries(folder: Path) -> list[Entry]:
    """Of the new version's CHANGELOG.md; none where it brings none, as versions up to 0.1.0."""
    file = folder / CHANGELOG
    return entries_since(file.read_text(encoding="utf-8"), __version__) if file.is_file() else []


def _mistakes(project: Path, variables: Mapping[str, str], stack: str) -> list[str]:
    """What the new version refuses of the stack file, a line each."""
    found: dict[str, Any] = json.loads(_asked(project, variables, "check", "--stack", stack, "--json") or "{}")
    errors: list[object] = found.get("errors") or []
    return [str(line) for line in errors]


def _asked(project: Path, variables: Mapping[str, str], *words: str) -> str:
    """What the new version's `rollout` prints."""
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-P", "-m", "cli", *words],
        cwd=project,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if answer.returncode not in (0, 1):
        raise CommandError(answer.stderr.strip() or f"the new version's `rollout {' '.join(words)}` failed")
    return answer.stdout


def _preview(project: Path, stack: str, say: Console, variables: Mapping[str, str]) -> Plan:
    with Progress(say, f"asking what the {'new' if variables else 'present'} version would do") as progress:
        ran = engine(project, ["preview", "--stack", stack], progress.told, variables)
    if ran.plan is None or ran.plan.is_refused:
        errors = "\n".join(ran.plan.errors) if ran.plan else ran.said
        raise CommandError(errors or f"`pulumi preview --stack {stack}` ended with {ran.code}, and said nothing")
    return ran.plan


def _print(stack: str, version: str, mistakes: list[str], found: tuple[Difference, ...], entries: list[Entry]) -> None:
    console = Console(highlight=False)
    for entry in entries:
        console.print(f"CHANGELOG.md, {escape(entry.version)}:", style="bold")
        console.print(shown(entry.text))
        console.print()
    console.print(f"{stack}: {__version__} now, {escape(version)} then", style="bold")
    if mistakes:
        console.print(f"the new version refuses Pulumi.{escape(stack)}.yaml:")
        for line in mistakes:
            console.print(f"  {escape(line)}", soft_wrap=True)
        return
    if not found:
        console.print("both would do the same; take it: change requirements.txt, then `make setup`")
        return
    table = Table("", "resource", "now", "then", box=None, pad_edge=False)
    for one in found:
        mark = "[bold]![/]" if one.is_harsh else ""
        table.add_row(mark, f"{escape(one.kind)} {escape(one.name)}", one.now or "-", one.then or "-")
    console.print(table)
    harsh = sum(one.is_harsh for one in found)
    if harsh:
        console.print(
            f"{harsh} of {len(found)} delete or replace something (!): what CHANGELOG.md does not name is a fault"
        )
    else:
        console.print("nothing is deleted or replaced; CHANGELOG.md says why the rest changes")
