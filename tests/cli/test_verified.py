"""`verified` means what was asked: the file is read again, IAM is asked for the very Deny, and what is not so is said."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from cli.live.emergency import RoleState, deny, role_state
from rollout import names
from tests.cli.conftest import Command
from tests.stacks import PROJECT

HIRO = "hiro.tanaka@acme.example"
INCIDENT = ("--incident", "INC-7", "--reason", "A key was committed", "--yes")
SUSPEND = ("set-level", "-s", "dev", "trial", "suspended", *INCIDENT)
# Brings the trial cohort's own stop to what the stack file says, then does what the test says that somebody did.
ENGINE = """#!{python}
import json, os, re, subprocess, sys
import boto3
words = sys.argv[1:]
if words[0] == "stack":
    sys.exit(3)
if words[0] == "preview":
    print(os.environ.get("PREVIEWED") or json.dumps({{"summaryEvent": {{}}}}))
    sys.exit()
iam, role, stop = boto3.client("iam"), "claude-code-trial", {{"Effect": "Deny", "Action": ["bedrock:*"], "Resource": "*"}}
text = open("Pulumi.dev.yaml").read()
if "level: suspended" in text and not os.environ.get("FORGETS_STOP"):
    document = json.dumps({{"Version": "2012-10-17", "Statement": [stop]}})
    iam.put_role_policy(RoleName=role, PolicyName="stop", PolicyDocument=document)
elif "level: suspended" not in text:
    if "stop" in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName="stop")
    iam.put_role_policy(RoleName=role, PolicyName="invoke", PolicyDocument=json.dumps({{"Version": "2012-10-17",
        "Statement": [{{"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "arn:aws:bedrock:*:*:x/y"}}]}}))
if os.environ.get("MEANWHILE"):
    subprocess.run(["sh", "-c", os.environ["MEANWHILE"]], check=True)
sys.exit(int(os.environ.get("ENDS", "0")))
"""
# What somebody else types at that moment.
CUT = (
    "import boto3, datetime; from cli.live.emergency import deny; "
    "deny(boto3.client, 'trial', None, (), datetime.datetime.now(datetime.UTC))"
)


@dataclass(frozen=True)
class Aws:
    url: str

    def __call__(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1")

    @property
    def state(self) -> RoleState:
        return role_state(self, "trial")


@pytest.fixture
def aws(tmp_path: Path, no_aws: None, monkeypatch: pytest.MonkeyPatch) -> Generator[Aws]:  # noqa: ARG001
    """An account in which the trial cohort has a role, and an engine that knows it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    found = Aws(f"http://{host}:{port}")
    boto3.client("s3", endpoint_url=found.url)  # the loader is warm before a test begins
    iam = found("iam")
    iam.create_role(RoleName=names.role("trial"), AssumeRolePolicyDocument="{}")
    engine = tmp_path / "bin" / "pulumi"
    engine.parent.mkdir()
    engine.write_text(ENGINE.format(python=sys.executable), encoding="utf-8")
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{engine.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("cli.commands.level_change.PAUSE_SECONDS", 0)
    try:
        yield found
    finally:
        for policy in iam.list_role_policies(RoleName=names.role("trial"))["PolicyNames"]:
            iam.delete_role_policy(RoleName=names.role("trial"), PolicyName=policy)
        iam.delete_role(RoleName=names.role("trial"))
        server.stop()


def test_a_suspension_is_verified_by_the_very_deny_and_leaves_no_emergency_one(aws: Aws, rollout: Command) -> None:
    ended = rollout(*SUSPEND)
    assert ended.code == 0, ended.out + ended.err
    assert "verified: " in ended.out
    assert "in force in IAM: everything on Bedrock is denied to cohort trial since " in ended.out
    assert (aws.state.suspended, aws.state.emergencies) == (True, ())


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        ("sed -i 's/level: suspended/level: active/' Pulumi.dev.yaml", "it says active of trial now, not suspended"),
        ("echo '# theirs' >> Pulumi.dev.yaml", "somebody changed it while the update ran, which may have read either"),
        ("echo '\\tconfig: 1' > Pulumi.dev.yaml", "Pulumi.dev.yaml: cannot be judged any more"),
    ],
)
def test_a_file_that_somebody_changed_meanwhile_is_never_verified_and_the_emergency_deny_stays(
    aws: Aws, rollout: Command, monkeypatch: pytest.MonkeyPatch, meanwhile: str, said: str
) -> None:
    monkeypatch.setenv("MEANWHILE", meanwhile)
    ended = rollout(*SUSPEND)
    assert ended.code == 3, ended.out + ended.err
    assert "verified" not in ended.out
    assert said in ended.out
    assert "in force in IAM: everything on Bedrock is denied to cohort trial since " in ended.out
    assert aws.state.cut


def test_an_update_that_forgot_the_deny_is_not_verified_and_the_emergency_deny_stays(
    aws: Aws, rollout: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORGETS_STOP", "1")
    ended = rollout(*SUSPEND)
    assert ended.code == 3
    assert "not: IAM: by the emergency Deny alone, not yet by the stack file's own" in ended.out
    assert aws.state.cut
    monkeypatch.delenv("FORGETS_STOP")
    assert rollout("set-level", "-s", "dev", "trial", "suspended", "--yes").code == 0
    assert (aws.state.suspended, aws.state.cut) == (True, None)


@pytest.mark.usefixtures("aws")
def test_an_update_that_failed_says_what_is_in_force_and_what_is_not(
    rollout: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = {"op": "update", "type": "okta:index/groupMemberships:GroupMemberships", "urn": "a::b::c::trial-group"}
    events = [{"resourcePreEvent": {"metadata": metadata}}, {"summaryEvent": {}}]
    monkeypatch.setenv("PREVIEWED", "\n".join(map(json.dumps, events)))
    monkeypatch.setenv("ENDS", "255")
    ended = rollout(*SUSPEND)
    assert ended.code == 3
    for line in (
        "in force in IAM: everything on Bedrock is denied to cohort trial since ",
        "not: the update: it ended with an error (exit code 255), which it printed above",
        "not: Okta: the group of cohort trial is not as suspended has it",
        "not done: update GroupMemberships trial-group",
        "next: run the same command again",
    ):
        assert line in ended.out
    assert "so nothing gives access back" not in ended.out


def test_where_aws_refuses_the_deny_it_is_said_loudly_and_the_update_goes_on(
    aws: Aws, rollout: Command, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:9")
    ended = rollout(*SUSPEND)
    assert ended.code == 3
    assert ended.out.startswith("NOT in force in IAM: AWS cannot be asked: ")
    assert "going on with the update, which puts the stack file's own Deny" in ended.out
    assert "not known: IAM: AWS cannot be asked: " in ended.out
    assert "level: suspended" in (project / "Pulumi.dev.yaml").read_text(encoding="utf-8")


def test_a_file_with_a_mistake_keeps_nobody_from_the_deny(aws: Aws, rollout: Command, project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("models: [", "modells: ["), encoding="utf-8")
    ended = rollout(*SUSPEND)
    assert ended.code == 1
    assert ended.out.startswith("in force in IAM since ")
    assert "everything is denied to cohort trial, and stays denied" in ended.out
    assert "to give access back: `rollout set-level -s dev trial active`" in ended.out
    assert aws.state.cut


def test_a_resume_lifts_what_was_cut_and_not_what_is_cut_meanwhile(
    aws: Aws, rollout: Command, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    deny(aws, "trial", None, (), datetime.now(UTC))
    assert rollout("set-level", "-s", "dev", "trial", "active", "--yes").code == 0
    assert aws.state.emergencies == ()
    assert "sessions_valid_from" in (project / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.setenv("MEANWHILE", f'{sys.executable} -c "{CUT}"')
    ended = rollout("set-level", "-s", "dev", "trial", "active", "--yes")
    assert ended.code == 3
    assert "not: IAM: everything is still denied to cohort trial, by a cut since this began" in ended.out
    assert aws.state.cut


@pytest.mark.parametrize("options", [(), ("--member", HIRO)])
def test_a_persons_cohort_is_found(
    aws: Aws, rollout: Command, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FORGETS_STOP", "1")
    who = "trial" if options else HIRO.title()
    ended = rollout("set-level", "-s", "dev", who, "suspended", *options, *INCIDENT)
    assert f"everything is denied to {HIRO}" in ended.out
    assert (f"{HIRO} is in trial\n" in ended.out) is (not options)
    assert [each.subject for each in aws.state.emergencies] == [HIRO]


def test_somebody_in_another_cohort_is_refused_with_that_cohort_and_nobody_is_proposed(
    rollout: Command, project: Path
) -> None:
    before = (project / "Pulumi.prod.yaml").read_bytes()
    ended = rollout("set-level", "-s", "prod", "wave2", "suspended", "--member", "alice.chen@acme.example", *INCIDENT)
    assert (ended.code, ended.err) == (
        1,
        "rollout: alice.chen@acme.example is in pilot, not in wave2; nothing was changed\n",
    )
    assert (project / "Pulumi.prod.yaml").read_bytes() == before


def test_whoever_gets_access_back_is_denied_on_no_other_cohorts_role_either(
    aws: Aws, rollout: Command, project: Path
) -> None:
    """`rollout cut` denies a person on each role that they may have; a Deny left on one would be met after a move."""
    file = project / "Pulumi.dev.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}    other:\n      level: active\n      models: [haiku]\n", encoding="utf-8")
    other = names.role("other")
    aws("iam").create_role(RoleName=other, AssumeRolePolicyDocument="{}")
    try:
        for cohort in ("trial", "other"):
            deny(aws, cohort, HIRO, [HIRO], datetime.now(UTC))
        deny(aws, "other", "grace.liu@acme.example", ["grace.liu@acme.example"], datetime.now(UTC))
        ended = rollout("set-level", "-s", "dev", HIRO, "active", "--yes")
        assert ended.code == 0, ended.out + ended.err
        assert aws.state.emergencies == ()
        assert [each.subject for each in role_state(aws, "other").emergencies] == ["grace.liu@acme.example"]
    finally:
        for policy in aws("iam").list_role_policies(RoleName=other)["PolicyNames"]:
            aws("iam").delete_role_policy(RoleName=other, PolicyName=policy)
        aws("iam").delete_role(RoleName=other)


def test_a_resume_says_whose_access_has_ended_meanwhile_and_that_no_level_gives_it_back(
    aws: Aws, rollout: Command
) -> None:
    assert rollout(*SUSPEND).code == 0
    assert rollout("set-until", "-s", "dev", "trial", "2026-01-31", "--yes").code == 0
    ended = rollout("set-level", "-s", "dev", "trial", "active", "--yes")
    assert "IAM: access of cohort trial ended 2026-02-01 00:00:00 UTC, by `until`" in ended.out
    assert "may invoke what active leaves" not in ended.out
    assert aws.state.allows
