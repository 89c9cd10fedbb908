"""Okta's app for a gateway: what becomes of it when the gateway is of another kind."""

from __future__ import annotations

import pytest

from tests import recording, stacks

GATEWAY = {"url": "https://claude.acme.example", "role_arn": "arn:aws:iam::123456789012:role/gateway-task"}


@pytest.mark.parametrize(("kind", "type_"), [("litellm", "native"), ("claude_apps", "web")])
def test_the_app_goes_before_one_of_another_type_takes_its_name_and_the_groups_follow_it(kind: str, type_: str) -> None:
    run = recording.run(stacks.config({**stacks.small(), "gateway": {"kind": kind, **GATEWAY}}))
    app, assigned = run.one("federation-gateway"), run.one("pilot-membership-assignment")
    assert (app.inputs["type"], app.inputs["clientId"]) == (type_, "claude-code-gateway-123456789012")
    assert app.delete_first, "Okta refuses a second app of one client id"
    assert app.urn in assigned.depends_on
