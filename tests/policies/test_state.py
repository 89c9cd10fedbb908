"""Secrets in an exported state: by what an input is, and by what a text looks like."""

from __future__ import annotations

from typing import Any

from rollout.leaks.state_secrets import SECRET, SIGNATURE, clear_secrets

VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
FUNCTION = "aws:lambda/function:Function"
ENCRYPTED = {SIGNATURE: SECRET, "ciphertext": "v1:abc"}
KEY = "AKIA" + "ABCDEFGHIJKLMNOP"


def state(kind: str, **props: Any) -> dict[str, Any]:
    return {"deployment": {"resources": [{"urn": "urn:x", "type": kind, "inputs": props, "outputs": {}}]}}


def test_a_secret_that_is_encrypted_is_no_finding() -> None:
    assert clear_secrets(state(VERSION, secretString=ENCRYPTED, secretId="x")) == []
    assert clear_secrets(state(FUNCTION, environment={"variables": ENCRYPTED}, name="x")) == []
    assert clear_secrets({"deployment": {}}) == []


def test_a_secret_in_clear_is_named_without_its_value() -> None:
    [line] = clear_secrets(state(VERSION, secretString="short", secretId="x"))
    assert line == "urn:x: inputs.secretString: in clear; it is a secret by its nature: give it as pulumi.Output.secret"
    [line] = clear_secrets(state(FUNCTION, environment={"variables": {"KEYS": ["x", KEY]}}))
    assert line == "urn:x: inputs.environment.variables.KEYS[1]: looks like a credential (AwsAccessKeyId), in clear"
    assert KEY not in line
