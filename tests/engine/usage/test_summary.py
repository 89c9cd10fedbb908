"""What people type beside `pulumi`, on a stack that is up."""

from __future__ import annotations

from tests.engine.world import World


def test_a_stack_file_with_a_secret_is_summed_up_without_telling_it(pilot: World) -> None:
    key = "claude-code-rollout:notify.incident_webhook"
    secret = "https://tracker.acme.example/hooks/s3cr3t"
    pilot.pulumi("config", "set", "--stack", "sandbox", "--path", "--secret", key, secret)
    pilot.up()
    result = pilot.command("summary", "--stack", "sandbox")
    assert result.returncode == 0, result.stderr
    assert "pilot: active" in result.stdout
    assert "s3cr3t" not in result.stdout + result.stderr
