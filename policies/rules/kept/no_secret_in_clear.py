"""No credential stands where it can be read: in a function's settings, a description, a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from policies.engine.resources import Resource, texts
from policies.engine.rules import Breach, Finding, ResourceRule, Severity
from rollout.leaks.credentials import FORMS, SECRET_INPUTS


def judge(resource: Resource) -> Iterator[Finding]:
    secret = SECRET_INPUTS.get(resource.type, frozenset())
    shown = {key: value for key, value in resource.props.items() if key not in secret}
    for path, text in _texts(shown):
        for form, pattern in FORMS.items():
            if pattern.search(text):
                yield Breach(f"{path} looks like a credential ({form}); keep it in Secrets Manager, and name it here")


def _texts(props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in props.items():
        if isinstance(value, pulumi.AssetArchive):
            for name, asset in value.assets.items():
                if isinstance(asset, pulumi.StringAsset):
                    yield f"{key}.{name}", asset.text
        else:
            yield from texts(value, key)


RULE = ResourceRule(
    name="no-secret-in-clear",
    severity=Severity.CRITICAL,
    description="No input but those that are secrets holds anything of a credential's form.",
    remediation="`pulumi config set --secret`, `secret.keep_secret`; take what was written out of use.",
    url="https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
    types=None,
    applies=lambda resource: not resource.type.startswith("pulumi:"),
    judge=judge,
)
