#!/bin/sh
# The pages as a site, in a folder, or nowhere: then only whether they make one. Says what mkdocs says if they do not.
#   tools/site.sh [FOLDER]
set -eu
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
# Not with --quiet: a warning that is not to be shown is not counted by --strict either.
NO_MKDOCS_2_WARNING=1 "${PYTHON:-.venv/bin/python}" -m mkdocs build --strict \
    --site-dir "${1:-$scratch/site}" >"$scratch/said" 2>&1 || {
    cat "$scratch/said" >&2
    exit 1
}
