"""What the real client uses is counted for the person who used it."""

from __future__ import annotations

from rollout.levels import Level
from tests.client.conftest import ALICE
from tests.client.deployed import Deployed
from tests.client.laptop import Laptop
from tests.engine.usage.test_metering import counters, usage_lines

# Of another account, another provider and another client.
EXPORTED = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_PROFILE": "mine",
    "AWS_BEARER_TOKEN_BEDROCK": "x",
    "ANTHROPIC_API_KEY": "x",
    "CLAUDE_CODE_USE_VERTEX": "1",
}


def test_a_session_is_in_the_invocation_log_and_counted_for_its_member_whatever_the_shell_exports(
    pilot: Deployed, alice: Laptop
) -> None:
    person = f"user-day#{ALICE}"
    pilot.give(alice, Level.ACTIVE)
    (alice.home / ".aws").mkdir()
    (alice.home / ".aws" / "credentials").write_text("no file that AWS's clients can read", encoding="utf-8")
    before, lines = counters(pilot.world).get(person, {}), usage_lines(pilot.world)
    alice.asks(
        "[tokens input=2000 output=500 cache_read=90000 cache_write=1000]", "--model", "sonnet", exported=EXPORTED
    )
    after, added = counters(pilot.world)[person], usage_lines(pilot.world)[len(lines) :]
    counted = {kind: after[kind] - before.get(kind, 0) for kind in ("requests", "input", "output", "cache_read")}
    assert counted == {"requests": 1, "input": 2000, "output": 500, "cache_read": 90000}
    assert [(line["user_id"], line["model"]) for line in added] == [(ALICE, "sonnet")]
