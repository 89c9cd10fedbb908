"""Commands that change the working tree or the index."""

from __future__ import annotations

from commit_guard import verbs
from commit_guard.gitcall import Call, changes_what_is_ignored, given, settled, taken
from commit_guard.line import NO_VARIABLE
from commit_guard.work import Take


def add(call: Call) -> None:
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
        taken(call, place, work, take)
        work.doubt(*call.line.doubts)


def commit(call: Call) -> None:
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
            settled(work, again)
        work.commits = work.index = True
        work.files += files
        work.doubt(*call.line.doubts, *doubts)
        work.notes += [word.rpartition(":")[2] for word in again]
        if options.has("--amend"):
            work.amends = True
            new = options.has("-m", "--message", "-F", "--file", "-C", "-c", "--reuse-message", "--reedit-message")
            work.notes += [] if new else ["HEAD"]
        if everything:
            taken(call, place, work, Take(call.found(place), place, [], untracked=False))
        elif paths:
            taken(call, place, work, Take(call.found(place), place, paths, untracked=False))


def apply(call: Call) -> None:
    options = call.options("Cp", {"--directory", "--exclude", "--include", "--whitespace", "--build-fake-ancestor"})
    if options.has("--stat", "--numstat", "--summary", "--check") and not options.has("--apply"):
        return
    content = given(call, options)
    call.line.flows.put(None, content)
    call.line.ignores |= changes_what_is_ignored(content[0])
    if options.has("--index", "--cached", "-3", "--3way", "--intent-to-add", "-N"):
        for _, work in call.works():
            work.files += content[0]
            for reason in content[1]:
                call.line.doubt(reason)


def checkout(call: Call) -> None:
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
            settled(work, words[:1])
            work.trees += [(word, place, paths) for word in words[:1]]
        elif call.verb == "checkout" and branches.has("-p", "--patch", "-m", "--merge"):
            work.trees += [(word, place, []) for word in words[:1]]


def restore(call: Call) -> None:
    options = call.options("s", {"--source", "--conflict", "--pathspec-from-file"})
    sources = options.values("-s", "--source")
    for place, work in call.works():
        paths = options.said(options.all_plain)
        settled(work, options.said(sources))
        work.trees += [(word, place, paths) for word in options.said(sources)]
    if len(options.said(sources)) < len(sources) or options.unknown:
        call.line.doubt(NO_VARIABLE)


def reset(call: Call) -> None:
    options = call.options(valued={"--pathspec-from-file"})
    words = options.said()
    unknown = options.unknown or len(words) < len(options.plain)
    for place, work in call.works():
        others = [word for word in words if word not in {"HEAD", "@"}]
        if not others and not unknown:
            continue
        if work.switched or options.paths is not None or len(words) > 1:
            settled(work, others[:1])
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


def stash(call: Call) -> None:
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


def mv(call: Call) -> None:
    options = call.options()
    line = call.line
    paths = options.all_plain
    if not paths:
        return
    for word in paths[:-1]:
        line.put(word, ([], []))
    line.put(paths[-1], line.files(paths[:-1]))
