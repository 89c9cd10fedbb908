#!/bin/sh
# The development set is resolved first, the sandbox's with it: the product's is a part of it, at the same versions.
set -eu
compile() {
    .venv/bin/python -m uv pip compile --quiet --no-header --no-annotate --no-emit-index-url \
        --no-emit-find-links --generate-hashes --python-version 3.11 "$@"
}
compile pyproject.toml sandbox/pyproject.toml --extra dev --extra serve --output-file requirements-dev.txt
compile pyproject.toml --constraint requirements-dev.txt --output-file requirements.txt
# The newest SDK that was tried, with which tests/engine/pipeline/test_sdk_newest.py runs what rests on its inside.
echo pulumi==3.272.0 | compile - --no-deps --output-file tests/engine/pipeline/requirements-sdk-newest.txt
# LiteLLM's proxy with the gateway's hook, a set of its own: the newest version whose own requirements could be had.
echo 'litellm[proxy]==1.108.7' | compile - --output-file gateway/requirements.txt
