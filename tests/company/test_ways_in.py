"""What `rollout init` is told of the way to sign in, and of a gateway, stands in the stack files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.company.files import STACKS
from cli.stack_file.files import rollout_of
from rollout.model.gateway import Gateway
from rollout.model.identity_center import IdentityCenter
from tests.cli.conftest import Command, no_aws, project, rollout
from tests.company.test_init import answered
from tests.company.test_init import desk as desk
from tests.stacks import IDENTITY_CENTER

GATEWAY = {
    "kind": "litellm",
    "url": "https://claude.globex.example",
    "role_arn": "arn:aws:iam::210987654321:role/litellm-task",
}

__all__ = ["no_aws", "project", "rollout"]


def test_another_way_to_sign_in_stands_in_each_file_but_the_sandboxs_which_has_its_own(
    rollout: Command, desk: Path, tmp_path: Path
) -> None:
    file = answered(desk, federation="identity_center", identity_center=IDENTITY_CENTER)
    assert rollout("init", str(tmp_path / "globex"), "--answers", str(file)).code == 0
    found = {stack: rollout_of(tmp_path / "globex" / f"Pulumi.{stack}.yaml") for stack in STACKS}
    assert {stack: one.federation.value for stack, one in found.items()} == {
        "sandbox": "saml",
        "dev": "identity_center",
        "prod": "identity_center",
    }
    assert found["prod"].identity_center == IdentityCenter.model_validate(IDENTITY_CENTER)


def test_by_openid_connect_or_through_a_gateway(rollout: Command, desk: Path, tmp_path: Path) -> None:
    file = answered(desk, federation="oidc", gateway=GATEWAY)
    assert rollout("init", str(tmp_path / "globex"), "--answers", str(file)).code == 0
    found = {stack: rollout_of(tmp_path / "globex" / f"Pulumi.{stack}.yaml") for stack in STACKS}
    assert {one.federation.value for one in found.values()} == {"oidc"}
    assert found["sandbox"].gateway is None
    assert found["prod"].gateway == Gateway.model_validate(GATEWAY)


@pytest.mark.parametrize("said", [{"federation": "identity_center"}, {"identity_center": IDENTITY_CENTER}])
def test_identity_center_and_where_it_is_are_said_together(
    rollout: Command, desk: Path, tmp_path: Path, said: dict[str, Any]
) -> None:
    ended = rollout("init", str(tmp_path / "globex"), "--answers", str(answered(desk, **said)))
    assert (ended.code, ended.err.splitlines()) == (
        1,
        [
            (
                "rollout: answers.yaml: federation: identity_center and a map identity_center (instance_arn, "
                "identity_store_id, region, start_url, okta_app_id) go together"
            ),
            "nothing was written",
        ],
    )
