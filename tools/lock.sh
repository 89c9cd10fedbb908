#!/bin/sh
# The development set is resolved first: the product's is a part of it, at the same versions.
set -eu
compile() {
    .venv/bin/python -m uv pip compile pyproject.toml --quiet --no-header --no-annotate --no-emit-index-url \
        --no-emit-find-links --generate-hashes --python-version 3.11 "$@"
}
compile --extra dev --output-file requirements-dev.txt
compile --constraint requirements-dev.txt --output-file requirements.txt
