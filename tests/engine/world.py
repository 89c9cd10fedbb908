"""A sandbox of a test's own, with a copy of the project in it, driven by the real Pulumi CLI."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config

from sandbox import server, sign_in, workspace
from sandbox.errors import SandboxError
from sandbox.settings import OKTA_TOKEN, REGION, Settings
from sandbox.tests import forked
from sandbox.tests.ports import free_ports
from tests.engine.copies import copy_project, link_or_copy
from tests.stacks import PROJECT

STACK = "sandbox"
LOG_GROUPS = (
    *(
        "/aws/lambda/claude-code-announcer",
        "/aws/lambda/claude-code-delivery",
        "/aws/lambda/claude-code-github-webhook",
        "/aws/lambda/claude-code-mac-findings",
    ),
    *("/aws/lambda/claude-code-meter", "/claude-code/delivery", "/claude-code/findings", "/claude-code/incidents"),
    *("/claude-code/invocations", "/claude-code/pilot/usage"),
)
COHORT = "urn:pulumi:{stack}::claude-code-rollout::claude:rollout:Cohort::{cohort}"
# The engine lives for seconds: more memory, and a tenth less of its time goes into collecting garbage.
ENGINE = {"GOGC": "400"}
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class World:
    """`folder` holds the project's copy; `settings.home` all that the clouds and the engine remember."""

    folder: Path
    settings: Settings

    def variables(self) -> dict[str, str]:
        """The environment of whatever is started."""
        return workspace.full_environment(self.settings)

    def pulumi(self, *arguments: str, fails: bool = False, timeout: int = 900) -> str:
        """What the CLI printed; the test fails if it ended otherwise than expected."""
        ended_well, printed = self.try_pulumi(*arguments, timeout=timeout)
        assert ended_well != fails, printed
        return printed

    def try_pulumi(self, *arguments: str, timeout: int = 900) -> tuple[bool, str]:
        """Whether it ended well, where both are right, and what it printed."""
        result = subprocess.run(
            [str(workspace.bin_folder(self.settings) / "pulumi"), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env={**self.variables(), **ENGINE},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        printed = result.stdout + result.stderr
        assert "Traceback" not in printed, printed
        return result.returncode == 0, printed

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m cli`, as people type it."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=self.folder,
            env={**self.variables(), "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def up(self, *arguments: str, stack: str = STACK, fails: bool = False) -> str:
        return self.pulumi("up", "--stack", stack, "--yes", "--skip-preview", *arguments, fails=fails)

    def try_up(self, *arguments: str, stack: str = STACK) -> tuple[bool, str]:
        return self.try_pulumi("up", "--stack", stack, "--yes", "--skip-preview", *arguments)

    def plan(self, *arguments: str, stack: str = STACK) -> dict[str, str]:
        """What a preview would do, by URN, `same` left out."""
        printed = self.pulumi("preview", "--stack", stack, "--json", *arguments)
        steps = json.loads(printed[printed.index("{") :])["steps"]
        return {step["urn"]: step["op"] for step in steps if step["op"] not in {"same", "read", "refresh"}}

    def output(self, name: str, stack: str = STACK) -> Any:
        return json.loads(self.pulumi("stack", "output", name, "--json", "--stack", stack))

    def cohorts(self, stack: str = STACK) -> dict[str, Any]:
        """What each cohort's component registered, by its name."""
        known = [each for each in self.state(stack) if each["type"] == "claude:rollout:Cohort"]
        return {each["urn"].rpartition("::")[2]: each["outputs"]["deployed"] for each in known}

    def signing_in(self, cohort: str, stack: str = STACK) -> dict[str, Any]:
        """What a member is to paste."""
        ended = self.command("sign-in", cohort, "--stack", stack, "--json")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    def state(self, stack: str = STACK) -> list[dict[str, Any]]:
        return json.loads(self.pulumi("stack", "export", "--stack", stack))["deployment"].get("resources", [])

    def stack_text(self, stack: str = STACK) -> str:
        return (self.folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")

    @contextmanager
    def stack_file(self, stack: str = STACK) -> Generator[dict[str, Any]]:
        """The stack file's `config`, written back when the block ends."""
        file = self.folder / f"Pulumi.{stack}.yaml"
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        yield content["config"]
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def aws(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.settings.aws_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def aws_as(self, credentials: Mapping[str, str], service: str) -> Any:
        """With the credentials of a session, as `sign_in` gives them."""
        return boto3.client(
            service,
            endpoint_url=self.settings.aws_url,
            region_name=REGION,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def okta(self, path: str, method: str = "GET", body: Any = None) -> Any:
        return self._call(self.settings.okta_url + path, method, body)

    def jamf_control(self, path: str, method: str = "GET", body: Any = None) -> Any:
        return self._call(self.settings.jamf_url + path, method, body)

    def aws_control(self, path: str, method: str = "GET", body: Any = None) -> Any:
        return self._call(self.settings.aws_url + path, method, body)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status that an address on the internet answers with: here AWS's port stands in for all of them."""
        parts = urllib.parse.urlsplit(url)
        request = urllib.request.Request(  # noqa: S310  our own address
            self.settings.aws_url + (parts.path or "/"),
            method="POST",
            data=body,
            headers={**headers, "Host": parts.netloc},
        )
        try:
            with _DIRECT.open(request, timeout=120) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code

    def calls(self) -> list[str]:
        """Operations that AWS, Okta and Jamf Pro were asked for, in order."""
        found = [
            *self.okta("/sandbox/calls"),
            *self.aws_control("/sandbox/calls"),
            *self.jamf_control("/sandbox/calls"),
        ]
        return [call["operation"] for call in sorted(found, key=lambda call: call["at"])]

    def changes_of_level(self) -> list[dict[str, Any]]:
        """The incident log, once nothing is under way any more."""
        self.settle()
        events = self.aws("logs").get_log_events(logGroupName="/claude-code/incidents", logStreamName="levels")[
            "events"
        ]
        return [json.loads(event["message"]) for event in events]

    def settle(self, seconds: float = 240) -> None:
        """Wait until no function is at work: they call AWS as well."""
        deadline, calm = time.monotonic() + seconds, 0
        while calm < 3 and time.monotonic() < deadline:  # between a queue and its reader there is a moment of neither
            calm = 0 if self.aws_control("/sandbox/functions")["at_work"] else calm + 1
            time.sleep(0.1)

    def forget_calls(self) -> None:
        self.settle()
        self.okta("/sandbox/calls", "DELETE")
        self.aws_control("/sandbox/calls", "DELETE")
        self.jamf_control("/sandbox/calls", "DELETE")

    def group(self, name: str) -> dict[str, str]:
        """Who is in an Okta group: user ids by e-mail address."""
        [group] = [g for g in self.okta("/api/v1/groups?limit=200") if g["profile"]["name"] == name]
        users = self.okta(f"/api/v1/groups/{group['id']}/users?limit=200")
        return {user["profile"]["email"]: user["id"] for user in users}

    def group_id(self, name: str) -> str:
        [group] = [g for g in self.okta("/api/v1/groups?limit=200") if g["profile"]["name"] == name]
        return group["id"]

    def user_id(self, email: str) -> str:
        return self.okta(f"/api/v1/users/{email}")["id"]

    def sign_in(self, email: str, cohort: str, **how: str) -> dict[str, Any]:
        """Credentials of a session in the cohort's role; SandboxError says who refused."""
        return sign_in.credentials(
            self.settings, email, f"arn:aws:iam::{self.settings.account}:role/claude-code-{cohort}", **how
        )

    def profiles(self) -> set[str]:
        found = self.aws("bedrock").list_inference_profiles(typeEquals="APPLICATION")
        return {profile["inferenceProfileName"] for profile in found["inferenceProfileSummaries"]}

    def log_groups(self) -> dict[str, int]:
        found = self.aws("logs").describe_log_groups()["logGroups"]
        return {group["logGroupName"]: group.get("retentionInDays", 0) for group in found}

    def _call(self, url: str, method: str, body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310  our own address
            url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"SSWS {OKTA_TOKEN}", "Content-Type": "application/json"},
        )
        with _DIRECT.open(request, timeout=120) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def cohort_urn(cohort: str, stack: str = STACK) -> str:
    return COHORT.format(stack=stack, cohort=cohort)


def without_macs(folder: Path) -> None:
    """Macs take seconds at each change of a level; tests that are not about them do without."""
    file = folder / f"Pulumi.{STACK}.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("  claude-code-rollout:jamf")), "utf-8")


def prepare(root: Path, *, macs: bool = False) -> World:
    """A project and an engine, nothing running yet. `macs`: whether the stack has its Jamf Pro."""
    world = World(root / "project", Settings(home=root / "home", **free_ports()))
    copy_project(world.folder)
    if not macs:
        without_macs(world.folder)
    workspace.prepare_engine(world.settings)
    return world


def stopped(root: Path) -> World:
    """The one that was made in this folder."""
    return World(root / "project", Settings(home=root / "home", **free_ports()))


def again(world: World, root: Path) -> World:
    """A second world that begins where a stopped one ended."""
    root.mkdir(parents=True)
    shutil.copytree(world.folder, root / "project", symlinks=True)
    home = root / "home"
    shutil.copytree(
        world.settings.home,
        home,
        copy_function=link_or_copy,
        ignore=shutil.ignore_patterns("sandbox.pid", "sandbox.log"),
    )
    return stopped(root)


@contextmanager
def running(world: World) -> Generator[World]:
    forked.start(world.settings)
    try:
        yield world
    finally:
        try:
            server.stop(world.settings)
        except SandboxError as error:
            error.add_note(world.settings.log.read_text(errors="replace")[-20_000:])
            raise
