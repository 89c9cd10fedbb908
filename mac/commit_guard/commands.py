"""What a Bash command would commit or push, read off its words. In doubt it would: looking is cheap."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable

_SEPARATORS = ";&|()\n`{}"
_DEPTH = 5
# Whichever folder a variable names.
_UNKNOWN = ""
_SAME_REPOSITORY = re.compile(r"\$\(\s*git rev-parse --show-toplevel\s*\)")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
# Options of git itself, and of `git commit`, that take the next word.
_GIT_OPTIONS = {"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env", "--super-prefix"}
_COMMIT_LETTERS = "mFCct"
_COMMIT_OPTIONS = {
    *("--message", "--file", "--author", "--date", "--template", "--reuse-message", "--reedit-message"),
    *("--fixup", "--squash", "--cleanup", "--trailer"),
}
_PUSHES = {"push", "send-pack", "http-push"}
_CONTINUED = {"merge", "rebase", "cherry-pick", "revert", "am"}
# Verbs that are no alias, so that git need not be asked.
_PLAIN = {
    *("status", "log", "diff", "show", "branch", "checkout", "switch", "restore", "fetch", "pull", "clone", "config"),
    *("rev-parse", "reset", "stash", "tag", "remote", "blame", "grep", "ls-files", "rm", "mv", "clean", "worktree"),
    *("describe", "reflog", "bisect", "apply", "format-patch", "submodule", "help", "version", "rev-list", "cat-file"),
}


class Work:
    """What one repository is to be looked at for. `where`: git's own options that lead to it, after `-C directory`."""

    def __init__(self, directory: str, where: tuple[str, ...]) -> None:
        self.directory, self.where = directory, where
        self.commits = self.pushes = self.begins = False
        self.tracked: list[str] | None = None  # paths of the working tree that go along; [] is all of them
        self.untracked: list[str] | None = None
        self.ignored = False
        self.refs: list[str] = []
        self.messages: list[str] = []

    @property
    def known(self) -> bool:
        """Whether the words say which repository it is."""
        return self.directory != _UNKNOWN and not any(option.endswith("=") for option in self.where)


class Reader:
    """Collects work by repository. `alias`: (directory, verb) -> what git's configuration has for it."""

    def __init__(self, directory: str, alias: Callable[[str, str], str | None]) -> None:
        self._directory = directory
        self._alias = alias
        self._found: dict[tuple[str, tuple[str, ...]], Work] = {}

    def read(self, command: str) -> list[Work]:
        self._commands(command, 0)
        return [work for work in self._found.values() if work.commits or work.pushes]

    def _commands(self, command: str, depth: int) -> None:
        if depth > _DEPTH or not re.search("git|gh", command, re.IGNORECASE):
            return
        command = _SAME_REPOSITORY.sub(".", command)
        outer: list[str] = []
        words: list[str] = []
        for word in [*_words(command), "\n"]:
            if not word or set(word) - set(_SEPARATORS):
                words.append(word)
                continue
            self._statement(words, depth)
            words = []
            for mark in word:
                if mark == "(":
                    outer.append(self._directory)
                elif mark == ")" and outer:
                    self._directory = outer.pop()

    def _statement(self, words: list[str], depth: int) -> None:
        words = _without_redirections(words)
        for index, word in enumerate(words):
            name = os.path.basename(word).lower()  # a Mac's disk asks for no case
            if name == "git":
                self._git(words[:index], words[index + 1 :], depth)
                break
            if name == "gh" and {"pr", "repo"} & set(words[index:]) and {"create", "sync"} & set(words[index:]):
                self._work(self._directory, ()).pushes = True
            if name in {"cd", "pushd"} and index + 1 < len(words):
                given = [each for each in words[index + 1 :] if each == "-" or not each.startswith("-")]
                self._directory = _joined(self._directory, given[0] if given else "~")
                break
        for word in words:
            if re.search(r"\s", word):  # sh -c, eval, $(...), python -c
                self._commands(word, depth + 1)

    def _git(self, before: list[str], words: list[str], depth: int) -> None:
        directory, rest = self._directory, list(words)
        where: list[str] = []
        aliases: dict[str, str] = {}
        for word in before:
            if word.startswith("GIT_DIR="):
                where.append("--git-dir=" + _joined(directory, word.partition("=")[2]))
            if word.startswith("GIT_WORK_TREE="):
                where.append("--work-tree=" + _joined(directory, word.partition("=")[2]))
        while rest and rest[0].startswith("-"):
            option, equals, value = rest.pop(0).partition("=")
            if option in _GIT_OPTIONS and not equals:
                value = rest.pop(0) if rest else ""
            if option == "-C":
                directory = _joined(directory, value)
            elif option in {"--git-dir", "--work-tree"}:
                where.append(f"{option}={_joined(directory, value)}")
            elif option == "-c" and value.startswith("alias."):
                name, _, meaning = value[len("alias.") :].partition("=")
                aliases[name] = meaning
        if rest:
            self._verb(directory, tuple(where), aliases, rest, depth)

    def _verb(
        self, directory: str, where: tuple[str, ...], aliases: dict[str, str], words: list[str], depth: int
    ) -> None:
        verb, given = words[0], words[1:]
        if verb in {"commit", "commit-tree"} or (verb in _CONTINUED and "--continue" in given):
            work = self._work(directory, where)
            work.commits = True
            if verb == "commit":
                _commit(work, given)
        elif verb in _PUSHES or (verb in {"subtree", "lfs"} and "push" in given):
            work = self._work(directory, where)
            work.pushes = True
            work.refs += _pushed(given)
        elif verb in {"add", "stage"}:
            _add(self._work(directory, where), given)
        elif verb == "init":
            self._work(directory, where).begins = True
        elif verb not in _PLAIN and depth < _DEPTH:
            meaning = aliases.get(verb) or self._alias(directory, verb)
            if meaning and meaning.startswith("!"):
                self._commands(meaning[1:] + " " + " ".join(map(shlex.quote, given)), depth + 1)
            elif meaning:
                self._verb(directory, where, {}, [*_words(meaning), *given], depth + 1)

    def _work(self, directory: str, where: tuple[str, ...]) -> Work:
        return self._found.setdefault((directory, where), Work(directory, where))


def _words(command: str) -> list[str]:
    """As a shell would have them, separators as words of their own; roughly where its quotes are not closed."""
    command = command.replace("\\\n", " ")
    lexer = shlex.shlex(command, posix=True, punctuation_chars=_SEPARATORS)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        return list(lexer)
    except ValueError:
        return [word for word in re.split(rf"\s+|([{re.escape(_SEPARATORS)}]+)|[\"']", command) if word]


def _without_redirections(words: list[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        redirects = re.match(r"\d*[<>]", word)
        if not skip and not redirects:
            kept.append(word)
        skip = bool(redirects and re.fullmatch(r"\d*[<>-]+", word))
    return kept


def _joined(directory: str, path: str) -> str:
    """Unknown where a variable says it, or what was before."""
    if not path or path == ".":
        return directory
    path = os.path.expanduser(path)
    if "$" in path or path == "-" or "\0" in path or (directory == _UNKNOWN and not os.path.isabs(path)):
        return _UNKNOWN
    return os.path.normpath(os.path.join(directory, path))


def _commit(work: Work, words: list[str]) -> None:
    paths: list[str] = []
    everything, rest = False, list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            paths += rest
            break
        if not word.startswith("-") or word == "-":
            paths.append(word)
        elif word.startswith("--"):
            everything |= _long(work, word, rest)
        else:
            everything |= _short(work, word[1:], rest)
    if everything:
        work.tracked = []
    elif paths:
        work.tracked = _united(work.tracked, paths)


def _long(work: Work, word: str, rest: list[str]) -> bool:
    """Whether all that is tracked goes along. Takes an option's value from the words that follow."""
    option, equals, value = word.partition("=")
    if option in _COMMIT_OPTIONS and not equals:
        value = rest.pop(0) if rest else ""
    if option == "--file":
        work.messages.append(value)
    return option in {"--all", "--patch", "--interactive", "--pathspec-from-file"}


def _short(work: Work, letters: str, rest: list[str]) -> bool:
    """The same of a word such as `-am`."""
    for index, letter in enumerate(letters):
        if letter in "ap":
            return _short(work, letters[index + 1 :], rest) or True
        if letter in _COMMIT_LETTERS:
            value = letters[index + 1 :] or (rest.pop(0) if rest else "")
            if letter == "F":
                work.messages.append(value)
            return False
        if letter in "Su":
            return False
    return False


def _add(work: Work, words: list[str]) -> None:
    options = [word for word in words if word.startswith("-") and word != "-"]
    paths = [word for word in words if word not in options]
    letters = "".join(word[1:] for word in options if not word.startswith("--"))
    if not paths or any("$" in path for path in paths):
        paths = []
    work.ignored |= "f" in letters or "--force" in options
    work.tracked = _united(work.tracked, paths)
    if "u" not in letters and "--update" not in options:
        work.untracked = _united(work.untracked, paths)


def _united(known: list[str] | None, paths: list[str]) -> list[str]:
    if known == [] or not paths:
        return []
    return [*(known or []), *paths]


def _pushed(words: list[str]) -> list[str]:
    """The local side of what is pushed; nothing where the words do not say."""
    flags = [word for word in words if word in {"--all", "--branches", "--mirror", "--tags", "--follow-tags"}]
    plain = [word for word in words if not word.startswith("-") and word != "push"]
    refs = [ref.lstrip("+").partition(":")[0] for ref in plain[1:]]
    every = {"--all": ["--branches"], "--branches": ["--branches"], "--mirror": ["--all"]}
    return [ref for ref in refs if ref and not ref.startswith("-")] + [
        option for flag in flags for option in every.get(flag, ["--tags"])
    ]
