"""How a command ends, whatever happens in it: one form for every error, one exit code, and never a traceback.

Exit codes are documented in `cli.app`. With `--json` an error is `{"errors": ["a line each"]}` on the standard output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, cast

import typer

from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json

REFUSED, NOT_UNDERSTOOD, OUR_FAULT, STOPPED = 1, 2, 70, 130
# For whoever mends the program: shows where a fault of ours is.
TRACEBACK = "ROLLOUT_TRACEBACK"
COMPLETION = "_ROLLOUT_COMPLETE"


def run(app: typer.Typer) -> int:
    """The exit code of the command that `sys.argv` names."""
    as_json = _wants_json(sys.argv[1:])
    try:
        found: object = app(prog_name="rollout", standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _stopped(as_json)
    except BrokenPipeError:
        return _nobody_reads()
    except typer.Abort:
        return _told(["nothing was changed: there was no answer"], REFUSED, as_json)
    except typer.TyperException as error:
        return _not_understood(error, as_json)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        return _refused(error, as_json)
    code = found if isinstance(found, int) else 0
    return _stopped(as_json) if code == STOPPED else code


def _wants_json(arguments: Sequence[str]) -> bool:
    """Also where the rest of the arguments cannot be understood."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return "--json" in arguments[:end]


def _refused(error: Exception, as_json: bool) -> int:
    """A stack file's mistakes are a line each, below a headline for people."""
    if isinstance(error, CommandError):
        return _told(str(error).splitlines(), error.code, as_json)
    if lines := cast("list[str] | None", getattr(error, "lines", None)):
        return _told(lines, REFUSED, as_json, headline=str(error).splitlines()[:1])
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return _told([f"{where}{error.strerror or error}"], REFUSED, as_json)
    said = " ".join(f"{type(error).__name__}: {error}".split())
    text = f"a fault of rollout itself: {said}; report it with what {TRACEBACK}=1 shows"
    return _told([text], OUR_FAULT, as_json)


def _not_understood(error: typer.TyperException, as_json: bool) -> int:
    if as_json:
        return _told([" ".join(error.format_message().split())], error.exit_code, as_json)
    cast("Any", error).show()  # the usage as well
    return error.exit_code


def _stopped(as_json: bool) -> int:
    return _told(["stopped"], STOPPED, as_json)


def _told(lines: list[str], code: int, as_json: bool, headline: Sequence[str] = ()) -> int:
    if os.environ.get(COMPLETION):
        return code  # whoever pressed the tab key wants no words
    try:
        if as_json:
            print_json({"errors": lines})
            sys.stdout.flush()
        else:
            print("rollout: " + "\n".join([*headline, *lines]), file=sys.stderr)
    except BrokenPipeError:
        _nobody_reads()
    return code


def _nobody_reads() -> int:
    """Whoever read has gone, as `head` does; what Python would flush at its end goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    return REFUSED
