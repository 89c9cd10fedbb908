"""The sandbox's clouds, the proxy's own environment, and one running proxy for the tests that need no other."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.okta import identity
from sandbox.tests.aws_harness import serving
from tests.litellm import installed, people
from tests.litellm.world import CROWD, GRACE, Proxy, World, proxy, stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def litellm_python() -> Path:
    """Skipped where it cannot be had; the run's last lines say so."""
    try:
        return installed.python()
    except installed.UnreachableError as error:
        pytest.skip(f"LITELLM DID NOT RUN WITH THE HOOK: the package registry is unreachable: {error}")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    home = tmp_path_factory.mktemp("clouds")
    with (
        people.running(home, {"pilot": CROWD, "second": (GRACE,)}) as okta,
        serving(home, lambda: identity.jwks(home)) as aws,
    ):
        yield World(aws, okta).build(stack())


@pytest.fixture(scope="session")
def gateway(
    world: World, keys: dict[str, str], litellm_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Proxy]:
    """It has answered once in each cohort: LiteLLM imports half of itself at the first request."""
    with proxy(world, stack(), litellm_python, tmp_path_factory.mktemp("gateway") / "run") as made:
        for person in (CROWD[0], GRACE):
            assert made.ask(keys[person]).status_code == 200
        yield made


@pytest.fixture(scope="session")
def keys(world: World) -> dict[str, str]:
    """What each person's machine sends as its key."""
    return {person: world.okta.key(person) for person in (*CROWD, GRACE)}
