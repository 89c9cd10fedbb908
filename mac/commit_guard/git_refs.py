"""Commands that name, send or set up."""

from __future__ import annotations

import os
import re

from commit_guard import verbs
from commit_guard.gitcall import RELATIVE, Call, moved, taken, unclear
from commit_guard.line import Line, joined_path
from commit_guard.words import TEXT, VARIABLE, Step, Word
from commit_guard.work import UNKNOWN, Take, Work

_BRANCH_NAMES = re.compile(
    r"git (?:branch --show-current|rev-parse --abbrev-ref HEAD|symbolic-ref (?:-q |--short )*HEAD|rev-parse HEAD)"
)


def branch(call: Call) -> None:
    options = call.options("u", {"--set-upstream-to", "--sort", "--format", "--contains", "--merged", "--points-at"})
    if options.plain and not options.has("-d", "-D", "--delete", "--list", "-l", "--contains", "--merged"):
        moved(call, options.said())
        unclear(call, options)


def refs(call: Call) -> None:
    """`update-ref`, `symbolic-ref`: HEAD may be anything, and begin anew."""
    options = call.options("m")
    words = options.said()
    if call.verb == "symbolic-ref" and len(options.plain) < 2:
        return
    moved(call, words)
    unclear(call, options)
    for _, work in call.works():
        work.whole = True
        work.heads += words[1:2]
        if call.options().has("--stdin"):
            call.line.doubt("what `git update-ref` reads is not followed")


def tag(call: Call) -> None:
    options = call.options("mFu", {*verbs.MESSAGE_OPTIONS, "--sort", "--format", "--contains", "--points-at"})
    if not options.plain or options.has("-l", "--list", "-d", "--delete", "-v", "--verify"):
        return
    content = call.message(options)
    unclear(call, options)
    for _, work in call.works():
        work.words += options.said()
        work.moved |= options.has("-f", "--force") or len(options.plain) > 1
        if options.has("-m", "--message", "-F", "--file", "-a", "-s", "-u", "--annotate", "--sign"):
            work.commits = True
            work.files += content[0]
            work.doubt(*content[1])


def notes(call: Call) -> None:
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


def init(call: Call) -> None:
    options = call.options("b", {"--template", "--separate-git-dir", "--object-format", "--initial-branch", "--depth"})
    words = options.said()
    for place in sorted(call.places):
        path = joined_path(place, words[0] if words else ".")
        if path != UNKNOWN and call.line.found(path, call.where, call.variables).root != path:
            call.line.born.setdefault(path, "init")
            call.line.made.append(path)


def clone(call: Call) -> None:
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


def worktree(call: Call) -> None:
    options = call.options("bB", {"--reason"})
    words = options.said()
    if words[:1] == ["add"] and words[1:]:
        _newborn(call, words[1])
        moved(call, words[2:])


def config(call: Call) -> None:
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


def remote(call: Call) -> None:
    words = call.options("tm").said()
    if words[:1] and words[0] in {"add", "set-url", "rename"}:
        call.line.configured |= call.options().has("--mirror") or words[0] == "rename"


def push(call: Call) -> None:
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
        if not deletes and (not specs or (work.commits and any(RELATIVE.search(source) for source in sources))):
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


def subtree(call: Call) -> None:
    words = call.options("Pm", {"--prefix", "--message", "--branch", "--onto"}).said()
    what = words[0] if words else ""
    for _, work in call.works():
        if what == "push":
            work.pushes = work.every = True
        elif what in {"add", "merge", "pull", "split"}:
            work.commits = work.moved = True
            work.doubt(*([f"what `git subtree {what}` brings is not looked at"] if what != "split" else []))


def lfs(call: Call) -> None:
    words = call.options().said()
    if words[:1] == ["push"]:
        for _, work in call.works():
            work.pushes = work.every = True
    elif words[:1] and words[0] in {"migrate", "checkout", "pull", "merge-driver", "smudge"}:
        call.line.doubt("what `git lfs` changes is not followed")


def submodule(call: Call) -> None:
    words = call.options("bj", {"--branch", "--depth", "--name", "--reference", "--jobs"}).said()
    if words[:1] and words[0] in {"update", "add", "init"} and call.options().has("--remote", "--merge", "--rebase"):
        for _, work in call.works():
            work.moved = True


def gui(call: Call) -> None:
    for place, work in call.works():
        work.commits = work.index = True
        taken(call, place, work, Take(call.found(place), place, [], untracked=True))
        work.doubt(*call.line.doubts)


def nothing(call: Call) -> None:
    """`git rm`: what is ignored may change."""
    for word in call.options("").all_plain:
        for place in call.places:
            call.line.touches(joined_path(place, call.line.value(word)), removes=True)
