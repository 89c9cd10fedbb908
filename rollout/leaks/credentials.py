"""Credentials where they do not belong: what a finding looks like, and what CloudWatch looks for in prompts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# One line of the findings log. Whoever writes one, the Mac's commit guard or GitHub's webhook, leaves the secret out.
FINDING = "credential"
PATTERN = f'{{ $.finding = "{FINDING}" }}'
METRIC = "CredentialFindings"
# CloudWatch Logs user guide, types of data that can be protected: credentials.
MANAGED = ("AwsSecretKey", "OpenSshPrivateKey", "PgpPrivateKey", "PkcsPrivateKey", "PuttyPrivateKey")
# Keys that no managed identifier knows. A name has letters, digits, _ and -; a pattern at most 200 characters.
CUSTOM = {
    "AnthropicApiKey": "sk-ant-[A-Za-z0-9_-]{20,}",
    "AwsAccessKeyId": "(AKIA|ASIA)[A-Z0-9]{16}",
    "GitHubToken": "(ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{36}",
}
# Forms of credentials where a text is read: these, what the stack file holds encrypted, and private keys.
FORMS: Mapping[str, re.Pattern[str]] = {
    **{name: re.compile(rf"(?<![A-Za-z0-9]){pattern}") for name, pattern in CUSTOM.items()},
    "SlackToken": re.compile(r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{4,}"),
    "WebhookSigningKey": re.compile(r"(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/=]{24,}"),
    "GitHubFineGrainedToken": re.compile(r"github_pat_[A-Za-z0-9_]{22,}"),
    "PrivateKey": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
# Inputs of resources that are secrets by their nature: encrypted in the state, whatever they look like.
SECRET_INPUTS: Mapping[str, frozenset[str]] = {
    "aws:secretsmanager/secretVersion:SecretVersion": frozenset({"secretString", "secretBinary"}),
    "aws:ssm/parameter:Parameter": frozenset({"value"}),
}


def protection(partition: str) -> dict[str, Any]:
    """A data protection policy: whatever is found is counted, and masked for readers without `logs:Unmask`."""
    identifiers = [f"arn:{partition}:dataprotection::aws:data-identifier/{name}" for name in MANAGED] + list(CUSTOM)
    return {
        "Name": "claude-code-credentials",
        "Version": "2021-06-01",
        "Configuration": {
            "CustomDataIdentifier": [{"Name": name, "Regex": pattern} for name, pattern in CUSTOM.items()]
        },
        "Statement": [
            {
                "Sid": "Count",
                "DataIdentifier": identifiers,
                "Operation": {"Audit": {"FindingsDestination": {}}},
            },
            {"Sid": "Mask", "DataIdentifier": identifiers, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    }
