"""Commands that take over what other commits have."""

from __future__ import annotations

from commit_guard.gitcall import SEVERAL, Call, continued, given, moved, settled
from commit_guard.line import NO_VARIABLE
from commit_guard.work import Work


def merge(call: Call) -> None:
    if continued(call):
        return
    valued = {"--message", "--file", "--strategy", "--strategy-option", "--into-name", "--cleanup"}
    options = call.options("mFsX", valued)
    words = options.said()
    content = call.message(options)
    unknown = [NO_VARIABLE] if options.unknown or len(words) < len(options.plain) else []
    for _, work in call.works():
        work.files += content[0]
        if options.has("--squash", "--no-commit"):
            settled(work, words)
            work.squashes += words
            call.line.doubts += [doubt for doubt in unknown if doubt not in call.line.doubts]
        if not options.has("--squash"):
            work.commits = True
            work.merges += words
            work.doubt(*content[1], *unknown)
    moved(call, words)


def pull(call: Call) -> None:
    options = call.options("sX", {"--strategy", "--strategy-option", "--depth", "--upload-pack", "--jobs"})
    words = options.said()
    refs = [word.lstrip("+").partition(":")[0] for word in words[1:]]
    moved(call, [*refs, "FETCH_HEAD"])
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


def fetch(call: Call) -> None:
    words = call.options("joS", {"--depth", "--upload-pack", "--jobs", "--refmap", "--server-option"}).said()
    local = [word.lstrip("+").partition(":")[0] for word in words[1:]]
    for _, work in call.works():
        work.words += ["FETCH_HEAD", *local]
        if any(":" in word for word in words[1:]):
            work.moved = True
        if words[:1] != ["."] and not _known_remote(work, words) and "--all" not in words:
            call.line.doubt("what is fetched from elsewhere is not looked at")


def rebase(call: Call) -> None:
    if continued(call):
        return
    options = call.options("xsX", {"--onto", "--exec", "--strategy", "--strategy-option", "--whitespace"})
    words = [*options.said(), *options.said(options.values("--onto"))]
    unknown = options.unknown or len(options.said()) < len(options.plain)
    moved(call, words)
    for _, work in call.works():
        work.commits = True
        work.merges += words
        work.heads += words
        work.doubt(*([NO_VARIABLE] if unknown else []))
        if options.has("-x", "--exec") or call.edits:
            work.doubt("what a rebase runs is not followed")


def pick(call: Call) -> None:
    if continued(call):
        return
    options = call.options("mXsS" if call.verb == "cherry-pick" else "mXs", {"--mainline", "--strategy", "--cleanup"})
    words = options.said()
    unknown = options.unknown or len(words) < len(options.plain) or options.has("--stdin")
    several = options.has("--all", "--branches", "--tags", "--remotes", "--glob", "--not")
    several |= any(SEVERAL.search(word) for word in words)
    for _, work in call.works():
        settled(work, words)
        work.doubt(*([f"which commits `git {call.verb}` takes is not known"] if several else []))
        work.picks += [(word, call.verb == "revert") for word in words]
        work.commits = True
        work.doubt(*([NO_VARIABLE] if unknown else []))
        if call.edits and options.has("-e", "--edit"):
            work.doubt("the line names an editor")
    moved(call, [word for word in words if ".." not in word])


def am(call: Call) -> None:
    if continued(call):
        return
    options = call.options("Cp", {"--directory", "--exclude", "--include", "--patch-format", "--whitespace"})
    content = given(call, options)
    moved(call)
    for _, work in call.works():
        work.commits = True
        work.files += content[0]
        work.doubt(*content[1])


def bisect(call: Call) -> None:
    words = call.options().said()
    for _, work in call.works():
        work.switched = True
        work.heads += work.found.commits(words[1:])
    if words[:1] == ["run"]:
        call.line.doubt("what `git bisect run` runs is not followed")
