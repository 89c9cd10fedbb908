"""Whether a command that a page shows exists: the program, its subcommand, its options. Nothing is run."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import botocore.session
import typer.main
from botocore import xform_name

from cli.app import app
from sandbox.__main__ import parser
from sandbox.engine.find import find
from tests.stacks import PROJECT

# Not ours, and not part of what is tested here: each with why it is shown.
OTHERS = {
    "cat": "the shell's own",
    "cd": "the shell's own",
    "curl": "shows the sandbox's orders; any HTTP client would do",
    "echo": "the shell's own",
    "export": "the shell's own",
    "gh": "GitHub's client, on a real account",
    "git": "everybody's",
    "okta-aws-cli": "Okta's client on a member's Mac, on a real account",
    "openssl": "makes secrets",
    "rm": "the shell's own",
    "terraform": "what people come from, in docs/migration.md",
}
# What the AWS CLI has beside the operations of the service models.
AWS_CUSTOM = {
    ("logs", "tail"): {"--since", "--follow", "--format", "--filter-pattern"},
    ("sso", "login"): {"--profile", "--no-browser", "--use-device-code"},
    ("configure", "export-credentials"): {"--profile", "--format"},
}
AWS_GLOBAL = {"--query", "--output", "--region", "--profile", "--no-cli-pager"}
# Names that the engine still takes, and its help lists no more.
PULUMI_OLD: dict[tuple[str, ...], str] = {
    ("stack", "init"): "new",
    ("stack", "rm"): "remove",
    ("stack", "ls"): "list",
    ("config", "rm"): "remove",
}
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a shell block, as words; what is within `$(...)` is one of its own."""
    text = re.sub(r"<<-?'?(\w+)'?\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL).replace("\\\n", " ")
    for line in text.splitlines():
        for inner in re.findall(r"\$\(([^()]+)\)", line):
            yield from commands(inner)
        words = list(shlex.shlex(line, posix=True, punctuation_chars="|&;()<>"))
        plain = shlex.split(line, comments=True) if not re.search(r"[|&;<>]", " ".join(words)) else None
        for command in [plain] if plain is not None else _split(line):
            while command and re.fullmatch(r"[A-Z_]+=.*", command[0], re.DOTALL):
                command = command[1:]  # noqa: PLW2901  what it sets for this command alone
            if command:
                yield command


def _split(line: str) -> Iterator[list[str]]:
    """A line of several commands; redirections are left out."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    command: list[str] = []
    words = iter(lexer)
    for word in words:
        if set(word) <= set("|&;"):
            yield command
            command = []
        elif set(word) <= set("<>"):
            next(words, None)
        else:
            command.append(word)
    yield command


def wrong(command: Sequence[str], *, whole: bool = True) -> str | None:
    """What is not as shown, or None. `whole`: its required arguments are there as well."""
    program, *arguments = command
    match program.removeprefix("../").removeprefix("./"):
        case "make":
            return _make(arguments)
        case "rollout":
            return _rollout(arguments, whole)
        case "sandbox":
            return _sandbox(arguments, whole)
        case ".venv/bin/python" | "python" | "python3":
            return _python(program, arguments, whole)
        case "pulumi":
            return _pulumi(arguments)
        case "aws":
            return _aws(arguments, whole)
        case "eval":
            return None  # what is within is checked by itself
        case path if path.startswith("ci/"):
            return None if os.access(PROJECT / path, os.X_OK) else f"no such script: {path}"
        case other:
            return None if other in OTHERS else f"no such program here: {other}; see OTHERS in {__name__}"


def _make(arguments: Sequence[str]) -> str | None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    for word in arguments:
        name, given, _ = word.partition("=")
        if given and not re.search(rf"\$[({{](?:or \$\()?{name}\b", MAKEFILE) and f"$(or $({name})" not in MAKEFILE:
            return f"the Makefile does not read {name}"
        if not given and not word.startswith("-") and word not in targets:
            return f"no such target: {word}"
    return None


def _rollout(arguments: Sequence[str], whole: bool) -> str | None:
    """Typer brings a parser of its own, which has no types."""
    group: Any = typer.main.get_command(app)
    if not arguments or arguments[0] in {"--help", "-h", "--version", "--install-completion", "--show-completion"}:
        return None
    name, *rest = arguments
    command = group.commands.get(name)
    if command is None:
        return f"no such command: {name}"
    context = command.context_class(command, info_name=name)
    try:
        options, _, _ = command.make_parser(context).parse_args(list(rest))
    except Exception as error:
        return f"{name}: {error}"
    if "help" in options or not whole:
        return None
    missing = [p.name for p in command.params if p.required and not p.envvar and options.get(p.name) is None]
    return f"{name}: missing {', '.join(missing)}" if missing else None


def _python(program: str, arguments: Sequence[str], whole: bool) -> str | None:
    """A module is the environment's; `python3` alone is a Mac's own, which runs the commit guard."""
    if program != ".venv/bin/python" and "-m" in arguments:
        return f"{program} knows no module of the environment: write `rollout`, `sandbox` or .venv/bin/python"
    if program == "python3":
        return None
    match list(arguments):
        case ["-m", "cli", *rest]:
            return _rollout(rest, whole)
        case ["-m", "sandbox", *rest]:
            return _sandbox(rest, whole)
        case ["-m", module, *_]:
            return None if importlib.util.find_spec(module) else f"no such module: {module}"
        case ["-" | "-c", *_] | []:
            return None
        case [path, *_]:
            return None if (PROJECT / path).is_file() else f"no such file: {path}"
        case _:
            return f"not understood: {arguments}"


def _sandbox(arguments: Sequence[str], whole: bool) -> str | None:
    """argparse says what is wrong on stderr, and leaves."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            parser().parse_args(list(arguments))
    except SystemExit as left:
        text = said.getvalue().strip().rpartition("error: ")[2]
        return text if left.code and (whole or "required" not in text) else None
    return None


def _pulumi(arguments: Sequence[str]) -> str | None:
    path: list[str] = []
    rest = list(arguments)
    while rest and (name := PULUMI_OLD.get((*path, rest[0]), rest[0])) in _pulumi_help(tuple(path))[0]:
        path.append(name)
        rest.pop(0)
    known, options = _pulumi_help(tuple(path))
    if known and rest and not rest[0].startswith("-"):
        return f"pulumi {' '.join(path)}: no such command: {rest[0]}"
    for word in rest:
        option = word.partition("=")[0]
        if option == "--":
            break
        if re.fullmatch(r"--?[a-z][a-z-]*", option) and option not in options:
            return f"pulumi {' '.join(path)}: no such option: {option}"
    return None


@cache
def _pulumi_help(path: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """(subcommands, options) as the engine itself says."""
    engine = find(lambda _: None)
    with tempfile.TemporaryDirectory() as home:
        result = subprocess.run(
            [str(engine), *path, "--help"],
            env={"HOME": home, "PULUMI_HOME": home, "PATH": os.environ["PATH"], "PULUMI_SKIP_UPDATE_CHECK": "true"},
            cwd=home,
            capture_output=True,
            text=True,
            check=True,
            timeout=240,
        )
    text = result.stdout
    below = re.findall(r"^ +([a-z][a-z-]+) +[A-Z[]", text, re.MULTILINE)
    options = re.findall(r"(?:^| )(--?[a-zA-Z][a-z-]*)(?=[ ,\[\n])", text, re.MULTILINE)
    return frozenset(below), frozenset(options)


def _aws(arguments: Sequence[str], whole: bool) -> str | None:
    if len(arguments) < 2:
        return "aws: no operation"
    service, operation, *rest = arguments
    given = {word for word in rest if word.startswith("--")} - AWS_GLOBAL
    if custom := AWS_CUSTOM.get((service, operation)):
        return f"aws {service} {operation}: {given - custom}" if given - custom else None
    try:
        model: Any = _session().get_service_model(service)
    except Exception as error:
        return f"aws: {error}"
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in names:
        return f"aws {service}: no such operation: {operation}"
    shape: Any = model.operation_model(names[operation]).input_shape
    members = {f"--{xform_name(name, '-')}": name for name in (shape.members if shape else {})}
    if unknown := given - members.keys() - {f"--no-{name[2:]}" for name in members}:
        return f"aws {service} {operation}: no such options: {', '.join(sorted(unknown))}"
    required = {option for option, name in members.items() if shape and name in shape.required_members}
    if whole and (missing := required - given):
        return f"aws {service} {operation}: missing {', '.join(sorted(missing))}"
    return None


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()
