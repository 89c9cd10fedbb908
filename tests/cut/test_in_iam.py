"""The emergency Deny on a role: put, read back, grown, lifted, by AWS alone (moto)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.live import aws
from cli.live.emergency import Emergency, NoRoleError, deny, emergencies, lift, role_state
from cli.terminal.errors import CommandError
from rollout import names
from rollout.access import emergency

AT = datetime(2026, 11, 28, 3, 12, 9, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
ALICE, BOB = "alice.chen@acme.example", "bob@acme.example"
STOP = {"Sid": "Suspended", "Effect": "Deny", "Action": ["bedrock:*", "bedrock-mantle:*"], "Resource": "*"}
OLDER = {
    "Sid": "SessionsFromBefore",
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-28T03:00:00Z"}},
}


@pytest.fixture
def clients(moto_aws: None) -> aws.Clients:  # noqa: ARG001  nothing else is in reach
    made = aws.clients({"aws:region": "us-east-1"})
    made("iam").create_role(RoleName="claude-code-pilot", AssumeRolePolicyDocument="{}")
    return made


def put(clients: aws.Clients, policy: str, *statements: Any) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    clients("iam").put_role_policy(RoleName="claude-code-pilot", PolicyName=policy, PolicyDocument=document)


def held(clients: aws.Clients, policy: str) -> Any:
    return clients("iam").get_role_policy(RoleName="claude-code-pilot", PolicyName=policy)["PolicyDocument"]


def refusing(operation: str, code: str) -> Callable[[str], Any]:
    class Iam:
        def __init__(self) -> None:
            self._iam = boto3.client("iam", region_name="us-east-1")

        def __getattr__(self, name: str) -> Any:
            if name != operation:
                return getattr(self._iam, name)

            def refuse(**_: Any) -> Any:
                raise ClientError({"Error": {"Code": code, "Message": "no"}}, "PutRolePolicy")

            return refuse

    iam = Iam()
    return lambda _: iam


def test_a_cohort_is_denied_everything_and_the_second_time_keeps_the_first_time(clients: aws.Clients) -> None:
    found = deny(clients, "pilot", None, (), AT)
    assert found == Emergency(cohort="pilot", subject=None, names=(), since=AT, policy="cut")
    assert held(clients, "cut") == emergency.document(None, AT)
    assert deny(clients, "pilot", None, (), LATER) == found
    assert emergencies(clients, "pilot") == [found]


def test_a_persons_deny_grows_and_never_shrinks(clients: aws.Clients) -> None:
    assert deny(clients, "pilot", ALICE, [ALICE], AT).names == (ALICE,)
    assert deny(clients, "pilot", ALICE, ["achen", "*"], LATER).names == ("achen", ALICE)
    found = deny(clients, "pilot", ALICE, [ALICE], LATER)
    assert (found.names, found.since) == (("achen", ALICE), AT)
    assert held(clients, names.cut_policy(ALICE)) == emergency.document(["achen", ALICE], AT)


def test_two_operators_who_cut_two_people_do_not_undo_each_other(clients: aws.Clients) -> None:
    deny(clients, "pilot", ALICE, [ALICE], AT)
    deny(clients, "pilot", BOB, [BOB], AT)
    deny(clients, "pilot", None, (), AT)
    assert [each.subject for each in emergencies(clients, "pilot")] == [None, ALICE, BOB]


def test_one_that_was_narrowed_by_hand_is_made_whole_and_loses_nobody(clients: aws.Clients) -> None:
    statement = emergency.document([ALICE, "achen"], AT)["Statement"][0]
    put(clients, names.cut_policy(ALICE), {**statement, "Action": "bedrock:InvokeModel"})
    assert emergencies(clients, "pilot") == []
    assert role_state(clients, "pilot").others == (names.cut_policy(ALICE),)
    assert deny(clients, "pilot", ALICE, [ALICE], LATER).names == ("achen", ALICE)
    put(clients, "cut", statement)
    assert deny(clients, "pilot", None, (), LATER).names == ()
    assert "Condition" not in held(clients, "cut")["Statement"][0]


def test_a_persons_deny_that_denies_everybody_is_not_made_smaller(clients: aws.Clients) -> None:
    put(clients, names.cut_policy(ALICE), emergency.document(None, AT)["Statement"][0])
    deny(clients, "pilot", ALICE, [ALICE], LATER)
    assert "Condition" not in held(clients, names.cut_policy(ALICE))["Statement"][0]


def test_a_cohort_without_a_role_is_said_and_has_no_emergencies(clients: aws.Clients) -> None:
    for subject in (None, ALICE):
        with pytest.raises(NoRoleError, match="there is no role claude-code-wave2 in the account"):
            deny(clients, "wave2", subject, [ALICE], AT)
    assert emergencies(clients, "wave2") == []
    assert not role_state(clients, "wave2").exists


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDenied", "AWS refuses these credentials iam:PutRolePolicy"),
        ("LimitExceeded", "`rollout cut pilot` cuts everybody of it"),
        ("ExpiredToken", "sign in to AWS again"),
        ("ServiceFailure", "PutRolePolicy: ServiceFailure"),
    ],
)
def test_what_aws_refuses_is_said_in_plain_words(clients: aws.Clients, code: str, said: str) -> None:
    del clients
    with pytest.raises(CommandError, match=said):
        deny(refusing("put_role_policy", code), "pilot", ALICE, [ALICE], AT)


def test_a_role_without_room_denies_everybody_by_a_policy_that_it_has(clients: aws.Clients) -> None:
    deny(clients, "pilot", ALICE, [ALICE], AT)
    deny(clients, "pilot", BOB, [BOB], AT)
    real = clients("iam")

    class Full:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def put_role_policy(self, **given: Any) -> Any:
            if given["PolicyName"] == "cut":
                raise ClientError({"Error": {"Code": "LimitExceeded", "Message": "no"}}, "PutRolePolicy")
            return real.put_role_policy(**given)

    full = Full()
    found = deny(lambda _: full, "pilot", None, (), LATER)
    assert (found.names, found.since, found.policy) == ((), LATER, names.cut_policy(ALICE))
    assert deny(lambda _: full, "pilot", None, (), LATER + timedelta(minutes=1)) == found
    assert role_state(clients, "pilot").cut == found
    assert held(clients, names.cut_policy(BOB)) == emergency.document([BOB], AT)


def test_a_deny_that_iam_does_not_show_is_not_said_to_be_in_force(
    clients: aws.Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    del clients
    monkeypatch.setattr("cli.live.emergency.PAUSE_SECONDS", 0)
    with pytest.raises(CommandError, match="IAM took the policy cut and does not show it"):
        deny(refusing("get_role_policy", "NoSuchEntity"), "pilot", None, (), AT)


def test_what_is_lifted_is_gone_and_may_be_lifted_again(clients: aws.Clients) -> None:
    found = deny(clients, "pilot", ALICE, [ALICE], AT)
    other = deny(clients, "pilot", BOB, [BOB], AT)
    lift(clients, found)
    lift(clients, found)
    assert emergencies(clients, "pilot") == [other]


def test_what_is_in_force_is_what_iam_says(clients: aws.Clients) -> None:
    assert role_state(clients, "pilot").exists
    assert not role_state(clients, "pilot").allows
    put(clients, "invoke", {"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"})
    put(clients, "stop", OLDER)
    found = role_state(clients, "pilot")
    assert (found.allows, found.suspended, found.cut) == (True, False, None)
    assert found.older_sessions_before == datetime(2026, 11, 28, 3, tzinfo=UTC)
    put(clients, "stop", STOP, OLDER)
    put(clients, "AWSRevokeOlderSessions", {**OLDER, "Action": ["*"], "Resource": ["*"]})
    deny(clients, "pilot", None, (), AT)
    found = role_state(clients, "pilot")
    assert (found.suspended, found.cut is not None, found.others) == (True, True, ("AWSRevokeOlderSessions",))


def test_single_members_stopped_by_the_file_are_read_from_the_version_in_force(clients: aws.Clients) -> None:
    iam = clients("iam")

    def document(*statements: Any) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

    stopped = {**emergency.document([ALICE], None)["Statement"][0], "Sid": "MemberSuspended"}
    throttled = {**stopped, "Action": "bedrock:InvokeModel"}
    resumed = {**stopped, "Sid": "SessionsFromBefore", "Condition": {**stopped["Condition"], **OLDER["Condition"]}}  # type: ignore[dict-item]
    arn = iam.create_policy(PolicyName="claude-code-pilot-stop-1", PolicyDocument=document(throttled))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="claude-code-pilot", PolicyArn=arn)
    other = iam.create_policy(PolicyName="claude-code-pilot-quota-1", PolicyDocument=document(stopped))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="claude-code-pilot", PolicyArn=other)
    assert role_state(clients, "pilot").denied_names == frozenset()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(resumed, stopped), SetAsDefault=True)
    assert role_state(clients, "pilot").denied_names == {ALICE}
