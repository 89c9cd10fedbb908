"""The policy pack under the real engine: in a preview, with an exception, and on exported state."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox import workspace
from tests.engine.world import World
from tests.stacks import PROJECT

PACK = str(PROJECT / "policies")
WITH_THE_PACK = ("preview", "--stack", "sandbox", "--policy-pack", PACK)


def preview(world: World, *, fails: bool = False) -> str:
    return world.pulumi(*WITH_THE_PACK, fails=fails)


def judged(world: World, folder: Path | None = None, stack: str = "sandbox") -> subprocess.CompletedProcess[str]:
    """`make policies STACK=sandbox`, or of another program."""
    environment = {
        **workspace.full_environment(world.settings),
        "PYTHON": str(PROJECT / ".venv" / "bin" / "python"),
        "PYTHONPATH": str(PROJECT),
        "POLICY_PACK": PACK,
    }
    path = os.pathsep.join([str(workspace.bin_folder(world.settings)), environment["PATH"]])
    command = [str(PROJECT / "ci" / "policies"), stack]
    return subprocess.run(
        command,
        cwd=folder or world.folder,
        env={**environment, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_first_preview_complies_and_says_which_rules_wait_for_the_update(empty: World) -> None:
    said = preview(empty)
    assert "policy is not known before the update, which will judge it: no-bare-wildcard" in said
    assert "can't run policy" not in said


def test_a_breach_stops_a_preview_unless_it_is_excepted_by_name(pilot: World) -> None:
    assert "[mandatory]" not in preview(pilot)
    access = pilot.folder / "components" / "identity" / "access.py"
    longer = access.read_text(encoding="utf-8").replace("MAX_SESSION_SECONDS = 3600", "MAX_SESSION_SECONDS = 7200")
    access.write_text(longer, encoding="utf-8")
    said = preview(pilot, fails=True)
    assert "sessions of up to 7200" in said
    assert "session-at-most-one-hour" in said
    with pilot.stack_file() as config:
        config["claude-code-rollout:policy_exceptions"] = {
            "session-at-most-one-hour": {
                "resource": "pilot-access-role",
                "reason": "an example",
                "expires": in_a_month(),
            }
        }
    said = preview(pilot)
    assert "session-at-most-one-hour is excepted until" in said


def in_a_month() -> str:
    return str((datetime.now(UTC) + timedelta(days=30)).date())


def test_the_same_rules_judge_what_there_is(pilot: World, tmp_path: Path) -> None:
    found = judged(pilot)
    assert found.returncode == 0, found.stdout + found.stderr
    state = json.loads(pilot.pulumi("stack", "export", "--stack", "sandbox"))
    for resource in state["deployment"]["resources"]:
        if resource["urn"].endswith("::pilot-access-invoke"):  # as if a profile's ARN had become everything
            for side in ("inputs", "outputs"):
                document = json.loads(resource[side]["policy"])
                document["Statement"][0]["Resource"] = "*"
                resource[side]["policy"] = json.dumps(document)
        if resource["urn"].endswith("::announcer-slack-bot-token-value"):
            resource["inputs"]["secretString"] = "in clear"
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    pilot.pulumi("stack", "import", "--stack", "sandbox", "--file", str(file))
    found = judged(pilot)
    assert found.returncode == 1
    assert "an Allow of everything" in found.stdout
    assert "announcer-slack-bot-token-value: inputs.secretString: in clear" in found.stderr
