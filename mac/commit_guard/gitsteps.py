"""What one git command does to what is committed and pushed, as one line of a shell goes on."""

from __future__ import annotations

import re
from collections.abc import Callable

from commit_guard import verbs
from commit_guard.git_history import am, bisect, fetch, merge, pick, pull, rebase
from commit_guard.git_refs import (
    branch,
    clone,
    config,
    gui,
    init,
    lfs,
    notes,
    nothing,
    push,
    refs,
    remote,
    submodule,
    subtree,
    tag,
    worktree,
)
from commit_guard.git_tree import add, apply, checkout, commit, mv, reset, restore, stash
from commit_guard.gitcall import Call
from commit_guard.work import NO_FOLDER, UNKNOWN

_SHOWS = {"--show-current-patch", "--get-url"}
# With these options they print messages, or what is staged.
_VERBOSE = {"for-each-ref", "tag", "branch", "rev-list", "status", "commit"}
_SAYS_MORE = re.compile(r"-[a-z]*v|--verbose|--pretty|--oneline|--header|.*(?:contents|subject|body|%[sbBN])")
_READS_SETTINGS = ("-f", "--file", "--blob", "-l", "--list", "--get-")
_PLAIN_SETTINGS = (["user.name"], ["user.email"], ["init.defaultBranch"], ["core.bare"], ["core.editor"])


def run(call: Call) -> bool:
    """False where git has no command of this name that is known here."""
    verb = call.verb
    if UNKNOWN in call.places and verb not in verbs.READS and verb not in verbs.PUSHES:
        call.line.doubt(NO_FOLDER)
    handler = _HANDLERS.get(verb)
    if handler:
        handler(call)
    elif verb in verbs.PUSHES:
        push(call)
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


_HANDLERS: dict[str, Callable[[Call], None]] = {
    "add": add,
    "stage": add,
    "commit": commit,
    "merge": merge,
    "pull": pull,
    "fetch": fetch,
    "rebase": rebase,
    "cherry-pick": pick,
    "revert": pick,
    "am": am,
    "apply": apply,
    "checkout": checkout,
    "switch": checkout,
    "restore": restore,
    "reset": reset,
    "stash": stash,
    "branch": branch,
    "update-ref": refs,
    "symbolic-ref": refs,
    "tag": tag,
    "notes": notes,
    "init": init,
    "clone": clone,
    "worktree": worktree,
    "mv": mv,
    "rm": nothing,
    "config": config,
    "remote": remote,
    "push": push,
    "subtree": subtree,
    "lfs": lfs,
    "submodule": submodule,
    "bisect": bisect,
    "gui": gui,
    "citool": gui,
}
