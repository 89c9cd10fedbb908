"""The lines that a commit or a push would add, asked of git."""

from __future__ import annotations

import os
import re
import tempfile

from commit_guard import GuardError
from commit_guard.git import PATCH, Git
from commit_guard.patches import INDENT, MAX_FILES, Lines, content_of, is_inside, put, read, read_path
from commit_guard.work import UNKNOWN, Take, Work

MAX_COMMITS = 2_000
MAX_STASHES = 20
# A commit's message has four spaces before each line, which no line of a patch has outside its hunks.
_MAGIC = set("*?[:")
_LOG = ("log", "--cc", f"--format=%w(0,{len(INDENT)},{len(INDENT)})%B", "--encoding=UTF-8", "--no-notes", *PATCH)
_IGNORING = ":(top,glob)**/.gitignore"
_IN_PROGRESS = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD"]


class Repository:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._git = work.found.git
        self.root = work.found.root

    def added(self) -> Lines:
        """Where there is no repository git refuses the command; only what the line brings from elsewhere counts."""
        work, lines = self._work, Lines()
        if work.found.git_dir is None or work.begins:
            if work.begins and work.commits:
                self._read_new_repository(lines)
        else:
            if work.commits:
                self._read_commit(lines)
            if work.pushes or (work.index and work.moved):
                self._read_outgoing(lines)
            if work.pushes and (work.tags or work.every or work.refs):
                self._read_objects(lines)
        for path in work.files:
            read_path(lines, path, self.root)
        return lines

    def name(self) -> str:
        """Where it is pushed to, without anybody's credentials; or its folder's name."""
        url = (self._work.found.setting("remote.origin.url") or "").strip()
        found = re.fullmatch(r"(?:[a-z+]+://)?(?:[^@/]*@)?([\w.-]+)(?::\d+)?[:/]([^?#]+?)(?:\.git)?/?", url)
        if found and not url.startswith(("/", ".", "file:")):
            return f"{found[1]}/{found[2].lstrip('/')}"
        return os.path.basename((self.root or self._work.directory).rstrip("/")) or "-"

    def _read_new_repository(self, lines: Lines) -> None:
        """Of a folder that the line makes a repository of."""
        folder = next((path for path in (self._work.directory, self._work.found.there) if os.path.isdir(path)), UNKNOWN)
        if folder != self._work.directory:
            return
        with tempfile.TemporaryDirectory(prefix="commit-guard-") as scratch:
            self._git.bytes("init", "--quiet", "--bare", scratch, where=())
            git = Git((f"--git-dir={scratch}", f"--work-tree={folder}", "-C", folder))
            for take in self._work.takes or [Take(self._work.found, folder, [], untracked=True)]:
                self._read_untracked(lines, take, git, folder)

    def _read_commit(self, lines: Lines) -> None:
        work = self._work
        for head in self._heads()[1:]:  # a branch there brings what no branch has, such as a stash
            self._read_log((head, "--not", "HEAD", "--branches", "--tags", "--remotes"), lines)
        if work.index:
            self._read_index(lines)
            for take in work.takes:
                self._read_take(take, lines)
        for commit in work.found.commits(work.notes):
            self._read(("log", "-1", *_LOG[2:5], commit), lines)
        for word, backwards in work.picks:
            self._read_pick(word, lines, backwards)
        merges = work.found.commits(work.merges)
        for head in self._heads() if merges else []:
            self._read_log((*merges, "--not", head, "--remotes"), lines)

    def _read_index(self, lines: Lines) -> None:
        """What is staged, and what the line stages by git itself."""
        work = self._work
        self._read(("diff", "--cached", *PATCH), lines)
        heads = self._heads()
        if work.amends:
            self._read_amended(lines)
            self._read_other_heads(heads[1:], lines)
        for base in self._trees():
            self._read(("diff", "--cached", *PATCH, base), lines)
            if work.takes:
                self._read(("diff", *PATCH, base), lines)
            for head in heads[1:]:
                self._read(("diff", *PATCH, base, head), lines)
        self._read_taken_over(heads, lines)
        for stash in work.stashes[:MAX_STASHES]:
            self._read_stash(stash, lines)

    def _read_other_heads(self, heads: list[str], lines: Lines) -> None:
        """Commits that are made again where the line has gone to them; not of those that are out already."""
        for head in heads:
            if self._git.line("rev-list", "-1", head, "--not", "--remotes"):
                self._read((*_LOG, "-m", "--no-walk", head), lines)

    def _read_taken_over(self, heads: list[str], lines: Lines) -> None:
        """Of other commits: their content, as against wherever HEAD may be, or what they add there."""
        work = self._work
        for commit, directory, paths in work.trees:
            trees = work.found.commits([commit])
            if not trees and not self._is_path(directory, commit):
                self._unresolved(commit)
            for head in heads if trees else []:
                within = ("-C", directory, "diff", *PATCH, head, trees[0], "--", *paths)
                self._read(within, lines, paths=bool(paths))
        for word in work.squashes:
            for commit in work.found.commits([word]) or self._unresolved(word):
                for head in heads:
                    self._read((*_LOG, f"--max-count={MAX_COMMITS}", commit, "--not", head), lines)

    def _heads(self) -> list[str]:
        """HEAD, and the commits that it may be at by then. A file's name as well, of `git checkout <file>`, is none."""
        work = self._work
        for word in work.heads if work.trees or work.squashes or work.amends else []:
            if not work.found.commits([word]) and not self._is_path(self.root or work.directory, word):
                self._unresolved(word)
        named = [word for word in work.words if word != "@{-1}"]  # the line may have moved them
        return ["HEAD", *work.found.commits([*work.heads, *named] if work.heads else [])]

    def _unresolved(self, word: str) -> list[str]:
        """The line makes it, or only the remote has it."""
        self._work.doubt(f"which commit `{word[:40]}` will be is not known")
        return []

    def _is_path(self, directory: str, word: str) -> bool:
        """Whether git takes the word for files."""
        code, _ = self._git.answer(*self._within(directory), "ls-files", "--error-unmatch", "--", word)
        return code == 0

    def _read_amended(self, lines: Lines) -> None:
        """What the commit in HEAD's place would add: of paths that go along as their files are, of others as staged."""
        base = next(iter(self._work.found.commits(["HEAD^"])), None) or self._empty()
        if not self._git.line("rev-list", "-1", "HEAD", "--not", "--remotes"):
            return  # out already
        paths: list[str] = []
        for take in self._work.takes:
            if not take.paths:
                self._read(("diff", *PATCH, base), lines)
                return
            folder = take.directory if take.directory != UNKNOWN else take.found.there
            paths += [os.path.relpath(os.path.join(folder, path), take.found.root or folder) for path in take.paths]
        if paths:
            named = [f":(top){path}" for path in paths if not path.startswith((":", ".."))]
            self._read(("diff", *PATCH, base, "--", *named), lines, paths=True)
            left = [f":(top,exclude){path}" for path in paths if not path.startswith((":", ".."))]
            self._read(("diff", "--cached", *PATCH, base, "--", ":/", *left), lines, paths=True)
        else:
            self._read(("diff", "--cached", *PATCH, base), lines)

    def _empty(self) -> str:
        """The tree without anything."""
        return self._git.bytes("hash-object", "-t", "tree", "--stdin", given="").decode().strip()

    def _trees(self) -> list[str]:
        """What a commit may be compared with beside HEAD, where the line moves that."""
        work = self._work
        return [*work.found.commits(work.bases), *([self._empty()] if work.whole else [])]

    def _read_take(self, take: Take, lines: Lines) -> None:
        top = () if take.directory == UNKNOWN else self._within(take.directory)
        paths = take.paths or [":/"]
        git, self._git = self._git, take.found.git
        self._read((*top, "--icase-pathspecs", "diff", *PATCH, "--", *paths), lines, paths=True)
        if take.untracked:
            self._read_untracked(lines, take, self._git, take.found.root or take.directory)
        self._git = git

    def _within(self, directory: str) -> tuple[str, ...]:
        """git's own options for a folder of the working tree."""
        return ("-C", directory) if os.path.isdir(directory) else ()

    def _read_pick(self, word: str, lines: Lines, backwards: bool) -> None:
        several = ".." in word
        names = [part for part in word.replace("...", "..").split("..") if part] if several else [word]
        commits = self._work.found.commits(names)
        if not names or not all(self._work.found.commits([name]) for name in names):
            self._unresolved(word)
            return
        if not several and not backwards:  # what HEAD has already adds nothing
            commits = self._picked(word, backwards=backwards)
            if not commits:
                return
        which = ("-m", word) if several else ("-m", "--no-walk", *commits)
        self._read((*_LOG, *(["-R"] if backwards else []), f"--max-count={MAX_COMMITS}", *which, "--"), lines)

    def _picked(self, word: str, *, backwards: bool) -> list[str]:
        """A single commit; what HEAD has already is picked without effect, where that is not another by then."""
        commits = self._work.found.commits([word])
        if self._work.switched or self._work.heads:
            return commits
        return [each for each in commits if backwards or self._git.line("rev-list", "-1", each, "--not", "HEAD")]

    def _read_stash(self, stash: str, lines: Lines) -> None:
        for commit in self._work.found.commits([stash]):
            for other in self._work.found.commits([commit, commit + "^2"]):
                self._read(("diff", *PATCH, commit + "^1", other), lines)
            for untracked in self._work.found.commits([commit + "^3"]):
                self._read((*_LOG, "--no-walk", untracked), lines)

    def _read_outgoing(self, lines: Lines) -> None:
        """What is in no remote's branches, as far as this clone knows."""
        work = self._work
        commits = work.found.commits([*work.refs, *(work.words if work.moved or work.switched else [])])
        refs = [*commits, *(["--tags"] if work.tags else [])]
        if work.every or (work.index and work.moved):
            refs += ["--branches", *work.found.commits(["HEAD", *_IN_PROGRESS, *work.words])]
        if work.mirror:
            refs += ["--exclude=refs/stash", "--all"]
        named = [ref for ref in work.refs if not ref.startswith("-")]
        if (
            len(commits) < len({*named})
            and not work.every
            and not all(map(work.found.commits, [[ref] for ref in named]))
        ):
            refs += ["--branches", *work.found.commits(["HEAD"])]  # one of them is only made by the line
        if not refs:
            refs = work.found.commits(["HEAD"])
        if refs:
            self._read_log((*refs, "--not", "--remotes"), lines)

    def _read_log(self, which: tuple[str, ...], lines: Lines) -> None:
        if int(self._git.line("rev-list", "--count", f"--max-count={MAX_COMMITS + 1}", *which) or 0) > MAX_COMMITS:
            raise GuardError(f"more than {MAX_COMMITS} commits would be pushed")
        self._read((*_LOG, *which), lines)

    def _read_objects(self, lines: Lines) -> None:
        """Tags' messages, and what is pushed without being a commit."""
        work = self._work
        names = [ref for ref in work.refs if not ref.startswith("-") and ref.isprintable() and " " not in ref]
        if work.tags or work.mirror or work.every:
            listed = self._git.bytes("for-each-ref", "--format=%(objecttype) %(refname)", "refs/tags", "refs/notes")
            for line in listed.decode(errors="replace").splitlines():
                kind, _, name = line.partition(" ")
                if kind != "commit" or (name.startswith("refs/notes/") and work.mirror):
                    names.append(name)
        if not names:
            return
        asked = "".join(f"{name}\n" for name in dict.fromkeys(names[:MAX_COMMITS]))
        checked = self._git.bytes("cat-file", "--batch-check", given=asked).decode(errors="replace")
        for line in checked.splitlines():
            which, kind = ([*line.split(" "), "", ""])[:2]
            if kind == "tree":
                self._read(("diff", *PATCH, self._empty(), which), lines)
            elif kind == "commit" and work.mirror:
                self._read((*_LOG, which, "--not", "--remotes"), lines)
            elif kind in {"blob", "tag"}:
                content = self._git.bytes("cat-file", kind, which)
                put(lines, "a tag's message" if kind == "tag" else which, content)

    def _read(self, arguments: tuple[str, ...], lines: Lines, *, paths: bool = False) -> None:
        read(self._git, self.root, arguments, lines, paths=paths)

    def _read_untracked(self, lines: Lines, take: Take, git: Git, root: str) -> None:
        standard = () if take.ignored or self._ignoring() else ("--exclude-standard",)
        top = () if take.directory == UNKNOWN else self._within(take.directory)
        paths = [path for path in take.paths if _MAGIC & set(path) or is_inside(take.directory, path, root)]
        if take.paths and not paths:
            return  # git takes nothing from outside
        listing = (*top, "--icase-pathspecs", "ls-files", "--others", "-z", "--full-name", *standard, "--")
        code, listed = git.answer(*listing, *(paths or [":/"]))
        if code:
            listed = git.bytes(*listing, ":/")
        names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
        if len(names) > MAX_FILES:
            raise GuardError(f"more than {MAX_FILES} new files would be added")
        for name in names:
            put(lines, name, content_of(os.path.join(root, name)))

    def _ignoring(self) -> bool:
        """Whether other files may be ignored where the line goes to."""
        work = self._work
        if not work.switched and not work.moved:
            return False
        picks = [each for word, backwards in work.picks for each in self._picked(word, backwards=backwards)]
        for commit in picks:
            if self._git.line(
                "diff-tree", "-r", "-m", "--root", "--no-commit-id", "--name-only", commit, "--", _IGNORING
            ):
                return True
        for commit in work.found.commits(work.words):
            code, names = self._git.answer("diff", "--name-only", "HEAD", commit, "--", _IGNORING)
            if code or names.strip():
                return True
        return False
