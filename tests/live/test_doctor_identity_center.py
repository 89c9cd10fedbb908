"""What `rollout doctor` says of IAM Identity Center."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.doctor import identity_center
from cli.doctor.finding import Health, looked
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

NOW = datetime(2026, 11, 29, tzinfo=UTC)
INSTANCE = {"InstanceArn": stacks.IDENTITY_CENTER["instance_arn"], "IdentityStoreId": "d-1234567890"}


def rollout() -> Rollout:
    return load(stacks.config(stacks.by_identity_center(stacks.small())), stacks.COMPANY, NOW)


def refuses(code: str) -> Any:
    def call(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")

    return call


def of(
    instances: list[dict[str, str]], region: str = "us-east-1", sets: Any = lambda **_: {}, group: Any = lambda **_: {}
) -> list[tuple[Health, str]]:
    made = {
        "sso-admin": SimpleNamespace(
            meta=SimpleNamespace(region_name=region),
            list_instances=lambda: {"Instances": instances},
            list_permission_sets=sets,
        ),
        "identitystore": SimpleNamespace(get_group_id=group),
        "sts": SimpleNamespace(get_caller_identity=lambda: {"Account": "123456789012"}),
    }
    return [(each.health, each.what) for each in looked(identity_center.check(made.__getitem__, rollout()))]


def test_an_instance_with_the_cohorts_groups_is_fine() -> None:
    assert {health for health, _ in of([INSTANCE])} == {Health.FINE}


@pytest.mark.parametrize(
    ("how", "health", "says"),
    [
        ({"instances": []}, Health.BROKEN, "seen: none"),
        ({"instances": [{**INSTANCE, "IdentityStoreId": "d-0000000000"}]}, Health.BROKEN, "identity store is not"),
        ({"instances": [INSTANCE], "region": "eu-west-1"}, Health.UNKNOWN, "the instance is in us-east-1"),
        ({"instances": [INSTANCE], "sets": refuses("AccessDeniedException")}, Health.BROKEN, "may not be seen"),
        (
            {"instances": [INSTANCE], "group": refuses("ResourceNotFoundException")},
            Health.BROKEN,
            "not pushed the group",
        ),
    ],
)
def test_what_is_missing_is_said(how: dict[str, Any], health: Health, says: str) -> None:
    assert any(found == health and says in what for found, what in of(**how))


def test_nothing_is_looked_at_where_people_sign_in_otherwise() -> None:
    other = load(stacks.config(stacks.small()), stacks.COMPANY, NOW)
    assert identity_center.check({}.__getitem__, other) == []
