"""What `rollout doctor` says of the groups claim, which a person sets in Okta's console."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cli.doctor.finding import Health
from cli.doctor.okta_groups import applies, findings
from rollout.gateway.claude_apps import groups_filter
from tests.config.stack_files import changed, loaded
from tests.gateway.test_file import ACCOUNT, rollout

ROLE = "arn:aws:iam::123456789012:role/claude-gateway"
LABEL = "claude-code-gateway-123456789012"
RIGHT = {"name": "groups", "groupFilterType": "REGEX", "value": groups_filter(rollout(), ACCOUNT)}


def said(claim: dict[str, Any], *, label: str = LABEL, by_token: bool = True) -> tuple[Health, str]:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/apps":
            return httpx.Response(200, json=[{"id": "0oa1", "label": label}])
        assert request.url.path == "/api/v1/internal/apps/0oa1/settings/oauth/idToken"
        return httpx.Response(200, json={"issuerMode": "ORG_URL", **claim})

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="https://acme.okta.com") as okta:
        [found] = findings(okta, rollout(), ACCOUNT, by_token=by_token)
    return found.health, found.fix


def test_a_claim_that_is_set_is_fine() -> None:
    assert said(RIGHT)[0] is Health.FINE


@pytest.mark.parametrize("claim", [{}, {**RIGHT, "groupFilterType": "STARTS_WITH"}, {**RIGHT, "name": "group"}])
def test_one_that_is_not_set_or_is_another_is_broken_and_says_where_to_click(claim: dict[str, Any]) -> None:
    health, fix = said(claim)
    assert health is Health.BROKEN
    assert RIGHT["value"] in fix


def test_a_service_app_cannot_know_and_says_where_to_look() -> None:
    assert said(RIGHT, by_token=False)[0] is Health.UNKNOWN
    assert said(RIGHT, label="something else")[0] is Health.UNKNOWN


def test_it_is_asked_where_a_gateway_is_and_nowhere_else() -> None:
    litellm = changed({"kind": "litellm", "url": "https://claude.acme.example", "role_arn": ROLE}, "gateway")
    assert applies(rollout())
    assert applies(loaded(litellm))
    assert not applies(loaded(changed("none", "gateway")))
