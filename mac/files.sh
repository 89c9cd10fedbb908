#!/bin/sh
# Written by Pulumi and run by Jamf Pro as root: Claude Code's managed settings, and what they need beside them.
# Parameter 4 is `apply` or `remove`. CLAUDE_CODE_ROOT puts everything beneath a folder, for trying it out.
set -eu
umask 022
PATH=${PATH:-/usr/bin:/bin:/usr/sbin:/sbin}
root=${CLAUDE_CODE_ROOT:-}
folder="$root/Library/Application Support/ClaudeCode"
stamp="$folder/delivered-for"
owner=@OWNER@
temporary=

trap '[ -z "$temporary" ] || rm -f "$temporary"' EXIT
trap 'exit 1' HUP INT TERM

# write MODE PATH BASE64: beside its place, then renamed, so that a reader sees the old file or the new one.
write() {
    target="$root$2"
    mkdir -p "$(dirname "$target")"
    if [ -d "$target" ] && [ ! -L "$target" ]; then
        echo "a folder is in the place of a file: $2" >&2
        exit 1
    fi
    temporary=$(mktemp "$(dirname "$target")/.claude-code.XXXXXX")
    printf %s "$3" | base64 --decode >"$temporary"
    if [ -f "$target" ] && [ ! -L "$target" ] && cmp -s "$temporary" "$target"; then
        rm -f "$temporary"
        temporary=
        own "$1" "$target"
        return
    fi
    own "$1" "$temporary"
    mv -f "$temporary" "$target"
    temporary=
    echo "written: $2"
}

own() {
    chmod "$1" "$2"
    if [ -z "$root" ] && [ "$(id -u)" = 0 ]; then
        chown root:wheel "$2"
    fi
}

remove() {
    if [ -e "$root$1" ] || [ -L "$root$1" ]; then
        rm -f "$root$1"
        echo "removed: $1"
    fi
    rmdir "$(dirname "$root$1")" 2>/dev/null || true # where nothing else is in it
}

case ${4:-} in
apply)
    mkdir -p "$folder"
    printf '%s\n' "$owner" >"$stamp"
    @WRITES@
    ;;
remove)
    if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$owner" ]; then
        echo "nothing here is of this policy"
        exit 0
    fi
    @REMOVES@
    remove "${stamp#"$root"}"
    ;;
*)
    echo "parameter 4 must be apply or remove: ${4:-}" >&2
    exit 64
    ;;
esac
