"""What a rollout needs of the engine: its version, its plug-ins, its backend."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from cli.doctor.finding import Check, Finding, broken, fine
from cli.doctor.steps import Step
from cli.live.stack import pulumi
from cli.stack_file.listing import stack_path
from cli.stack_file.yaml_load import loaded

# What is tested, and the least.
TESTED = (3, 258, 0)
SECONDS = 60
# Beside a package's code: which plug-in it speaks to, at which version.
PLUGIN_FILE = "pulumi-plugin.json"
REQUIREMENTS = "requirements.txt"
KMS = "awskms://"
PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
REQUIRED = re.compile(r"^(pulumi-[a-z0-9-]+)==([^\s;]+)", re.MULTILINE)
# Where it is set, the engine fetches no plug-in by itself.
NO_FETCHING = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"
SET_UP = "`make setup`, or install requirements.txt anew"


@dataclass(frozen=True, order=True)
class Plugin:
    """Of a provider, as `pulumi plugin ls` names it."""

    name: str
    version: str


def checks(project: Path, stack: str, environment: Mapping[str, str]) -> list[Check]:
    return [
        Check(
            name="engine",
            look=lambda: engine(_said(project, "version"), okta_token=bool(environment.get("OKTA_API_TOKEN"))),
            fix="install Pulumi: https://www.pulumi.com/docs/install/",
            step=Step.SHELL,
        ),
        Check(
            name="backend",
            look=lambda: _backend(project, stack),
            fix="`pulumi login`, then `pulumi stack select`; its passphrase or key must be there as well",
            step=Step.STATE,
        ),
        Check(
            name="secrets",
            look=lambda: secrets(loaded(_text(stack_path(project, stack))), environment),
            fix="look at the stack file",
            step=Step.STATE,
        ),
        Check(
            name="packages",
            look=lambda: packages(_text(project / REQUIREMENTS), _installed),
            fix=SET_UP,
            step=Step.FILES,
        ),
        Check(
            name="plug-ins",
            look=lambda: plugins(_spoken_to(), _present(project), fetches=not _is_set(environment.get(NO_FETCHING))),
            fix="`pulumi plugin ls` says more",
            step=Step.SHELL,
        ),
        Check(
            name="own plug-ins",
            look=lambda: own_plugins(project),
            fix="look at `plugins` in Pulumi.yaml",
            step=Step.FILES,
        ),
    ]


def engine(said: str, *, okta_token: bool) -> Iterator[Finding]:
    """`said`: by `pulumi version`. `okta_token`: whether Okta's provider has an API token, and so asks Okta while it is
    configured, which a newer engine waits for (decision 21)."""
    version = tuple(int(part) for part in re.findall(r"\d+", said)[:3])
    if version < TESTED:
        least = ".".join(map(str, TESTED))
        yield broken("engine", f"pulumi {said}, older than {least}", "install a newer Pulumi")
    elif version > TESTED and okta_token:
        yield broken(
            "engine",
            f"pulumi {said} ends an update while Okta is away, a suspension's too, since OKTA_API_TOKEN is in use",
            f"use a service app's key, or pulumi {'.'.join(map(str, TESTED))}: docs/known-faults.md, 26",
        )
    else:
        yield fine("engine", f"pulumi {said}")


def _backend(project: Path, stack: str) -> Iterator[Finding]:
    said: dict[str, Any] = json.loads(_said(project, "whoami", "--json"))
    _said(project, "stack", "output", "--json", "--stack", stack)
    yield fine("backend", f"{said['url']} answers {said['user']}; stack {stack} is there")


def secrets(content: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[Finding]:
    """What the state's secrets are under. `content`: the stack file's, to which `pulumi stack init` writes it."""
    provider, salt = str(content.get("secretsprovider") or ""), content.get("encryptionsalt")
    if provider.startswith(KMS):
        yield fine("secrets", f"are under {provider}")
    elif provider or (salt and any(environment.get(name) for name in PASSPHRASES)):
        yield fine("secrets", f"are under {provider or 'a passphrase: whoever has it reads them'}")
    elif salt:
        fix = "`pulumi stack change-secrets-provider awskms://...`, with bootstrap's secrets_provider"
        yield broken("secrets", f"are under a passphrase, and neither {' nor '.join(PASSPHRASES)} is set", fix)
    else:
        yield broken("secrets", "are under nothing yet", "`pulumi stack init`, with bootstrap's secrets_provider")


def packages(requirements: str, installed: Callable[[str], str | None]) -> Iterator[Finding]:
    """Whether Pulumi's packages are those that are asked for: a package decides which plug-in it speaks to.

    `installed`: a package's version, where it is there.
    """
    asked: list[tuple[str, str]] = sorted(REQUIRED.findall(requirements))
    wrong = [(name, version, installed(name)) for name, version in asked if installed(name) != version]
    for name, version, found in wrong:
        is_there = f"{found} is installed" if found else "it is not installed"
        yield broken("packages", f"{REQUIREMENTS} asks for {name} {version}; {is_there}", SET_UP)
    if not wrong:
        yield fine("packages", ", ".join(f"{name} {version}" for name, version in asked))


def plugins(wanted: set[Plugin], present: set[Plugin], *, fetches: bool) -> Iterator[Finding]:
    """`wanted`: of the installed packages. `fetches`: whether the engine gets by itself what it lacks."""
    lacking = wanted - present
    for plugin in sorted(lacking) if not fetches else ():
        others = ", ".join(sorted(one.version for one in present if one.name == plugin.name))
        what = f"{plugin.name} {plugin.version} is not there{f', but {others}' if others else ''}"
        yield broken("plug-ins", what, f"`pulumi plugin install resource {plugin.name} {plugin.version}`")
    if fetches or not lacking:
        later = " (fetched by the next update)"
        listed = (f"{one.name} {one.version}{later if one in lacking else ''}" for one in sorted(wanted))
        yield fine("plug-ins", ", ".join(listed))


def own_plugins(project: Path) -> Iterator[Finding]:
    """Those that Pulumi.yaml declares by their folders; the engine runs each in the environment that it names."""
    declared: Mapping[str, Any] = loaded(_text(project / "Pulumi.yaml")).get("plugins") or {}
    for one in declared.get("providers") or ():
        name, folder = str(one["name"]), project / str(one["path"])
        manifest = folder / "PulumiPlugin.yaml"
        if not manifest.is_file():
            yield broken("own plug-ins", f"{name}: no {one['path']}/{manifest.name}", "take it from version control")
            continue
        runtime: Any = loaded(_text(manifest)).get("runtime")
        virtualenv = (runtime.get("options") or {}).get("virtualenv") if isinstance(runtime, dict) else None
        if virtualenv and not (folder / virtualenv).is_dir():
            yield broken("own plug-ins", f"{name}: its Python is not there: {one['path']}/{virtualenv}", "`make setup`")
        else:
            yield fine("own plug-ins", f"{name} in {one['path']}")


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _spoken_to() -> set[Plugin]:
    """The plug-ins of all providers' packages that are installed."""
    found: set[Plugin] = set()
    for package in metadata.distributions():
        if package.name.lower().replace("_", "-").startswith("pulumi-"):
            said = Path(str(package.locate_file(f"{package.name.replace('-', '_')}/{PLUGIN_FILE}")))
            plugin: dict[str, Any] = json.loads(_text(said)) if said.is_file() else {}
            if plugin.get("resource"):
                found.add(Plugin(str(plugin["name"]), str(plugin["version"])))
    return found


def _present(project: Path) -> set[Plugin]:
    listed: list[dict[str, Any]] = json.loads(_said(project, "plugin", "ls", "--json"))
    return {Plugin(str(one["name"]), str(one.get("version"))) for one in listed if one["kind"] == "resource"}


def _is_set(value: str | None) -> bool:
    return (value or "").lower() in {"1", "true"}


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _said(project: Path, *arguments: str) -> str:
    return pulumi(project, *arguments, seconds=SECONDS).strip()
