#!/bin/sh
# Written by Pulumi and run by Jamf Pro as root: Claude Code's managed settings, and what they need beside them.
# Parameter 4 is `apply` or `remove`. Whoever tries it out writes a folder behind `root=`, and everything is beneath it;
# nothing of the environment counts, for a policy can be run from anybody's shell.
set -eu
umask 022
PATH=/usr/bin:/bin:/usr/sbin:/sbin
export PATH
root=
folder="$root/Library/Application Support/ClaudeCode"
stamp="$folder/delivered-for"
owner=@OWNER@
temporary=
line='
'
placed=$line
user=$(id -u)

trap '[ -z "$temporary" ] || rm -f "$temporary"' EXIT
trap 'exit 1' HUP INT TERM

own() {
    if [ "$user" = 0 ]; then
        chown 0:0 "$2"
    fi
    chmod "$1" "$2"
}

# place FOLDER: from Claude Code's folder down they are ours alone; a link there is taken away and not followed. Once
# for all files in it: processes are what this script costs.
place() {
    case $placed in
    *"$line$1$line"*) return ;;
    esac
    placed="$placed$1$line"
    case $1/ in
    "$folder"/*) ;;
    *)
        mkdir -p "$1"
        return
        ;;
    esac
    place "${1%/*}"
    if [ -L "$1" ]; then
        rm -f "$1"
        echo "a link was in the place of a folder: ${1#"$root"}"
    fi
    [ -d "$1" ] || mkdir "$1"
    own 0755 "$1"
}

# same FILE BASE64
same() {
    [ -f "$1" ] && [ ! -L "$1" ] && printf %s "$2" | base64 --decode | cmp -s - "$1"
}

# write MODE PATH BASE64: beside its place, then renamed, so that a reader sees the old file or the new one.
write() {
    target="$root$2"
    place "${target%/*}"
    if same "$target" "$3"; then
        own "$1" "$target"
        return
    fi
    if [ -d "$target" ] && [ ! -L "$target" ]; then
        echo "a folder is in the place of a file: $2" >&2
        exit 1
    fi
    temporary=$(mktemp "${target%/*}/.claude-code.XXXXXX")
    printf %s "$3" | base64 --decode >"$temporary"
    own "$1" "$temporary"
    if [ -L "$target" ]; then
        rm -f "$target" # a file would be moved into the folder that it may lead to
    fi
    mv -f "$temporary" "$target"
    temporary=
    if ! same "$target" "$3"; then
        echo "written, and not what was to be written: $2" >&2
        exit 1
    fi
    echo "written: $2"
}

remove() {
    if [ -L "${root}${1%/*}" ]; then
        return # what it leads to is not ours
    fi
    if [ -e "$root$1" ] || [ -L "$root$1" ]; then
        rm -f "$root$1"
        echo "removed: $1"
    fi
    rmdir "${root}${1%/*}" 2>/dev/null || true # where nothing else is in it
}

case ${4:-} in
apply)
    # First, so that what is interrupted can be taken away, and no longer by whose files were here before.
    write 0644 "${stamp#"$root"}" "$(printf '%s\n' "$owner" | base64)"
    @WRITES@
    ;;
remove)
    if [ -L "$folder" ] || [ -L "$stamp" ] || [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$owner" ]; then
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
