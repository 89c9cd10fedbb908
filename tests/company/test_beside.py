"""`rollout init --beside`: a second stack's file, out of the first one's and of what that has made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.app import main
from cli.live import engine
from cli.live.engine import Held
from cli.stack_file.files import rollout_of
from cli.stack_file.neighbours import clashes_in
from cli.terminal.errors import CommandError
from tests import stacks
from tests.cli.conftest import Command, no_aws, project, rollout

__all__ = ["no_aws", "project", "rollout"]

ACCOUNT = "210987654321"
MADE = (
    Held(
        "federation-saml",
        "aws:iam/samlProvider:SamlProvider",
        f"arn:aws:iam::{ACCOUNT}:saml-provider/claude-code-okta",
        is_own=True,
    ),
    Held("federation-aws", "okta:app/saml:Saml", "0oa" + "a" * 17, is_own=True),
    Held("federation-sign-in", "okta:app/oAuth:OAuth", "0oa" + "b" * 17, is_own=True),
    Held("federation-umbrella", "okta:group/group:Group", "00g" + "c" * 17, is_own=True),
)
ADOPT = {
    "saml_provider_arn": f"arn:aws:iam::{ACCOUNT}:saml-provider/claude-code-okta",
    "okta_app_id": "0oa" + "a" * 17,
    "okta_sign_in_app_id": "0oa" + "b" * 17,
    "umbrella_group_id": "00g" + "c" * 17,
    "invocation_log_group": "/claude-code/invocations",
    "announcer": True,
    "meter": True,
}
PREFIX = "claude-code-rollout:"
NEW = ("init", "--beside", "prod", "--stack", "next")


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch) -> list[Held]:
    """What stack prod holds."""
    found = [*MADE]
    monkeypatch.setattr(engine, "held", lambda *_: found)
    return found


def config(project: Path, stack: str = "next") -> dict[str, Any]:
    return yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]


def answered(project: Path, **said: Any) -> tuple[str, ...]:
    (project / "answers.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    return ("--answers", "answers.yaml")


def names_its_account(project: Path, stack: str) -> None:
    file = project / f"Pulumi.{stack}.yaml"
    text = file.read_text(encoding="utf-8").replace("config:\n", f'config:\n  aws:allowedAccountIds: ["{ACCOUNT}"]\n')
    file.write_text(text, encoding="utf-8")


def test_the_file_adopts_what_the_first_has_made_and_clashes_with_nothing(rollout: Command, project: Path) -> None:
    names_its_account(project, "prod")
    ended = rollout(*NEW, *answered(project, cohort="beta", models=["haiku"]))
    assert (ended.code, ended.err) == (0, "")
    assert "wrote Pulumi.next.yaml" in ended.out
    assert "wrote rosters/next-beta.csv" in ended.out
    made = config(project)
    assert made["claude-code-rollout:adopt"] == ADOPT
    assert made["aws:allowedAccountIds"] == [ACCOUNT]
    assert made["claude-code-rollout:okta"] == config(project, "prod")["claude-code-rollout:okta"]
    for own in ("notify", "success", "jamf", "slack_bot_token"):
        assert f"claude-code-rollout:{own}" not in made, "these are the first one's own"
    found = rollout_of(project / "Pulumi.next.yaml")
    assert [(name, cohort.level) for name, cohort in found.cohorts.items()] == [("beta", "planned")]
    assert [clash for clash in clashes_in(project) if {clash.first, clash.second} == {"prod", "next"}] == []


def test_the_account_is_taken_from_the_state_where_the_first_file_does_not_say_it(
    rollout: Command, project: Path
) -> None:
    assert rollout(*NEW).code == 0
    assert config(project)["aws:allowedAccountIds"] == [ACCOUNT]


def _first_with(project: Path, **changes: Any) -> None:
    """Stack prod, by another way in."""
    file = project / "Pulumi.prod.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    known = {key.partition(":")[2]: value for key, value in document["config"].items() if key.startswith(PREFIX)}
    kept = {key: value for key, value in document["config"].items() if not key.startswith(PREFIX)}
    ours = stacks.by_identity_center(known) if "identity_center" in changes else {**known, **changes}
    document["config"] = {**kept, **{f"{PREFIX}{key}": value for key, value in ours.items()}}
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def test_identity_center_is_both_stacks_and_the_account_is_known_without_a_provider(
    rollout: Command, project: Path, state: list[Held]
) -> None:
    _first_with(project, identity_center=True)
    policy = Held("pilot-stop", "aws:iam/policy:Policy", f"arn:aws:iam::{ACCOUNT}:policy/x", is_own=True)
    state[:] = [policy, *(each for each in state if each.name == "federation-umbrella")]
    ended = rollout(*NEW, *answered(project, cohort="beta", models=["haiku"]))
    assert (ended.code, ended.err) == (0, "")
    made = config(project)
    assert made["claude-code-rollout:identity_center"] == stacks.IDENTITY_CENTER
    assert made["aws:allowedAccountIds"] == [ACCOUNT]
    assert "saml_provider_arn" not in made["claude-code-rollout:adopt"]


def test_beside_a_gateway_of_the_same_account_nothing_is_written(rollout: Command, project: Path) -> None:
    names_its_account(project, "prod")
    gateway = {"kind": "litellm", "url": "https://claude.acme.example", "role_arn": f"arn:aws:iam::{ACCOUNT}:role/gw"}
    _first_with(project, gateway=gateway)
    ended = rollout(*NEW)
    assert ended.code == 1
    assert "gateway: people of stack prod reach Bedrock by https://claude.acme.example alone" in ended.err
    assert not (project / "Pulumi.next.yaml").exists()
    ended = rollout(*NEW, *answered(project, account="345678901234"))
    assert (ended.code, ended.err) == (0, ""), "in another account it is a stack without one"


def test_of_another_account_the_umbrella_group_alone_is_adopted(rollout: Command, project: Path) -> None:
    names_its_account(project, "prod")
    assert rollout(*NEW, *answered(project, account="345678901234")).code == 0
    made = config(project)
    assert made["claude-code-rollout:adopt"] == {"umbrella_group_id": ADOPT["umbrella_group_id"]}
    assert made["aws:allowedAccountIds"] == ["345678901234"]


def test_a_first_stack_that_has_not_made_all_of_it_comes_first(
    rollout: Command, project: Path, state: list[Held]
) -> None:
    del state[1:]
    ended = rollout(*NEW)
    assert ended.code == 1
    assert ended.err.splitlines() == [
        (
            "rollout: stack prod has not made all of it yet (okta_app_id, okta_sign_in_app_id, umbrella_group_id): "
            "`pulumi up --stack prod` comes first"
        ),
        "nothing was written",
    ]
    assert not (project / "Pulumi.next.yaml").exists()


def test_an_engine_that_does_not_answer_is_told_and_nothing_is_written(
    rollout: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_: object) -> list[Held]:
        raise CommandError("`pulumi stack export` did not answer within 60 s")

    monkeypatch.setattr(engine, "held", dead)
    ended = rollout(*NEW)
    assert (ended.code, ended.err) == (1, "rollout: `pulumi stack export` did not answer within 60 s\n")
    assert not (project / "Pulumi.next.yaml").exists()


def test_a_cohort_of_a_name_that_the_first_has_is_refused(rollout: Command, project: Path) -> None:
    ended = rollout(*NEW, *answered(project, cohort="pilot"))
    assert ended.code == 1
    assert "Pulumi.next.yaml: cohorts.pilot: stack prod of the same account has a cohort of this name" in ended.err
    assert not (project / "Pulumi.next.yaml").exists()


def test_mistakes_of_the_answers_are_said_at_once(rollout: Command, project: Path) -> None:
    ended = rollout(*NEW, *answered(project, cohort="A B", colour="red", account="12"))
    assert ended.code == 1
    lines = ended.err.splitlines()
    assert len(lines) == 4
    assert lines[-1] == "nothing was written"


def test_a_file_that_is_there_gets_the_block_alone_and_keeps_its_comments(rollout: Command, project: Path) -> None:
    before = (project / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    asked = rollout("init", "--beside", "prod", "--stack", "dev")
    assert (asked.code, (project / "Pulumi.dev.yaml").read_text(encoding="utf-8")) == (1, before), "nobody said yes"
    assert "+  claude-code-rollout:adopt:" in asked.out
    assert rollout("init", "--beside", "prod", "--stack", "dev", "--yes").code == 0
    after = (project / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    assert set(before.splitlines()) <= set(after.splitlines())
    assert config(project, "dev")["claude-code-rollout:adopt"] == ADOPT
    again = rollout("init", "--beside", "prod", "--stack", "dev", "--yes")
    assert (again.code, "adopts all of it already" in again.out) == (0, True)


def test_what_the_second_may_not_have_beside_another_meter_is_said_before_its_file_is_changed(
    rollout: Command, project: Path
) -> None:
    file = project / "Pulumi.dev.yaml"
    text = file.read_text(encoding="utf-8").replace("alert_at: 0.8}", "alert_at: 0.8, anomaly_usd: 50}")
    file.write_text(text, encoding="utf-8")
    ended = rollout("init", "--beside", "prod", "--stack", "dev", "--yes")
    assert ended.code == 1
    assert "Pulumi.dev.yaml: budgets.anomaly_usd: not used under adopt.meter" in ended.err
    assert file.read_text(encoding="utf-8") == text


def test_a_stack_is_not_beside_itself(rollout: Command) -> None:
    assert "is the first stack itself" in rollout("init", "--beside", "prod", "--stack", "prod").err


def test_a_stack_in_the_environment_does_not_turn_init_into_a_second_stack(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("ROLLOUT_STACK", "prod")
    monkeypatch.setattr("sys.argv", ["rollout", "init", "made", "--answers", "missing.yaml"])
    assert main() == 1
    assert "missing.yaml" in capsys.readouterr().err
    assert not (project / "Pulumi.next.yaml").exists()
