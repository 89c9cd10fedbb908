"""The policy pack under the real engine."""

from __future__ import annotations

from tests.engine.world import World
from tests.stacks import PROJECT

PACK = str(PROJECT / "policies")


def test_the_sandbox_stack_complies_and_a_breach_stops_its_preview(pilot: World) -> None:
    said = pilot.pulumi("preview", "--stack", "sandbox", "--policy-pack", PACK)
    assert "claude-code-rollout" in said
    with pilot.stack_file() as config:
        config["claude-code-rollout:logs"] = {"prompt_text": True}
    said = pilot.pulumi("preview", "--stack", "sandbox", "--policy-pack", PACK, fails=True)
    assert "prompts would be logged" in said
