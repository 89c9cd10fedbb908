"""Files that belong together, changed together: judged for every stack that reads them, shown, asked, and written all
or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.stack_file.change import difference, judged, write
from cli.stack_file.listing import BEGINNING, END
from cli.stack_file.roster_readers import other_readers
from cli.terminal.ask import confirmed
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.text import text_of
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.roster import parsed

Against = Callable[[Rollout, Rollout], str | None]


def nothing(_was: Rollout, _now: Rollout) -> str | None:
    return None


def write_all(
    path: Path,
    texts: Mapping[Path, str],
    yes: bool,
    as_json: bool,
    *,
    shared: bool,
    said: Sequence[str] = (),
    against: Against = nothing,
) -> None:
    """Judged together before anything is written: in a folder beside, as they would be, for every stack that reads what
    changes. `shared`: whether others' rosters may change; `said`: what the person is to know besides; `against`: what
    speaks against the change in another stack, by what that has and would have."""
    before = {file: _read(file) for file in texts}
    others = {other for file, text in texts.items() if text != before[file] for other in other_readers(path, file)}
    others |= {file for file, text in texts.items() if file != path and _is_stack(file) and text != before[file]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copy(path.parent, folder, texts)
        judged(texts.get(path) or text_of(path), folder)
        mistakes = [line for other in sorted(others) for line in _mistakes(other, folder, texts, against)]
    if mistakes:
        raise StackFileError(mistakes)
    told = [*_of_others(path, texts, before, shared), *said]
    shown = {
        str(file.relative_to(path.parent)): difference(str(file.relative_to(path.parent)), before[file], text)
        for file, text in texts.items()
    }
    if not as_json:
        print("".join(shown.values()), end="")
        print("".join(f"{line}\n" for line in told), end="")
    confirmed(f"Write {', '.join(shown)}?", yes)
    if altered := [file.name for file in texts if _read(file) != before[file]]:
        raise CommandError(f"{', '.join(altered)}: changed by somebody else since it was read; nothing was written")
    _written({file: text for file, text in texts.items() if text != before[file]})
    if as_json:
        written = {"written": {name: text for name, text in shown.items() if text}}
        print_json({**written, **({"said": told} if told else {})})


def _read(file: Path) -> str:
    return text_of(file, encoding="utf-8-sig") if file.exists() else ""


def _copy(project: Path, folder: Path, texts: Mapping[Path, str]) -> None:
    if (project / "rosters").is_dir():
        shutil.copytree(project / "rosters", folder / "rosters")
    for file, text in texts.items():
        copy = folder / file.relative_to(project)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")


def _is_stack(file: Path) -> bool:
    return file.name.startswith(BEGINNING) and file.name.endswith(END)


def _mistakes(other: Path, folder: Path, texts: Mapping[Path, str], against: Against) -> list[str]:
    """What the judge of another stack has against the new texts, and had not against the old: a stack that is wrong
    already keeps nobody from a change."""
    was, known = _judged(text_of(other), other.parent, other.name)
    now, lines = _judged(texts.get(other) or text_of(other), folder, other.name)
    said = against(was, now) if was and now else None
    return [f"{other.name}: {line}" for line in (*lines, *([said] if said else [])) if line not in known]


def _judged(text: str, folder: Path, name: str) -> tuple[Rollout | None, list[str]]:
    """What it describes, or the mistakes that it has."""
    try:
        return judged(text, folder, name), []
    except StackFileError as error:
        return None, error.lines


def _of_others(path: Path, texts: Mapping[Path, str], before: Mapping[Path, str], shared: bool) -> list[str]:
    """A line for each roster that other stacks read. CommandError where nobody said that they may change with it."""
    lines: list[str] = []
    for file, text in texts.items():
        if not _is_stack(file) and text != before[file] and (readers := other_readers(path, file)):
            roster = str(file.relative_to(path.parent))
            stacks = ", ".join(f"{other.name} ({', '.join(cohorts)})" for other, cohorts in sorted(readers.items()))
            lines.append(f"{roster} is read by {stacks} as well: there {_moved(before[file], text)}")
    if lines and not shared:
        lines.append("add --shared to change it for all of them, or give this stack's cohort a `roster` of its own")
        raise CommandError("\n".join(["nothing was written", *lines]))
    return lines


def _moved(before: str, after: str) -> str:
    one, other = _people(before), _people(after)
    gone, come = len(one - other), len(other - one)
    out = "1 person" if gone == 1 else f"{gone} people"
    return f"{out} out, {come} in" if gone or come else "nobody moves, and what is said of them changes"


def _people(text: str) -> set[str]:
    return {row.email for row in parsed("roster.csv", text)[0]}


def _written(texts: Mapping[Path, str]) -> None:
    """All, or none: what was there comes back where a later one cannot be written."""
    known = {file: file.read_bytes() if file.exists() else None for file in texts}
    done: list[Path] = []
    try:
        for file, text in texts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            write(file, text)
            done.append(file)
    except BaseException:
        for file in done:
            was = known[file]
            if was is None:
                file.unlink(missing_ok=True)
            else:
                write(file, was.decode("utf-8"))
        raise
