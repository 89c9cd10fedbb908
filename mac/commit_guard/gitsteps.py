"""What one git command does to what is committed and pushed, as one line of a shell goes on."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from commit_guard import verbs
from commit_guard.flows import Content, joined
from commit_guard.line import NO_VARIABLE, Line, joined_path
from commit_guard.options import Options
from commit_guard.shell import TEXT, VARIABLE, Step, Word
from commit_guard.work import NO_FOLDER, UNKNOWN, Found, Take, Work

_MAX_PATCH_BYTES = 4 * 1024 * 1024
_MAGIC = set("*?[:{")
_RELATIVE = re.compile(r"HEAD|[~^@]")
_OF_HEAD = re.compile(r"HEAD|@|^-$|^\.\.|\.\.$")
# Several commits by one word, or those that it leaves out, as git's own log is told them.
_SEVERAL = re.compile(r"^\^|^:/|\^[@!]$|\^-\d*$")
_SHOWS = {"--show-current-patch", "--get-url"}
# With these options they print messages, or what is staged.
_VERBOSE = {"for-each-ref", "tag", "branch", "rev-list", "status", "commit"}
_SAYS_MORE = re.compile(r"-[a-z]*v|--verbose|--pretty|--oneline|--header|.*(?:contents|subject|body|%[sbBN])")
_READS_SETTINGS = ("-f", "--file", "--blob", "-l", "--list", "--get-")
_PLAIN_SETTINGS = (["user.name"], ["user.email"], ["init.defaultBranch"], ["core.bare"], ["core.editor"])
_BRANCH_NAMES = re.compile(
    r"git (?:branch --show-current|rev-parse --abbrev-ref HEAD|symbolic-ref (?:-q |--short )*HEAD|rev-parse HEAD)"
)


class Call:
    """One git command. `read`: what it reads from the step before it."""

    def __init__(
        self, line: Line, places: set[str], where: tuple[str, ...], variables: dict[str, str], read: Content | None
    ) -> None:
        self.line, self.places, self.where, self.variables, self.read = line, places, where, variables, read
        self.verb = ""
        self.words: list[Word] = []
        self.settings: dict[str, str | None] = {}  # of `-c`, in small letters
        self.edits = False  # an editor is named by the line
        self.unclear = False  # a setting, or whose commit it is, only the shell knows

    @classmethod
    def at(cls, line: Line) -> Call:
        """Where the line is."""
        return cls(line, set(line.places), (), {}, None)

    def works(self) -> list[tuple[str, Work]]:
        return [(place, self.line.work(place, self.where, self.variables)) for place in sorted(self.places)]

    def found(self, place: str) -> Found:
        return self.line.found(place, self.where, self.variables)

    def options(self, letters: str = "", valued: set[str] | None = None, known: set[str] | None = None) -> Options:
        return Options(
            self.words, self.line.variables, letters=letters, valued=valued or set(), known=known or valued or set()
        )

    def message(self, options: Options) -> Content:
        """Of `-m` and `-F` and the like, beside what the line itself says."""
        line = self.line
        found = [line.content(word) for word in options.values("-m", "--message", "--trailer", "--author")]
        read = self.read or ([], ["what it reads is not known"])
        named = options.values("-F", "--file", "-t", "--template")
        found += [read if line.value(word) == "-" else line.files([word]) for word in named]
        if self.edits:
            found.append(([], ["the line names an editor"]))
        if self.unclear:
            found.append(([], [NO_VARIABLE]))
        return joined(found)


def run(call: Call) -> bool:
    """False where git has no command of this name that is known here."""
    verb = call.verb
    if UNKNOWN in call.places and verb not in verbs.READS and verb not in verbs.PUSHES:
        call.line.doubt(NO_FOLDER)
    handler = _HANDLERS.get(verb)
    if handler:
        handler(call)
    elif verb in verbs.PUSHES:
        _push(call)
    elif verb in verbs.UNSEEN:
        for _, work in call.works():
            work.commits = True
            work.doubt(f"what `git {verb}` puts into history is not looked at")
    elif verb in verbs.UNFOLLOWED:
        call.line.doubt(f"what `git {verb}` changes is not followed")
    elif verb not in verbs.READS:
        return False
    for word in call.words:
        if word.said.startswith("--output") or (word.said == "-o" and verb in {"diff", "log", "show", "cat-file"}):
            call.line.flows.put(None, ([], [f"what `git {verb}` writes is not followed"]))
    return True


def prints_nothing(verb: str, values: list[str]) -> bool:
    """No file's content, nobody's message, no setting and no address, which may have a token in it."""
    says_more = any(value.startswith("-") and _SAYS_MORE.match(value) for value in values)
    says_more |= verb == "tag" and any(re.match(r"-n\d*$", value) for value in values)
    if _SHOWS.intersection(values) or (verb in _VERBOSE and says_more):
        return False
    plain = [value for value in values if not value.startswith("-")]
    if verb == "config":
        if any(value.startswith(_READS_SETTINGS) for value in values):
            return False
        sets = len(plain) == len(values) == 2 and plain[0] not in {"get", "list"}
        return sets or plain[-1:] in _PLAIN_SETTINGS
    if verb == "remote":
        return not {"-v", "--verbose"}.intersection(values) and plain[:1] not in (["get-url"], ["show"])
    if verb == "var":
        return "-l" not in values
    return verb in verbs.NAMES or ((verb in _HANDLERS or verb in verbs.PUSHES) and verb not in {"stash", "notes"})


def _taken(call: Call, place: str, work: Work, take: Take) -> None:
    """With all that the line itself has put there."""
    line = call.line
    literal = bool(take.paths) and not any(_MAGIC & set(path) for path in take.paths) and place != UNKNOWN
    paths = [joined_path(place, path) for path in take.paths] if literal else None
    root = take.found.root or line.start
    if work.begins and paths is None:
        paths = [place]
    files, doubts = line.flows.into(paths, root)
    work.files += [file for file in files if file not in work.files]
    work.doubt(*doubts)
    take.ignored |= line.ignores
    work.takes.append(take)


def _add(call: Call) -> None:
    options = call.options(valued={"--pathspec-from-file", "--chmod"})
    updates = options.has("-u", "--update")
    paths = options.said(options.all_plain)
    unclear = options.unknown or len(paths) < len(options.all_plain) or options.has("--pathspec-from-file", "-i", "-e")
    unclear |= any(word.pattern and "{" in word.said for word in options.all_plain)
    unclear |= options.has("--interactive", "--edit")
    if options.has("-n", "--dry-run"):
        return
    ignored = options.has("-f", "--force") or any(key == "core.excludesfile" for key in call.settings)
    for place, work in call.works():
        take = Take(call.found(place), place, [] if unclear else paths, untracked=not updates, ignored=ignored)
        _taken(call, place, work, take)
        work.doubt(*call.line.doubts)


def _commit(call: Call) -> None:
    options = call.options(verbs.MESSAGE_LETTERS, verbs.COMMIT_OPTIONS & verbs.MESSAGE_OPTIONS, verbs.COMMIT_OPTIONS)
    files, doubts = call.message(options)
    paths = options.said(options.all_plain)
    everything = options.has("-a", "--all", "-p", "--patch", "--interactive", "--pathspec-from-file")
    everything |= options.unknown or len(paths) < len(options.all_plain)
    if options.has("--dry-run", "--short", "--porcelain", "--long"):
        return
    if any(NO_VARIABLE in call.line.content(word)[1] for word in options.plain):
        doubts = [*doubts, NO_VARIABLE]
    again = options.said(options.values("-C", "-c", "--reuse-message", "--reedit-message", "--fixup", "--squash"))
    for place, work in call.works():
        if work.switched:
            _settled(work, again)
        work.commits = work.index = True
        work.files += files
        work.doubt(*call.line.doubts, *doubts)
        work.notes += [word.rpartition(":")[2] for word in again]
        if options.has("--amend"):
            work.amends = True
            new = options.has("-m", "--message", "-F", "--file", "-C", "-c", "--reuse-message", "--reedit-message")
            work.notes += [] if new else ["HEAD"]
        if everything:
            _taken(call, place, work, Take(call.found(place), place, [], untracked=False))
        elif paths:
            _taken(call, place, work, Take(call.found(place), place, paths, untracked=False))


def _continued(call: Call) -> bool:
    """Whether a merge, rebase, pick and so on goes on with what is staged, or is ended."""
    said = set(call.options().flags)
    if said & verbs.ABORTS:
        _moved(call)
        return True
    if not said & (verbs.CONTINUES - {"-r"}) and not (call.verb == "am" and "-r" in said):
        return False
    for _, work in call.works():
        work.commits = work.index = work.moved = True
        work.doubt(*call.line.doubts)
        work.doubt(*(["the line names an editor"] if call.edits else []))
    return True


def _moved(call: Call, words: list[str] | None = None) -> None:
    for _, work in call.works():
        work.moved = True
        work.words += [word for word in words or [] if word not in work.words]


def _settled(work: Work, words: list[str]) -> None:
    """What `HEAD~1`, `-` or `..topic` is changes with what the line has done before."""
    of_head = (work.switched or bool(work.heads)) and any(_OF_HEAD.search(word) for word in words)
    if of_head or ((work.commits or work.moved) and any(_RELATIVE.search(word) for word in words)):
        work.doubt("which commit is meant after what the line does before is not known")


def _merge(call: Call) -> None:
    if _continued(call):
        return
    valued = {"--message", "--file", "--strategy", "--strategy-option", "--into-name", "--cleanup"}
    options = call.options("mFsX", valued)
    words = options.said()
    content = call.message(options)
    unknown = [NO_VARIABLE] if options.unknown or len(words) < len(options.plain) else []
    for _, work in call.works():
        work.files += content[0]
        if options.has("--squash", "--no-commit"):
            _settled(work, words)
            work.squashes += words
            call.line.doubts += [doubt for doubt in unknown if doubt not in call.line.doubts]
        if not options.has("--squash"):
            work.commits = True
            work.merges += words
            work.doubt(*content[1], *unknown)
    _moved(call, words)


def _pull(call: Call) -> None:
    options = call.options("sX", {"--strategy", "--strategy-option", "--depth", "--upload-pack", "--jobs"})
    words = options.said()
    refs = [word.lstrip("+").partition(":")[0] for word in words[1:]]
    _moved(call, [*refs, "FETCH_HEAD"])
    for _, work in call.works():
        if words[:1] == ["."]:
            work.commits = True
            work.merges += refs
            if options.has("--squash", "--no-commit"):
                work.squashes += refs
        elif not _known_remote(work, words) or options.unknown:
            work.commits = True
            work.doubt("what is fetched from elsewhere is not looked at")
        elif options.has("--squash", "--no-commit"):
            call.line.doubt("what is fetched is not looked at")


def _known_remote(work: Work, words: list[str]) -> bool:
    """What it has is out already."""
    if not words or words[0].startswith("-"):
        return True
    return any(key.startswith(f"remote.{words[0].lower()}.") for key, _ in work.found.config)


def _fetch(call: Call) -> None:
    words = call.options("joS", {"--depth", "--upload-pack", "--jobs", "--refmap", "--server-option"}).said()
    local = [word.lstrip("+").partition(":")[0] for word in words[1:]]
    for _, work in call.works():
        work.words += ["FETCH_HEAD", *local]
        if any(":" in word for word in words[1:]):
            work.moved = True
        if words[:1] != ["."] and not _known_remote(work, words) and "--all" not in words:
            call.line.doubt("what is fetched from elsewhere is not looked at")


def _rebase(call: Call) -> None:
    if _continued(call):
        return
    options = call.options("xsX", {"--onto", "--exec", "--strategy", "--strategy-option", "--whitespace"})
    words = [*options.said(), *options.said(options.values("--onto"))]
    unknown = options.unknown or len(options.said()) < len(options.plain)
    _moved(call, words)
    for _, work in call.works():
        work.commits = True
        work.merges += words
        work.heads += words
        work.doubt(*([NO_VARIABLE] if unknown else []))
        if options.has("-x", "--exec") or call.edits:
            work.doubt("what a rebase runs is not followed")


def _pick(call: Call) -> None:
    if _continued(call):
        return
    options = call.options("mXsS" if call.verb == "cherry-pick" else "mXs", {"--mainline", "--strategy", "--cleanup"})
    words = options.said()
    unknown = options.unknown or len(words) < len(options.plain) or options.has("--stdin")
    several = options.has("--all", "--branches", "--tags", "--remotes", "--glob", "--not")
    several |= any(_SEVERAL.search(word) for word in words)
    for _, work in call.works():
        _settled(work, words)
        work.doubt(*([f"which commits `git {call.verb}` takes is not known"] if several else []))
        work.picks += [(word, call.verb == "revert") for word in words]
        work.commits = True
        work.doubt(*([NO_VARIABLE] if unknown else []))
        if call.edits and options.has("-e", "--edit"):
            work.doubt("the line names an editor")
    _moved(call, [word for word in words if ".." not in word])


def _am(call: Call) -> None:
    if _continued(call):
        return
    options = call.options("Cp", {"--directory", "--exclude", "--include", "--patch-format", "--whitespace"})
    content = _given(call, options)
    _moved(call)
    for _, work in call.works():
        work.commits = True
        work.files += content[0]
        work.doubt(*content[1])


def _apply(call: Call) -> None:
    options = call.options("Cp", {"--directory", "--exclude", "--include", "--whitespace", "--build-fake-ancestor"})
    if options.has("--stat", "--numstat", "--summary", "--check") and not options.has("--apply"):
        return
    content = _given(call, options)
    call.line.flows.put(None, content)
    call.line.ignores |= changes_what_is_ignored(content[0])
    if options.has("--index", "--cached", "-3", "--3way", "--intent-to-add", "-N"):
        for _, work in call.works():
            work.files += content[0]
            for reason in content[1]:
                call.line.doubt(reason)


def changes_what_is_ignored(patches: list[str]) -> bool:
    for path in patches:
        try:
            with open(path, "rb") as file:
                if b".gitignore" in file.read(_MAX_PATCH_BYTES):
                    return True
        except OSError:
            continue
    return False


def _given(call: Call, options: Options) -> Content:
    """Files that it names, or what it reads."""
    words = [word for word in options.all_plain if call.line.value(word) != "-"]
    read = call.read or ([], ["what it reads is not known"])
    return joined([call.line.files(words), ([], []) if words and len(words) == len(options.all_plain) else read])


def _checkout(call: Call) -> None:
    branches = call.options("bBcC", {"--orphan", "--create", "--force-create", "--conflict", "--pathspec-from-file"})
    new = branches.has("-b", "-B", "-c", "-C", "--create", "--force-create", "--orphan")
    words = branches.said()
    unknown = branches.unknown or len(words) < len(branches.plain)
    for place, work in call.works():
        work.switched = True
        if branches.has("--orphan"):
            work.whole = True
        if branches.has("-B", "-C", "--force-create") or (new and words):
            work.moved = True
        work.words += [*words, "@{-1}"]
        of_files = call.verb == "checkout" and not new and (branches.paths is not None or len(words) > 1)
        if not of_files:
            work.heads += ["@{-1}" if word == "-" else word for word in words[:1]]
        if unknown or branches.has("--pathspec-from-file"):
            call.line.doubt(NO_VARIABLE)
        if of_files:
            paths = [*words[1:], *branches.said(branches.paths or [])]
            _settled(work, words[:1])
            work.trees += [(word, place, paths) for word in words[:1]]
        elif call.verb == "checkout" and branches.has("-p", "--patch", "-m", "--merge"):
            work.trees += [(word, place, []) for word in words[:1]]


def _restore(call: Call) -> None:
    options = call.options("s", {"--source", "--conflict", "--pathspec-from-file"})
    sources = options.values("-s", "--source")
    for place, work in call.works():
        paths = options.said(options.all_plain)
        _settled(work, options.said(sources))
        work.trees += [(word, place, paths) for word in options.said(sources)]
    if len(options.said(sources)) < len(sources) or options.unknown:
        call.line.doubt(NO_VARIABLE)


def _reset(call: Call) -> None:
    options = call.options(valued={"--pathspec-from-file"})
    words = options.said()
    unknown = options.unknown or len(words) < len(options.plain)
    for place, work in call.works():
        others = [word for word in words if word not in {"HEAD", "@"}]
        if not others and not unknown:
            continue
        if work.switched or options.paths is not None or len(words) > 1:
            _settled(work, others[:1])
        work.moved = True
        work.words += others
        if options.paths is not None or len(words) > 1:
            paths = [*words[1:], *options.said(options.paths or [])]
            work.trees += [(word, place, paths) for word in others[:1]]
        else:
            work.heads += others[:1]
        if not options.has("--hard"):
            work.bases += others[:1]
            if unknown:
                work.whole = True
    if unknown:
        call.line.doubt(NO_VARIABLE)


def _stash(call: Call) -> None:
    options = call.options("m", {"--message", "--pathspec-from-file"})
    words = options.said()
    what = words[0] if words else "push"
    for place, work in call.works():
        if what in {"pop", "apply", "branch"}:
            names = words[2:] if what == "branch" else words[1:]
            work.stashes += [f"stash@{{{name}}}" if name.isdigit() else name for name in names or ["refs/stash"]]
            work.moved |= what == "branch"
            work.heads += [f"{name}^1" for name in work.stashes[-1:] if what == "branch"]
            if options.unknown or len(words) < len(options.plain):
                call.line.doubt(NO_VARIABLE)
            if work.stashed:  # by the same line: the entries are others by then, and all of the tree is in one
                work.takes.append(Take(call.found(place), place, [], untracked=True))
                work.stashes += ["stash@{0}", "stash@{1}"]
        elif what in {"push", "save", "create"}:
            work.stashed = True
            if what == "create":  # a commit of all that is tracked, which only the shell knows the name of
                work.commits = work.index = True
                work.takes.append(Take(call.found(place), place, [], untracked=False))
        elif what == "store":
            call.line.doubt("what `git stash store` keeps is not followed")


def _branch(call: Call) -> None:
    options = call.options("u", {"--set-upstream-to", "--sort", "--format", "--contains", "--merged", "--points-at"})
    if options.plain and not options.has("-d", "-D", "--delete", "--list", "-l", "--contains", "--merged"):
        _moved(call, options.said())
        _unclear(call, options)


def _unclear(call: Call, options: Options) -> None:
    if options.unknown or len(options.said()) < len(options.plain):
        call.line.doubt("which commit it is only the shell knows")


def _refs(call: Call) -> None:
    """`update-ref`, `symbolic-ref`: HEAD may be anything, and begin anew."""
    options = call.options("m")
    words = options.said()
    if call.verb == "symbolic-ref" and len(options.plain) < 2:
        return
    _moved(call, words)
    _unclear(call, options)
    for _, work in call.works():
        work.whole = True
        work.heads += words[1:2]
        if call.options().has("--stdin"):
            call.line.doubt("what `git update-ref` reads is not followed")


def _tag(call: Call) -> None:
    options = call.options("mFu", {*verbs.MESSAGE_OPTIONS, "--sort", "--format", "--contains", "--points-at"})
    if not options.plain or options.has("-l", "--list", "-d", "--delete", "-v", "--verify"):
        return
    content = call.message(options)
    _unclear(call, options)
    for _, work in call.works():
        work.words += options.said()
        work.moved |= options.has("-f", "--force") or len(options.plain) > 1
        if options.has("-m", "--message", "-F", "--file", "-a", "-s", "-u", "--annotate", "--sign"):
            work.commits = True
            work.files += content[0]
            work.doubt(*content[1])


def _notes(call: Call) -> None:
    options = call.options("mFCc", {*verbs.MESSAGE_OPTIONS})
    words = options.said()
    if not words or words[0] not in {"add", "append", "edit", "copy", "merge"}:
        return
    content = call.message(options)
    for _, work in call.works():
        work.commits = True
        work.files += content[0]
        work.doubt(*content[1])
        work.words += words[1:]
        for word in options.said(options.values("-C", "-c", "--reuse-message", "--reedit-message")):
            work.doubt(f"`{word[:40]}` as a note is not looked at")


def _init(call: Call) -> None:
    options = call.options("b", {"--template", "--separate-git-dir", "--object-format", "--initial-branch", "--depth"})
    words = options.said()
    for place in sorted(call.places):
        path = joined_path(place, words[0] if words else ".")
        if path != UNKNOWN and call.line.found(path, call.where, call.variables).root != path:
            call.line.born.setdefault(path, "init")
            call.line.made.append(path)


def _clone(call: Call) -> None:
    """A repository of which nothing can be known yet."""
    options = call.options(
        "objcb", {"--branch", "--depth", "--origin", "--config", "--template", "--reference", "--jobs"}
    )
    words = options.said()
    name = words[1] if len(words) > 1 else os.path.basename((words or ["?"])[0].rstrip("/")).removesuffix(".git")
    _newborn(call, name)


def _newborn(call: Call, name: str) -> None:
    for place in sorted(call.places):
        path = joined_path(place, name)
        call.line.born.setdefault(path, call.verb)
        call.line.made.append(path)


def _worktree(call: Call) -> None:
    options = call.options("bB", {"--reason"})
    words = options.said()
    if words[:1] == ["add"] and words[1:]:
        _newborn(call, words[1])
        _moved(call, words[2:])


def _mv(call: Call) -> None:
    options = call.options()
    line = call.line
    paths = options.all_plain
    if not paths:
        return
    for word in paths[:-1]:
        line.put(word, ([], []))
    line.put(paths[-1], line.files(paths[:-1]))


def _config(call: Call) -> None:
    options = call.options("f", {"--file", "--type", "--default", "--blob"})
    words = options.said()
    gets = options.has("--get", "--get-all", "--get-regexp", "--list", "-l", "--get-urlmatch")
    if (
        gets
        or words[:1] in (["get"], ["list"])
        or (len(options.plain) < 2 and not options.has("--unset", "--edit", "-e"))
    ):
        return
    if any(
        word.startswith(("user.", "color.", "init.", "gc.", "pull.", "advice.", "commit.gpgsign")) for word in words[:2]
    ):
        return
    line = call.line
    line.configured = True
    line.recurses |= any("recurse" in word.lower() for word in words)
    line.ignores |= any("core.excludes" in word.lower() for word in words)
    if words[:1] and words[0].lower().startswith("alias."):
        line.aliases[words[0].lower()] = words[1] if len(words) > 1 else "!$UNKNOWN"


def _remote(call: Call) -> None:
    words = call.options("tm").said()
    if words[:1] and words[0] in {"add", "set-url", "rename"}:
        call.line.configured |= call.options().has("--mirror") or words[0] == "rename"


def _push(call: Call) -> None:
    options = call.options("o", {"--repo", "--receive-pack", "--exec", "--push-option"}, verbs.PUSH_OPTIONS)
    if options.has("-n", "--dry-run"):
        return
    plain = options.plain[0 if options.has("--repo") else 1 :]
    plain = [*plain, *(options.paths or [])]
    specs = options.said(plain)
    every = len(specs) < len(plain) or options.unknown or call.line.configured or call.verb != "push"
    sources = [spec.lstrip("+").partition(":")[0] for spec in specs if spec != "tag"]
    deletes = options.has("-d", "--delete")
    line = call.line
    if not all(_names_a_branch(line, word) for word in plain if line.value(word) is None):
        line.doubt("what is pushed only the shell knows")
    every |= any("*" in source for source in sources) or ":" in specs or "+:" in specs
    settings = set(call.settings) | {key for key in call.variables if key.startswith("GIT_CONFIG")}
    every |= any(key.startswith(("push.", "remote.", "branch.", "include", "GIT_CONFIG")) for key in settings)
    said = {"default": call.settings.get("push.default"), "recurse": call.settings.get("push.recursesubmodules")}
    for _, work in call.works():
        config = dict(work.found.config)
        work.pushes = True
        work.refs += [source for source in sources if source and not source.startswith("^") and not deletes]
        work.tags |= options.has("--tags", "--follow-tags", "--mirror") or config.get("push.followtags") == "true"
        work.mirror |= options.has("--mirror") or any(
            key.startswith("remote.") and key.endswith(".mirror") and value != "false" for key, value in config.items()
        )
        work.mirror |= any("*" in source and not source.startswith("refs/heads/") for source in sources)
        if work.stashed and (work.mirror or any("stash" in source for source in sources)):
            work.doubt("what the same line puts away is not looked at")
        matching = config.get("push.default") == "matching" or said["default"] == "matching"
        configured = [key for key in config if key.startswith("remote.") and key.endswith(".push")]
        work.every |= every or options.has("--all", "--branches") or (not specs and (matching or bool(configured)))
        moved = work.moved or (work.switched and (not sources or {"HEAD", "@"} & set(sources)))
        work.every |= bool(moved) and not deletes
        if configured and not specs:
            work.mirror = work.tags = True
        if not deletes and (not specs or (work.commits and any(_RELATIVE.search(source) for source in sources))):
            work.refs.append("HEAD")  # after a commit HEAD~1 is what HEAD was
        work.doubt(*call.line.doubts)
        recursive = {*options.said(options.values("--recurse-submodules")), said["recurse"] or ""}
        recursive |= {config.get("push.recursesubmodules", ""), config.get("submodule.recurse", "")}
        if recursive & {"on-demand", "only", "true", "yes"} or line.recurses:
            _push_below(call, work)


def _names_a_branch(line: Line, word: Word) -> bool:
    """`$(git branch --show-current)` and the like."""
    for kind, part in word.parts:
        known = line.variables.get(part) if kind == VARIABLE and isinstance(part, str) else None
        if kind == VARIABLE and (known is None or not _names_a_branch(line, known)):
            return False
        steps = [event for event in part if isinstance(event, Step)] if isinstance(part, list) else []
        said = [" ".join(each.said for each in step.words) for step in steps]
        if kind not in {TEXT, VARIABLE} and not (said and _BRANCH_NAMES.fullmatch(said[0]) and len(said) == 1):
            return False
    return True


def _push_below(call: Call, work: Work) -> None:
    for path in work.found.submodules():
        below = call.line.work(path, (), {})
        if not below.pushes:
            below.pushes = below.every = True
            _push_below(call, below)


def _subtree(call: Call) -> None:
    words = call.options("Pm", {"--prefix", "--message", "--branch", "--onto"}).said()
    what = words[0] if words else ""
    for _, work in call.works():
        if what == "push":
            work.pushes = work.every = True
        elif what in {"add", "merge", "pull", "split"}:
            work.commits = work.moved = True
            work.doubt(*([f"what `git subtree {what}` brings is not looked at"] if what != "split" else []))


def _lfs(call: Call) -> None:
    words = call.options().said()
    if words[:1] == ["push"]:
        for _, work in call.works():
            work.pushes = work.every = True
    elif words[:1] and words[0] in {"migrate", "checkout", "pull", "merge-driver", "smudge"}:
        call.line.doubt("what `git lfs` changes is not followed")


def _submodule(call: Call) -> None:
    words = call.options("bj", {"--branch", "--depth", "--name", "--reference", "--jobs"}).said()
    if words[:1] and words[0] in {"update", "add", "init"} and call.options().has("--remote", "--merge", "--rebase"):
        for _, work in call.works():
            work.moved = True


def _bisect(call: Call) -> None:
    words = call.options().said()
    for _, work in call.works():
        work.switched = True
        work.heads += work.found.commits(words[1:])
    if words[:1] == ["run"]:
        call.line.doubt("what `git bisect run` runs is not followed")


def _gui(call: Call) -> None:
    for place, work in call.works():
        work.commits = work.index = True
        _taken(call, place, work, Take(call.found(place), place, [], untracked=True))
        work.doubt(*call.line.doubts)


def _nothing(call: Call) -> None:
    """`git rm`: what is ignored may change."""
    for word in call.options("").all_plain:
        for place in call.places:
            call.line.touches(joined_path(place, call.line.value(word)), removes=True)


_HANDLERS: dict[str, Callable[[Call], None]] = {
    "add": _add,
    "stage": _add,
    "commit": _commit,
    "merge": _merge,
    "pull": _pull,
    "fetch": _fetch,
    "rebase": _rebase,
    "cherry-pick": _pick,
    "revert": _pick,
    "am": _am,
    "apply": _apply,
    "checkout": _checkout,
    "switch": _checkout,
    "restore": _restore,
    "reset": _reset,
    "stash": _stash,
    "branch": _branch,
    "update-ref": _refs,
    "symbolic-ref": _refs,
    "tag": _tag,
    "notes": _notes,
    "init": _init,
    "clone": _clone,
    "worktree": _worktree,
    "mv": _mv,
    "rm": _nothing,
    "config": _config,
    "remote": _remote,
    "push": _push,
    "subtree": _subtree,
    "lfs": _lfs,
    "submodule": _submodule,
    "bisect": _bisect,
    "gui": _gui,
    "citool": _gui,
}
