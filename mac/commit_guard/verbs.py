"""What programs and git's commands do, as far as the guard rests on it. What stands in no table is not known."""

from __future__ import annotations


def _names(*lines: str) -> set[str]:
    return {name for line in lines for name in line.split()}


# Print what no file holds, or nothing.
SILENT = _names(
    "true false : ls pwd wc date sleep which type whereis whoami id uname hostname basename dirname realpath readlink",
    "test [ [[ stat du df kill wait jobs set shopt setopt ulimit umask exit return break continue shift hash seq",
    "tput clear mkdir rmdir touch chmod chown chgrp rm unlink trash truncate unset trap rehash bg fg disown cmp",
    "sw_vers arch nproc tty stty sync open say afplay notify-send pbcopy",
)
# Of these what they print has their own words in it, and with them what another command printed.
NAMING = _names("ls date which type basename dirname realpath readlink seq stat du df")
# Print lines of the files they are given, or what they read, as they are.
LINES = _names("cat head tail sort uniq grep egrep fgrep rg tac nl less more cut paste column comm diff join jq")
SAYS = {"echo", "printf", "print"}
# Print something else than what they read; write nothing but what is redirected.
PRINTS = _names(
    "awk gawk tr fold fmt rev od hexdump md5 md5sum shasum sha1sum sha256sum file",
    "tree env printenv history alias strings bc expr yes cal man curl base64 xxd find git-lfs ps xclip",
)
# With these options they write a file, or run something: (letters, letters that take a value, long options).
WRITES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "sort": ("o", "kStTo", ("--output", "--compress-program")),
    "less": ("oO", "bhjkoOpPtTxyzD", ("--log-file", "--LOG-FILE")),
    "rg": ("", "", ("--pre",)),
    "awk": ("fEilopdD", "FvfEilm", ("--file", "--exec", "--include", "--load", "--pretty-print", "--dump-variables")),
    "curl": (
        "oODcK",
        "AbcCdDeEFHKmoPQrtTuUwxXyYz",
        (
            *("--output", "--output-dir", "--remote-name", "--remote-name-all", "--cookie-jar", "--dump-header"),
            *("--config", "--trace", "--trace-ascii", "--stderr", "--libcurl", "--etag-save", "--hsts", "--alt-svc"),
        ),
    ),
    "base64": ("o", "bwio", ("--output",)),
    "tree": ("oR", "LPIHT", ("--output",)),
    "file": ("C", "efFmP", ("--compile",)),
    "history": ("wa", "d", ()),
    "man": ("P", "CLmMPrRSse", ("--pager",)),
}
# Whose second name is the file that they write, with the options that take the next word.
SECOND_WRITTEN = {
    "uniq": {"-f", "-s", "-w", "--skip-fields", "--skip-chars", "--check-chars"},
    "xxd": {"-c", "-cols", "-g", "-groupsize", "-l", "-len", "-o", "-s", "-seek", "-n", "-name", "-R"},
}
COPIES = {"cp", "mv", "ln", "install", "ditto", "rsync"}
# They read, check or rewrite what is there, or run its tests.
TOOLS = _names(
    "pytest ruff black isort mypy pyright flake8 pylint bandit tox nox prettier eslint tsc jest vitest mocha stylelint",
    "biome gofmt goimports golangci-lint rustfmt shellcheck shfmt yamllint markdownlint actionlint swiftlint",
    "swiftformat rubocop rspec phpunit ktlint checkstyle hadolint tflint unittest",
)
# Whose first word says which of these it runs.
RUNNERS = {"npx", "bunx", "uvx", "pipx"}
TOOL_WORDS = {
    "go": {"test", "vet", "fmt", "build"},
    "cargo": {"test", "check", "clippy", "fmt", "build"},
    "make": {"test", "check", "lint", "fmt", "format", "typecheck"},
    "npm": {"test", "t"},
    "pnpm": {"test", "t"},
    "yarn": {"test"},
    "bun": {"test"},
    "dotnet": {"test", "format"},
    "terraform": {"fmt", "validate"},
    "gh": {"auth", "api", "search", "status", "browse", "label", "secret", "variable", "workflow", "issue"},
    "swift": {"test", "build"},
    "mix": {"test", "format"},
}
SCRIPTS = {"npm", "pnpm", "yarn", "bun"}
SCRIPT_WORDS = ("test", "lint", "type", "format", "fmt", "check", "prettier", "eslint")
# What runs the command that follows, with the options that take the next word.
WRAPPERS = {
    "env": {"-u", "-C", "-S", "--unset", "--chdir"},
    "sudo": {"-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "--user", "--group", "--chdir"},
    "doas": {"-u", "-C"},
    "nice": {"-n"},
    "ionice": {"-c", "-n"},
    "timeout": {"-s", "-k", "--signal", "--kill-after"},
    "gtimeout": {"-s", "-k", "--signal", "--kill-after"},
    "xargs": {"-n", "-I", "-L", "-P", "-d", "-a", "-E", "-s", "-J", "-R", "--max-args", "--max-procs", "--delimiter"},
    "caffeinate": {"-t", "-w"},
    "arch": {"-arch", "-d", "-e"},  # of a Mac; with no command it says which machine it is
    "stdbuf": {"-i", "-o", "-e"},
    **{name: set[str]() for name in ("nohup", "time", "command", "exec", "builtin", "setsid", "noglob", "nocorrect")},
}
SHELLS = {"sh", "bash", "zsh", "dash", "ksh", "fish", "busybox"}
EDITORS = {"GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "EDITOR", "VISUAL"}
# Editors that leave a text as it is.
IDLE = {"true", ":", "/usr/bin/true", "/bin/true", ""}

# Options of git itself that take the next word.
GIT_OPTIONS = {
    *("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env", "--super-prefix"),
    "--attr-source",
}
# Of these git itself is told when it is asked.
GIT_FLAGS = {"--literal-pathspecs", "--glob-pathspecs", "--noglob-pathspecs", "--icase-pathspecs", "--bare"}
GIT_VARIABLES = {
    *("GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE"),
    *("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"),
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
}
# Change neither index nor files nor any ref that is pushed.
READS = _names(
    "status log diff show blame annotate grep ls-files ls-tree ls-remote rev-parse rev-list cat-file describe shortlog",
    "reflog help version name-rev merge-base for-each-ref show-ref show-branch cherry range-diff whatchanged var",
    "check-ignore check-attr check-ref-format check-mailmap count-objects fsck gc prune repack pack-refs maintenance",
    "diff-files diff-index diff-tree difftool verify-commit verify-tag verify-pack get-tar-commit-id stripspace",
    "interpret-trailers column hash-object write-tree mktree mktag merge-tree patch-id rerere clean rm",
    "prune-packed credential bugreport diagnose instaweb gitk fsmonitor--daemon hook sparse-checkout commit-graph",
    "request-pull backfill credential-cache credential-osxkeychain credential-store daemon fmt-merge-msg",
    "last-modified repo http-backend show-index survey update-server-info upload-archive upload-pack pickaxe",
    "web--browse diff-pairs credential-manager pack-objects pack-redundant secrets",
)
# Commands of gh's own that are silent here: they read, or change what GitHub alone has.
GH = _names(
    "agent-task alias api attestation auth browse cache codespace completion config copilot cs ext extension",
    "extensions gist gpg-key help issue label licenses org pr preview project release repo rs ruleset run search",
    "secret skill ssh-key status variable version workflow",
)
# Of these what they print is no file's content, and nobody's message.
NAMES = _names(
    "rev-parse branch describe symbolic-ref rev-list merge-base ls-files config remote name-rev status for-each-ref",
    "show-ref ls-remote var write-tree version tag",
)
# Write the index or files in ways that are not followed.
UNFOLLOWED = _names(
    "update-index read-tree checkout-index merge-index merge-file merge-one-file merge-recursive merge-resolve",
    "merge-ours merge-octopus mergetool unpack-file unpack-objects index-pack bundle replace fast-export format-patch",
    "archive mailinfo mailsplit multi-pack-index remote-https remote-ssh http-fetch fetch-pack",
)
# Make commits of their own, or publish, out of what is not followed.
UNSEEN = _names(
    "commit-tree fast-import filter-branch filter-repo quiltimport svn p4 cvsimport cvsexportcommit archimport",
    "send-email imap-send history for-each-repo",
)
PUSHES = {"push", "send-pack", "http-push"}
CONTINUES = {"--continue", "--skip", "--resolved", "-r"}
ABORTS = {"--abort", "--quit", "--show-current-patch", "--edit-todo"}
# Of `commit`, `merge`, `tag`, `notes` and the like: options that take the next word.
MESSAGE_LETTERS = "mFCct"
MESSAGE_OPTIONS = {
    *("--message", "--file", "--author", "--date", "--template", "--reuse-message", "--reedit-message"),
    *("--fixup", "--squash", "--cleanup", "--trailer", "--pathspec-from-file", "--strategy", "--strategy-option"),
    *("--into-name", "--local-user", "--onto", "--exec", "--ref", "--mainline"),
}
COMMIT_OPTIONS = {
    *MESSAGE_OPTIONS,
    *("--all", "--patch", "--interactive", "--amend", "--allow-empty", "--allow-empty-message", "--only", "--include"),
    *("--no-edit", "--edit", "--verbose", "--quiet", "--signoff", "--no-verify", "--no-gpg-sign", "--gpg-sign"),
    *("--reset-author", "--dry-run", "--status", "--no-status", "--pathspec-file-nul", "--untracked-files", "--short"),
    *("--porcelain", "--long", "--null", "--branch", "--no-post-rewrite", "--verify", "--ahead-behind"),
}
PUSH_OPTIONS = {
    *("--all", "--branches", "--mirror", "--tags", "--follow-tags", "--recurse-submodules", "--no-recurse-submodules"),
    *("--dry-run", "--delete", "--prune", "--force", "--force-with-lease", "--force-if-includes", "--set-upstream"),
    *("--repo", "--receive-pack", "--exec", "--push-option", "--quiet", "--verbose", "--progress", "--no-verify"),
    *("--atomic", "--no-atomic", "--signed", "--thin", "--no-thin", "--ipv4", "--ipv6", "--porcelain", "--verify"),
}
