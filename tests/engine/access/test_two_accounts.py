"""One organization in two accounts: a sandbox each, one Okta and one umbrella group, and each stack with its own
account's session."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import server
from sandbox.environment import UNSET
from sandbox.settings import REGION, Settings
from sandbox.tests.ports import free_ports
from tests.engine import world as worlds
from tests.engine.access.test_beside import ADOPT, RAVI, beside, denied, mistakes, set_level, there_already
from tests.engine.usage.test_metering import USED, ask
from tests.engine.world import World

FIRST, SECOND = "345678901234", "210987654321"
ALICE = "alice.chen@acme.example"
GROUP = "Claude-Code-Users"
ALLOWED, PROFILE = "aws:allowedAccountIds", "aws:profile"


@dataclass(frozen=True)
class TwoAccounts(World):
    """`settings`: the first sandbox, whose Okta, Jamf Pro and engine both stacks use; `second`: the other's AWS."""

    second: Settings

    def variables(self) -> dict[str, str]:
        """A profile of AWS's own tools for each account: no address or key stands for both."""
        profiles = self.folder.parent / "profiles"
        profiles.write_text(
            "".join(
                f"[profile {name}]\nendpoint_url = {each.aws_url}\nregion = {REGION}\n"
                "aws_access_key_id = sandbox\naws_secret_access_key = sandbox\n"
                for name, each in (("first", self.settings), ("second", self.second))
            ),
            encoding="utf-8",
        )
        known = super().variables() | {"AWS_CONFIG_FILE": str(profiles)}
        gone = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ACCOUNT_ID", *UNSET}
        return {name: value for name, value in known.items() if name not in gone}

    @property
    def other(self) -> World:
        """The second account, with the people of the first one's Okta."""
        ours = {"okta_port": self.settings.okta_port, "jamf_port": self.settings.jamf_port}
        return World(self.folder, replace(self.second, home=self.settings.home, **ours))


@pytest.fixture
def accounts(fresh: World, tmp_path: Path) -> Generator[TwoAccounts]:
    made = worlds.again(fresh, tmp_path / "world")
    shutil.rmtree(made.settings.home / "cloud" / "aws")
    second = Settings(home=tmp_path / "second", account=SECOND, **free_ports())
    world = TwoAccounts(made.folder, replace(made.settings, account=FIRST), second)
    with ExitStack() as stack:
        stack.enter_context(worlds.running(world))
        stack.enter_context(worlds.running(World(made.folder, second)))
        with world.stack_file() as config:
            config.update({ALLOWED: [FIRST], PROFILE: "first"})
        yield world


def rows(world: World, verb: str) -> dict[str, Any]:
    """What `--all` tells of each stack that is up or dead, with the exit code as `code`."""
    ended = world.command(verb, "--all", "--json")
    assert "Traceback" not in ended.stderr
    told = json.loads(ended.stdout)
    if verb == "status":
        told["stacks"] = {row["stack"]: row for row in told["stacks"]}
    return {**told, "code": ended.returncode}


def test_two_accounts_by_one_umbrella_group_are_up_each_with_its_own_session_and_a_dead_one_hides_no_other(
    accounts: TwoAccounts,
) -> None:
    accounts.up()
    written = beside(accounts, account=SECOND)
    assert list(written["adopt"]) == ["umbrella_group_id"], "of another account's there is nothing else to adopt"
    with accounts.stack_file("second") as config:
        assert (config[ALLOWED], PROFILE in config) == ([SECOND], False)
        config[PROFILE] = "second"
    set_level(accounts, "active")

    with accounts.stack_file("second") as config:
        adopt = config.pop(ADOPT)
    [line] = mistakes(accounts, "second")
    assert f"Okta has one group {GROUP}, which stack sandbox makes" in line
    [found] = [each for each in there_already(accounts, "second") if each["health"] == "broken"]
    assert f"Okta group {GROUP} (of stack sandbox)" in found["what"]
    assert yaml.safe_load(found["fix"].split("`")[1]) == {ADOPT: adopt}
    with accounts.stack_file("second") as config:
        config[ADOPT] = adopt
    assert mistakes(accounts, "second") == []
    assert [each["health"] for each in there_already(accounts, "second")] == ["fine"]

    accounts.pulumi("stack", "init", "second", "--no-select")
    accounts.up(stack="second")
    for stack in ("sandbox", "second"):
        accounts.pulumi("preview", "--stack", stack, "--refresh", "--expect-no-changes")
    assert len(accounts.group(GROUP)) == 26

    other = accounts.other
    alice, ravi = accounts.sign_in(ALICE, "pilot"), other.sign_in(RAVI, "trial")
    own = accounts.cohorts("second")["trial"]["profile_arns"]["haiku"]
    theirs = accounts.cohorts()["pilot"]["profile_arns"]["haiku"]
    assert (own.split(":")[4], theirs.split(":")[4]) == (SECOND, FIRST)
    ask(accounts, alice, theirs, USED)
    ask(other, ravi, own, USED)

    told = rows(accounts, "status")
    assert {stack: row["account"] for stack, row in told["stacks"].items() if row["is_up"]} == {
        "sandbox": FIRST,
        "second": SECOND,
    }
    spent = {stack: told["stacks"][stack]["usd_today"] for stack in ("sandbox", "second")}
    assert spent["sandbox"] == pytest.approx(spent["second"])
    assert spent["second"] > 0, "counted by a meter of its own"
    assert told["usd_today"] == pytest.approx(sum(spent.values()))
    assert rows(accounts, "report")["people"] == 26

    ended = accounts.command("cut", "trial", "-s", "second")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert denied(other, ravi, own)
    assert not denied(accounts, alice, theirs), "another account's"

    server.stop(accounts.second)
    told = rows(accounts, "status")
    assert told["usd_today"] == told["stacks"]["sandbox"]["usd_today"] >= spent["sandbox"]
    assert not told["stacks"]["sandbox"]["unreachable"]
    assert told["stacks"]["second"]["unreachable"], "dead, and told"
    assert told["complete"] is False
    report = rows(accounts, "report")
    assert report["code"] == 3
    assert report["stacks"]["sandbox"]["spend"]["spent"] == pytest.approx(told["usd_today"])
    assert (report["stacks"]["second"]["spend"], report["complete"]) == (None, False)


def test_a_stack_is_never_read_with_the_session_of_another_account(accounts: TwoAccounts) -> None:
    (accounts.folder / "Pulumi.second.yaml").write_text(accounts.stack_text(), encoding="utf-8")
    with accounts.stack_file("second") as config:
        config[ALLOWED] = [SECOND]
    accounts.pulumi("stack", "init", "second", "--no-select")
    said = accounts.up(stack="second", fails=True)
    assert f"the credentials belong to another account: {FIRST}" in said
    told = rows(accounts, "status")["stacks"]["second"]
    assert f"these credentials are of account {FIRST}, and the stack is in {SECOND}" in json.dumps(told)
