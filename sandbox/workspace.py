"""What the Pulumi CLI needs to run here: itself, the language host, plug-ins, a state of its own, and the stacks."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from sandbox.engine import find
from sandbox.environment import environment
from sandbox.plugins.install import install, launch_line
from sandbox.settings import PROJECT, Settings

PROJECT_NAME = "claude-code-rollout"
PASSPHRASE = "sandbox"
LANGUAGE_HOST = "pulumi-language-python"


def bin_folder(settings: Settings) -> Path:
    return settings.home / "bin"


def pulumi_environment(settings: Settings) -> dict[str, str]:
    """What to add to `environment` so that plain `pulumi` runs here, apart from a person's own Pulumi."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return {
        "PATH": os.pathsep.join(dict.fromkeys([str(bin_folder(settings)), *path])),
        "PULUMI_HOME": str(settings.home / "pulumi"),
        # The state is renamed into place, but not its side file: one that a kill cut short makes it unreadable.
        "PULUMI_BACKEND_URL": f"{(settings.home / 'state').as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # Without this an Output in a text would silently become part of a name.
        "PULUMI_ERROR_OUTPUT_STRING": "1",
    }


def full_environment(settings: Settings) -> dict[str, str]:
    """Of a process that runs `pulumi` here."""
    return {**os.environ, **environment(settings), **pulumi_environment(settings)}


def prepare_engine(settings: Settings) -> None:
    """Put the engine and its plug-ins in their place under the sandbox's home; again is quick and changes nothing."""
    place_engine(find.find(lambda text: print(text, file=sys.stderr, flush=True)), bin_folder(settings))
    place_commands(bin_folder(settings))
    install(settings.home / "pulumi", Path(sys.executable))
    (settings.home / "state").mkdir(parents=True, exist_ok=True)


def place_engine(engine: Path, folder: Path) -> None:
    """The CLI, and beside it the language host: the engine looks there first. The official bundle brings its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in [engine.name, *(file.name for file in engine.parent.glob("pulumi-*"))]:
        link(engine.parent / name, folder / name)
    if not (engine.parent / LANGUAGE_HOST).exists():
        _launcher(folder / LANGUAGE_HOST, launch_line(Path(sys.executable), "sandbox.language_host"))


def place_commands(folder: Path) -> None:
    """`rollout` and `sandbox`, whatever the working directory and the shell's Python are: of this clone, or as
    installed beside this Python."""
    ours = PROJECT / "tools" / "rollout"
    program = ours if ours.is_file() else Path(sys.executable).with_name("rollout")
    _launcher(folder / "rollout", f'exec {shlex.quote(str(program))} "$@"')
    _launcher(folder / "sandbox", launch_line(Path(sys.executable), "sandbox", warm=False))


def _launcher(file: Path, line: str) -> None:
    """A file, not a link: a home may be copied."""
    text = f"#!/bin/sh\n{line}\n"
    if file.is_symlink() or not file.is_file() or file.read_text() != text:
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(file.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def link(source: Path, target: Path) -> None:
    """A hard link, since the engine looks beside the name it was started by; a copy on another disk."""
    if target.exists() and target.samefile(source):
        return
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def stacks(settings: Settings, project: Path) -> None:
    """Make the stacks whose file has the sandbox's salt, so that each can be previewed; the sandbox's is the one
    selected. To any other the engine would write a salt, and its secrets are not the sandbox's."""
    for file in sorted(project.glob("Pulumi.*.yaml")):
        name = file.name.split(".")[1]
        if "encryptionsalt:" not in file.read_text(encoding="utf-8"):
            continue
        if not (settings.home / "state" / ".pulumi" / "stacks" / PROJECT_NAME / f"{name}.json").exists():
            pulumi(settings, project, "stack", "init", name, "--no-select")
    if (project / "Pulumi.sandbox.yaml").exists() and not list((settings.home / "pulumi").glob("workspaces/*")):
        pulumi(settings, project, "stack", "select", "sandbox")


def release(settings: Settings, project: Path, stack: str) -> None:
    """Give back the stack's lock if the process that took it is gone: a killed engine cannot do so itself."""
    for lock in (settings.home / "state" / ".pulumi" / "locks").rglob(f"{stack}/*.json"):
        pid = json.loads(lock.read_text()).get("pid", 0)
        if not Path(f"/proc/{pid}").exists():
            pulumi(settings, project, "cancel", stack, "--yes")
            return


def pulumi(settings: Settings, project: Path, *arguments: str) -> str:
    """Run the CLI; SystemExit with what it said if it fails."""
    command = [str(bin_folder(settings) / "pulumi"), *arguments, "--non-interactive", "--color", "never"]
    result = subprocess.run(
        command, cwd=project, env=full_environment(settings), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise SystemExit(f"`pulumi {' '.join(arguments)}` failed:\n{result.stdout}{result.stderr}")
    return result.stdout
