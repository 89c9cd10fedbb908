#!/bin/sh
# Every package of the given requirement files into .venv, held to their hashes: by uv, in seconds, and by pip where
# uv cannot reach the index that pip is set up for.
set -eu
python=.venv/bin/python
pip() {
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement "$1"
}
sed -n '/^uv==/,/[^\\]$/p' requirements-dev.txt >.venv/uv.txt
pip .venv/uv.txt
index=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}
[ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
for file in "$@"; do
    "$python" -m uv pip install --quiet --python "$python" --require-hashes --no-deps --requirement "$file" || {
        echo "uv could not install $file; pip does, which takes minutes" >&2
        pip "$file"
    }
done
