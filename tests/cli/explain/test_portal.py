"""What IAM Identity Center says of somebody whom its portal does not let in, by moto's answers."""

from __future__ import annotations

from typing import Any

import pytest

from cli.explain.answers import Rank, Says
from cli.explain.portal import by_portal
from cli.terminal.errors import CommandError
from functions import clients
from rollout.model.identity_center import IdentityCenter
from tests import stacks

LOGIN, GROUP = "alice.chen@acme.example", "aws_123456789012_claude-code-pilot"


pytestmark = pytest.mark.usefixtures("moto_aws")


@pytest.fixture
def center() -> IdentityCenter:
    return IdentityCenter.model_validate(stacks.IDENTITY_CENTER)


def store() -> Any:
    return clients.client("identitystore")


def user(center: IdentityCenter) -> str:
    named = {"UserName": LOGIN, "DisplayName": LOGIN, "Name": {"GivenName": "Alice", "FamilyName": "Chen"}}
    return store().create_user(IdentityStoreId=center.identity_store_id, **named)["UserId"]


def group(center: IdentityCenter) -> str:
    return store().create_group(IdentityStoreId=center.identity_store_id, DisplayName=GROUP)["GroupId"]


def said(center: IdentityCenter) -> Says:
    return by_portal(clients.client, center, LOGIN, [GROUP])


def test_whom_okta_has_not_pushed_the_portal_lets_in_nowhere(center: IdentityCenter) -> None:
    group(center)
    found = said(center)
    assert found.lines == (f"no user {LOGIN}",)
    assert [reason.rank for reason in found.reasons] == [Rank.NO_ACCOUNT]


def test_a_group_that_was_not_pushed_is_named(center: IdentityCenter) -> None:
    user(center)
    [reason] = said(center).reasons
    assert reason.rank is Rank.NOT_IN_GROUP
    assert GROUP in reason.why
    assert "Push Groups" in reason.do


def test_who_is_in_the_group_is_refused_by_nothing_and_who_is_not_is(center: IdentityCenter) -> None:
    alice, pilot = user(center), group(center)
    assert said(center).lines[1:] == (f"not in {GROUP}",)
    assert [reason.rank for reason in said(center).reasons] == [Rank.NOT_IN_GROUP]
    store().create_group_membership(IdentityStoreId=center.identity_store_id, GroupId=pilot, MemberId={"UserId": alice})
    assert said(center).lines[1:] == (f"in {GROUP}",)
    assert said(center).reasons == ()


def test_an_instance_of_another_region_is_not_asked_here(center: IdentityCenter) -> None:
    with pytest.raises(CommandError, match="eu-central-1"):
        by_portal(clients.client, center.model_copy(update={"region": "eu-central-1"}), LOGIN, [GROUP])
