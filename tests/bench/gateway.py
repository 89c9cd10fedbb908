"""How much longer a request takes through LiteLLM with the hook than through LiteLLM alone: `python -m
tests.bench.gateway`."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from sandbox.okta import identity
from sandbox.tests.aws_harness import serving
from tests.litellm import installed, people
from tests.litellm.world import ALICE, BARE_ENVIRONMENT, CROWD, GRACE, World, headers, message, proxy, stack

REQUESTS, WARM = 300, 20


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Milliseconds."""

    p50: float
    p99: float


def latencies(root: Path) -> dict[str, Latency]:
    """`hook`, at `active`, and `bare`: requests taken by turns, in one run, to the sandbox's Bedrock."""
    home = root / "clouds"
    home.mkdir(parents=True)
    python = installed.python()
    with (
        people.running(home, {"pilot": CROWD, "second": (GRACE,)}) as okta,
        serving(home, lambda: identity.jwks(home)) as aws,
    ):
        world = World(aws, okta).build(stack())
        with (
            proxy(world, stack(), python, root / "hook") as hook,
            proxy(world, stack(), python, root / "bare", bare=True) as bare,
            httpx.Client(trust_env=False, timeout=60) as client,
        ):
            told = {"hook": okta.key(ALICE), "bare": BARE_ENVIRONMENT["LITELLM_MASTER_KEY"]}
            urls = {"hook": hook.url, "bare": bare.url}
            took: dict[str, list[float]] = {name: [] for name in urls}
            for _ in range(REQUESTS + WARM):
                for name, url in urls.items():
                    began = time.perf_counter()
                    answer = client.post(f"{url}/v1/messages", headers=headers(told[name]), json=message())
                    took[name].append((time.perf_counter() - began) * 1000)
                    answer.raise_for_status()
    return {name: _of(times[WARM:]) for name, times in took.items()}


def _of(times: list[float]) -> Latency:
    cuts = statistics.quantiles(times, n=100)
    return Latency(p50=cuts[49], p99=cuts[98])


def rows(found: dict[str, Latency]) -> list[tuple[str, str, str, str, str]]:
    hook, bare = found["hook"], found["bare"]
    return [
        (
            f"a request through LiteLLM with the hook, {name}",
            f"{here:.0f} ms",
            f"without the hook: {there:.0f} ms",
            f"{here / there:.2f}",
            aim,
        )
        for name, here, there, aim in (
            ("p50", hook.p50, bare.p50, "at most 1.3"),
            ("p99", hook.p99, bare.p99, "at most 1.5"),
        )
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for row in rows(latencies(Path(folder))):
            print(" | ".join(row))
