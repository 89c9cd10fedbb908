"""`make pictures`: docs/pictures, from a sandbox with two weeks of the pilot in it.

The last day is played through the sandbox's Bedrock and counted by the meter, as in `make traffic`; some call a
model past their profiles, and the account's root calls one too. The days before are written (`history`).
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.exceptions import ClientError
from rich.console import Console

from rollout import names
from sandbox import workspace
from sandbox.errors import SandboxError
from sandbox.settings import AWS_KEY
from tests.drill.traffic import BODY, bedrock
from tests.engine import world as worlds
from tests.engine.world import World
from tests.pictures import history
from tests.pictures.drawing import draw
from tests.pictures.widgets import dashboard
from tests.stacks import PROJECT
from tests.traffic import day

FOLDER = PROJECT / "docs" / "pictures"
SEED = 20261124
SHOWN = timedelta(days=history.DAYS + 1)
MODEL = "global.anthropic.claude-opus-5-5"


def main(each: int) -> None:
    console = Console(width=118)
    people, prices = day.of_the_sandbox()
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        world = worlds.prepare(Path(folder) / "world")
        with worlds.running(world):
            workspace.stacks(world.settings, world.folder)
            console.print("onboarding the pilot cohort ...")
            world.up()
            history.write(world, people, prices, each)
            requests = day.plan(people, each, SEED)
            console.print(f"two weeks written; {len(requests)} requests of {len(people)} developers played today ...")
            day.play(world, requests)
            go_astray(world, sorted(people)[:3])
            world.settle(600)
            until = datetime.now(UTC) + timedelta(minutes=1)
            FOLDER.mkdir(parents=True, exist_ok=True)
            for name, file in ((names.dashboard(), "fleet"), (names.cohort_dashboard(), "pilot")):
                path = FOLDER / f"dashboard-{file}.png"
                draw(dashboard(world, name, until - SHOWN, until), until - SHOWN, until, path)
                console.print(f"{path.relative_to(PROJECT)}: {path.stat().st_size // 1000} kB")


def go_astray(world: World, people: list[str]) -> None:
    """Some try a model past their profiles, and are denied; the account's root calls one, and is not."""
    for person in people:
        client = bedrock(world, world.sign_in(person, "pilot"))
        for _ in range(3):
            with suppress(ClientError):
                client.invoke_model(modelId=MODEL, body=BODY)
    root = {"AccessKeyId": AWS_KEY, "SecretAccessKey": AWS_KEY, "SessionToken": ""}
    bedrock(world, root).invoke_model(modelId=MODEL, body=BODY)["body"].read()


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except (SandboxError, AssertionError) as error:
        sys.exit(f"pictures: {error}")
