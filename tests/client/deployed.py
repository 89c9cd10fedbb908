"""The deployed pilot cohort: its profiles, and the documents its members' machines get at each level."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from rollout.account import Account
from rollout.levels import Level
from rollout.macs import commit_guard, own_usage_view
from rollout.macs.commit_guard import File
from rollout.macs.places import PLACES, Platform
from rollout.macs.settings import managed_settings, whole_cohort
from rollout.macs.sign_in import PROFILE
from rollout.model.cohort import Incident
from rollout.model.macs import CommitGuardMode, Telemetry
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from sandbox.settings import ACCOUNT_ID, REGION
from tests.client.laptop import Laptop
from tests.engine.world import STACK, World

COHORT = "pilot"
ACCOUNT = Account(ACCOUNT_ID, REGION)
ENDPOINTS = (
    "ANTHROPIC_BEDROCK_BASE_URL",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    "AWS_ENDPOINT_URL_BEDROCK",
    "AWS_ENDPOINT_URL_STS",
)
INCIDENT = Incident(id="INC-7", since=datetime(2026, 11, 22, 14, 5, tzinfo=UTC), reason="key in a commit")


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """`profile_arns` by label; `aws_profile`: the file that settings name as AWS_CONFIG_FILE."""

    world: World
    rollout: Rollout
    profile_arns: dict[str, str]
    aws_profile: str

    def settings(self, level: Level) -> dict[str, Any]:
        """The cohort's document at `level`, whatever level it is deployed at."""
        to = replace(whole_cohort(self.rollout, COHORT), level=level)
        if level is not Level.ACTIVE:
            to = replace(to, incidents=(INCIDENT,))
        document = managed_settings(self.rollout, to, self.profile_arns, Platform.LINUX)
        assert document is not None
        return document

    def with_guard(self, mode: CommitGuardMode) -> Deployed:
        """The same, had the stack file another commit guard."""
        mac = self.rollout.mac.model_copy(update={"commit_guard": mode})
        return replace(self, rollout=self.rollout.model_copy(update={"mac": mac}))

    def with_telemetry(self) -> Deployed:
        mac = self.rollout.mac.model_copy(update={"telemetry": Telemetry(endpoint="https://otel.acme.example")})
        return replace(self, rollout=self.rollout.model_copy(update={"mac": mac}))

    def give(self, laptop: Laptop, level: Level) -> None:
        self.install(laptop, self.settings(level))

    def sandboxed(self, laptop: Laptop, document: dict[str, Any], bedrock: str | None = None) -> dict[str, Any]:
        """`document`, but for where Bedrock answers; see `install`."""
        assert document["env"]["ANTHROPIC_BEDROCK_BASE_URL"] == ""
        url = laptop.world.settings.aws_url if bedrock is None else bedrock
        if not url:
            return document
        # The client does not start where this is exported and no machine's settings say the same.
        here = {"AWS_ENDPOINT_URL": laptop.world.settings.aws_url}
        here |= {name: url for name in document["env"] if name in ENDPOINTS}
        providers = [*document.get("allowedProviders", []), "customEndpoint"]
        allowed = {"allowedProviders": providers} if "allowedProviders" in document else {}
        return {**document, **allowed, "env": {**document["env"], **here}}

    def install(
        self, laptop: Laptop, document: dict[str, Any], aws_profile: str | None = None, bedrock: str | None = None
    ) -> None:
        """All that goes onto a member's machine with `document`. `bedrock`: where it answers, in place of the sandbox; empty: AWS's
        own address, which the cell does not reach, with the document as it is on a Mac.

        No other way leads the client there: what is exported has no effect.
        """
        document = self.sandboxed(laptop, document, bedrock)
        config = PLACES[Platform.LINUX].aws_config
        signed_in = {"aws_profile": PROFILE, "aws_config_file": config}
        guard = commit_guard.each_once(
            [
                *commit_guard.files(self.rollout, ACCOUNT, Platform.LINUX, **signed_in),
                *own_usage_view.files(self.rollout, ACCOUNT, Platform.LINUX, **signed_in),
            ]
        )
        laptop.receives(document, File(path=config, content=aws_profile or self.aws_profile, mode=0o644), *guard)


def declared(world: World) -> Rollout:
    """What the stack file says."""
    told = json.loads(world.pulumi("config", "--show-secrets", "--json", "--stack", STACK))
    config = {name: str(entry["value"]) for name, entry in told.items()}
    return load(config, world.folder, datetime.now(UTC))


def deployed_pilot(world: World) -> Deployed:
    return Deployed(
        world=world,
        rollout=declared(world),
        profile_arns=world.cohorts()[COHORT]["profile_arns"],
        aws_profile=world.signing_in(COHORT)["aws_profile"],
    )
