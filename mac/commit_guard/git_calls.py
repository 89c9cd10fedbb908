"""A call of git or gh in a command line: its options and variables, and what its verb or alias stands for."""

from __future__ import annotations

from collections.abc import Iterator

from commit_guard import gitcall, gitsteps, verbs
from commit_guard.flows import Content
from commit_guard.line import Line, joined_path
from commit_guard.shell import parse, words_of
from commit_guard.words import TEXT, Event, Step, Word
from commit_guard.work import UNKNOWN as NOWHERE

# Of lines within lines, and of aliases of aliases.
DEPTH = 8
_GH_EXECUTES = {("extension", "exec"), ("extensions", "exec"), ("ext", "exec")}


class GitCalls:
    """What a line's reader does where git stands. Git runs lines and programs of others (aliases, `submodule foreach`):
    how those are read is the reader's."""

    _line: Line
    _unordered: bool

    def _run(self, events: list[Event]) -> None:
        raise NotImplementedError

    def _program(self, words: list[Word], given: dict[str, Word], read: Content | None, pipe: list[Step]) -> None:
        raise NotImplementedError

    def _mentioned(self, texts: list[str]) -> None:
        raise NotImplementedError

    def _gh(self, values: list[str | None], given: dict[str, Word], read: Content | None) -> None:
        values = [value for index, value in enumerate(values) if values[max(index - 1, 0)] not in {"-R", "--repo"}]
        while values[:1] and (values[0] or "").startswith("-"):
            values = values[1:]
        plain = [value for value in values if value is not None and not value.startswith("-")]
        what = tuple(plain[:2])
        if values and (values[0] is None or plain[0] not in {*verbs.GH, "co"} or what in _GH_EXECUTES):
            self._strange(f"what `gh {' '.join(what)[:40]}` does is not known", gitcall.Call.at(self._line))
            return
        if what in {("pr", "create"), ("pr", "new"), ("repo", "create"), ("repo", "sync"), ("repo", "new")}:
            self._git(given, [Word((TEXT, "push"))], read)
        elif what == ("pr", "checkout") or plain[:1] == ["co"]:
            self._git(given, [Word((TEXT, "pull"))], read)
            self._git(given, [Word((TEXT, "switch")), Word((TEXT, "refs/pull"))], read)
        elif what in {("repo", "clone"), ("gist", "clone"), ("release", "download"), ("run", "download")} or (
            plain[:1] and plain[0] in {"extension", "extensions", "ext", "alias", "codespace", "cs", "copilot"}
        ):
            self._line.doubt(f"what `gh {' '.join(what)}` brings is not known")

    def _git(self, given: dict[str, Word], words: list[Word], read: Content | None, depth: int = 0) -> None:
        line = self._line
        where: list[str] = []
        call = gitcall.Call(line, set(line.places), (), {}, read)
        for name, word in {**line.variables, **given}.items():
            self._variable(call, where, name, word)
        rest = list(words)
        while rest and (line.value(rest[0]) or "").startswith("-"):
            option, equals, value = (line.value(rest.pop(0)) or "").partition("=")
            argument: str | None = value
            if option in verbs.GIT_OPTIONS and not equals:
                argument = line.value(rest.pop(0)) if rest else ""
            self._git_option(call, where, option, argument)
        call.where = tuple(where)
        if rest:
            self._verb(call, rest, depth)

    def _git_option(self, call: gitcall.Call, where: list[str], option: str, argument: str | None) -> None:
        if option == "-C":
            call.places = {joined_path(place, argument) for place in call.places}
        elif option in {"--git-dir", "--work-tree"}:
            paths = {joined_path(place, argument) for place in call.places}
            if paths == {NOWHERE}:
                call.places = {NOWHERE}
            where.append(f"{option}={max(paths)}")
        elif option == "-c":
            call.unclear |= argument is None
            key, _, setting = (argument or "").partition("=")
            key = key.lower()
            call.settings[key] = setting
            if key == "core.worktree":
                where.append(f"--work-tree={max(joined_path(place, setting) for place in call.places)}")
            call.edits |= key in {"core.editor", "sequence.editor"} and setting not in verbs.IDLE
        elif option in verbs.GIT_FLAGS:
            where.append(option)

    def _variable(self, call: gitcall.Call, where: list[str], name: str, word: Word | None) -> None:
        line = self._line
        value = line.value(word) if word else None
        if name in {"GIT_DIR", "GIT_WORK_TREE"}:
            if value is None:
                call.places = {NOWHERE}
                return
            option = {"GIT_DIR": "--git-dir", "GIT_WORK_TREE": "--work-tree"}[name]
            where.append(f"{option}={max(joined_path(place, value) for place in line.places)}")
        elif name in verbs.GIT_VARIABLES:
            if value is None:
                call.places = {NOWHERE}
            elif name.endswith(("PATHSPECS", "NAMESPACE", "FILESYSTEM")):
                call.variables[name] = value
            else:
                call.variables[name] = max(joined_path(place, value) for place in line.places)
        elif name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_")):
            call.unclear |= value is None and not name.endswith("DATE")
        elif name in verbs.EDITORS:
            call.edits |= value not in verbs.IDLE
        elif name.startswith("GIT_CONFIG") or name in {"XDG_CONFIG_HOME", "GIT_EXEC_PATH"}:
            call.settings[name] = value
            call.edits |= value is None or "editor" in value.lower()

    def _verb(self, call: gitcall.Call, words: list[Word], depth: int) -> None:
        line = self._line
        verb = line.value(words[0])
        call.verb, call.words = verb or "", words[1:]
        if verb is None:
            line.doubt("which git command it is only the shell knows")
            for _, work in call.works():
                work.commits = work.index = True
                work.doubt("which git command it is only the shell knows")
            return
        if verb == "submodule" and "foreach" in {line.value(word) for word in call.words}:
            self._foreach(call)
            return
        if gitsteps.run(call):
            if verb in {"rebase", "bisect", "difftool"}:
                self._mentioned([word.said for word in call.words if " " in word.said])
            return
        meaning = self._alias(call, verb.lower())
        if meaning is None:
            self._strange(f"what `git {call.verb[:40]}` does is not known", call)
        elif meaning.startswith("!"):
            places = line.places
            roots = {line.found(place, (), {}).root or place for place in call.places if place != NOWHERE}
            line.places = roots | call.places
            given = " ".join("'" + (each or "$X").replace("'", "'\\''") + "'" for each in line.values(call.words))
            self._run(parse(f"{meaning[1:]} {given}"))
            line.places = places
        elif depth < DEPTH:
            self._verb_again(call, [*words_of(meaning), *call.words], depth + 1)

    def _strange(self, reason: str, call: gitcall.Call) -> None:
        """No command and no alias that is known: a program of somebody's, an extension, an alias that only git will
        see, a misspelling that git corrects. It may commit and push by itself."""
        line = self._line
        line.doubt(reason)
        for _, work in call.works():
            work.commits = work.index = True
            work.doubt(*line.doubts)

    def _alias(self, call: gitcall.Call, verb: str) -> str | None:
        """Of the line itself, or of git's settings."""
        line, key = self._line, f"alias.{verb}"
        settings = [line.found(place, call.where, call.variables) for place in sorted(call.places) if place != NOWHERE]
        known = [call.settings.get(key), line.aliases.get(key), *(found.setting(key) for found in settings)]
        return next((meaning for meaning in known if meaning), None)

    def _verb_again(self, call: gitcall.Call, words: list[Word], depth: int) -> None:
        """An alias may begin with options of git's own."""
        if (self._line.value(words[0]) or "").startswith("-"):
            places, self._line.places = self._line.places, call.places
            self._git({}, words, call.read, depth)
            self._line.places = places
        else:
            self._verb(call, words, depth)

    def _foreach(self, call: gitcall.Call) -> None:
        line = self._line
        inner = [word for word in call.words if line.value(word) not in {"foreach", "--recursive", "-q", "--quiet"}]
        paths = [path for place in call.places if place != NOWHERE for path in self._below(place, call)]
        places, self._unordered = line.places, True
        line.places = set(paths) or {NOWHERE}
        if paths and inner:
            text = [line.value(word) for word in inner]
            if None in text:
                line.doubt("what `git submodule foreach` runs is not known")
            if len(inner) == 1:
                self._run(parse(text[0] or inner[0].said))
            else:
                self._program(inner, {}, None, [])
        line.places = places

    def _below(self, place: str, call: gitcall.Call) -> Iterator[str]:
        for path in self._line.found(place, call.where, call.variables).submodules():
            yield path
            call_below = gitcall.Call(self._line, {path}, (), {}, None)
            yield from self._below(path, call_below)
