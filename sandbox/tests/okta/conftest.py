"""The sandbox's Okta, seeded once."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox import okta
from sandbox.tests.okta.okta_harness import ACCOUNT, ALICE, AWS_APP, TOKEN, Caller, served


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new organization: making its key takes longer than most tests."""
    home = tmp_path_factory.mktemp("okta")
    okta.create_app(home, TOKEN)
    return home


@pytest.fixture
def home(seeded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seeded, tmp_path / "home"))


@pytest.fixture
def call(home: Path) -> Caller:
    return Caller(okta.create_app(home, TOKEN).test_client())


@pytest.fixture
def url(home: Path) -> Generator[str]:
    with served(home) as address:
        yield address


@pytest.fixture
def pilot(call: Caller) -> tuple[str, str]:
    """The AWS app assigned to the pilot's group, which has Alice in it."""
    app, group = call.app(AWS_APP)["id"], call.group(f"aws_{ACCOUNT}_pilot")
    call.join(group, ALICE)
    call("PUT", f"/api/v1/apps/{app}/groups/{group}", {"id": group, "profile": {}})
    return app, group
