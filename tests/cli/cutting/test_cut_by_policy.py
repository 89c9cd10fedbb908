"""`rollout cut` where people sign in by IAM Identity Center: nobody may change its role, so one policy has every Deny."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.live.cut_store import ASKED, VERSIONS, InPolicy
from cli.live.emergency import deny, emergencies, lift, role_state
from cli.terminal.errors import CommandError
from rollout import names
from rollout.access import emergency, managed_cut
from rollout.access.managed_cut import NOBODY
from rollout.iam_limits import MANAGED_CHARACTERS
from tests.cli.conftest import Command
from tests.cli.cutting.conftest import ALICE

BOB = "bob.kim@acme.example"
COHORT = "center"
ROLE = "AWSReservedSSO_claude-code-center_0123456789abcdef"
NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}
DENY: dict[str, Any] = {"Sid": "Suspended", "Effect": "Deny", "Action": ["bedrock:*"], "Resource": "*"}


@pytest.fixture
def center(iam: Any) -> Any:
    """A role as Identity Center makes it, with what its permission set names."""
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}", Path="/aws-reserved/sso.amazonaws.com/")
    stop = {"Version": "2012-10-17", "Statement": [DENY]}
    for name, document in ((names.cut_managed_policy(COHORT), NOBODY), (names.stop_policy(COHORT), stop)):
        made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=ROLE, PolicyArn=made)
    return iam


def arn() -> str:
    return f"arn:aws:iam::123456789012:policy/{names.cut_managed_policy(COHORT)}"


def held(iam: Any) -> Any:
    version = iam.get_policy(PolicyArn=arn())["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn(), VersionId=version)["PolicyVersion"]["Document"]


def whom(iam: Any) -> list[list[str]]:
    return [emergency.named({"Statement": [each]}) for each in held(iam)["Statement"]]


def test_a_person_and_then_everybody_are_denied_by_the_one_policy_and_lifted_one_by_one(center: Any) -> None:
    first = deny(boto3.client, COHORT, ALICE, [ALICE], NOW)
    assert (first.subject, first.names, first.since) == (ALICE, (ALICE,), NOW)
    assert deny(boto3.client, COHORT, ALICE, [ALICE], datetime.now(UTC)).since == NOW
    assert deny(boto3.client, COHORT, ALICE, ["a.chen"], NOW).names == ("a.chen", ALICE)
    deny(boto3.client, COHORT, BOB, [BOB], NOW)
    assert deny(boto3.client, COHORT, None, (), NOW).names == ()
    assert whom(center) == [[], [ALICE, "a.chen"], [BOB]]
    assert len({each["Sid"] for each in held(center)["Statement"]}) == 3
    found = emergencies(boto3.client, COHORT)
    assert [each.subject for each in found] == [None, ALICE, BOB]
    for each in found:
        lift(boto3.client, each)
    assert held(center) == NOBODY
    assert emergencies(boto3.client, COHORT) == []


def test_what_is_in_force_is_read_from_what_is_attached(center: Any) -> None:
    deny(boto3.client, COHORT, ALICE, [ALICE], NOW)
    state = role_state(boto3.client, COHORT)
    assert (state.exists, state.suspended, state.allows, len(state.emergencies)) == (True, True, False, 1)
    center.detach_role_policy(RoleName=ROLE, PolicyArn=arn().replace("-cut", "-stop"))
    assert not role_state(boto3.client, COHORT).suspended
    center.detach_role_policy(RoleName=ROLE, PolicyArn=arn())
    assert not role_state(boto3.client, COHORT).exists


def test_two_who_cut_two_others_at_once_lose_neither(center: Any) -> None:
    """The second began with what it saw before the first wrote."""

    class Late:
        """IAM of somebody between whose look and whose write another one writes."""

        def __init__(self, between: Any) -> None:
            self.between = between

        def __getattr__(self, name: str) -> Any:
            if name == "create_policy_version" and (between := self.between):
                self.between = None
                between()
            return getattr(center, name)

    def other() -> None:
        deny(boto3.client, COHORT, BOB, [BOB], NOW)

    document = emergency.document([ALICE], NOW)
    InPolicy(Late(other), arn()).put(names.cut_policy(ALICE), document)
    assert whom(center) == [[ALICE], [BOB]]


class _Full:
    """IAM as it refuses a document that is too long, which the stand-in does not."""

    def __init__(self, iam: Any) -> None:
        self.iam = iam

    def __getattr__(self, name: str) -> Any:
        return getattr(self.iam, name)

    def create_policy_version(self, **how: Any) -> Any:
        if len(how["PolicyDocument"]) > MANAGED_CHARACTERS:
            said = {"Code": "LimitExceeded", "Message": f"Cannot exceed quota for PolicySize: {MANAGED_CHARACTERS}"}
            raise ClientError({"Error": said}, "CreatePolicyVersion")
        return self.iam.create_policy_version(**how)


class Lagging:
    """IAM whose readers see another's version, and which one is in force, so many questions late; of its own writer
    nothing is late. `writes`: what somebody else does before the first of ours."""

    def __init__(self, iam: Any, lag: int, writes: Any) -> None:
        self.iam, self.lag, self.writes = iam, lag, writes
        self.asked: dict[str, int] = {}
        self.before = iam.get_policy(PolicyArn=arn())
        self.hidden = set[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.iam, name)

    def _is_late(self, what: str) -> bool:
        self.asked[what] = self.asked.get(what, 0) + 1
        return self.asked[what] <= self.lag

    def create_policy_version(self, **how: Any) -> Any:
        if writes := self.writes:
            self.writes = None
            writes()
            self.hidden.add(self.iam.get_policy(PolicyArn=arn())["Policy"]["DefaultVersionId"])
        return self.iam.create_policy_version(**how)

    def get_policy(self, **how: Any) -> Any:
        return self.before if self._is_late("policy") else self.iam.get_policy(**how)

    def get_policy_version(self, **how: Any) -> Any:
        if how["VersionId"] in self.hidden and self._is_late(how["VersionId"]):
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "not yet"}}, "GetPolicyVersion")
        return self.iam.get_policy_version(**how)


def full(service: str, *given: Any, **how: Any) -> Any:
    client: Any = boto3.client(service, *given, **how)  # pyright: ignore[reportUnknownMemberType, reportCallIssue, reportArgumentType]
    return _Full(client) if service == "iam" else client


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("cli.live.cut_store.time.sleep", found.append)
    return found


def test_a_version_that_iam_does_not_show_yet_is_waited_for(center: Any, pauses: list[float]) -> None:
    def other() -> None:
        deny(boto3.client, COHORT, BOB, [BOB], NOW)

    store = InPolicy(Lagging(center, 4, other), arn())
    store.put(names.cut_policy(ALICE), emergency.document([ALICE], NOW))
    assert whom(center) == [[ALICE], [BOB]]
    assert pauses
    # Two who saw the same one, of which this one's own copy is late: nothing of what is in force is written away.
    late = Lagging(center, 3, None)
    late.hidden.add(late.before["Policy"]["DefaultVersionId"])
    InPolicy(late, arn()).put(names.cut_policy("eve"), emergency.document(["eve"], NOW))
    assert whom(center) == [[ALICE], [BOB], ["eve"]]


def test_a_version_that_iam_never_shows_is_told_and_taken_for_no_empty_one(center: Any, pauses: list[float]) -> None:
    def other() -> None:
        deny(boto3.client, COHORT, BOB, [BOB], NOW)

    store = InPolicy(Lagging(center, 99, other), arn())
    with pytest.raises(CommandError, match="whom they cut may be denied no more"):
        store.put(names.cut_policy(ALICE), emergency.document([ALICE], NOW))
    assert whom(center) == [[ALICE]], "what was asked for is in force"
    assert len(pauses) < ASKED


def test_what_was_written_is_success_only_once_it_is_in_force(center: Any, pauses: list[float]) -> None:
    store = InPolicy(Lagging(center, 99, None), arn())
    with pytest.raises(CommandError, match="does not have it in force"):
        store.put(names.cut_policy(ALICE), emergency.document([ALICE], NOW))
    assert len(pauses) == ASKED


def test_more_than_five_changes_keep_the_newest(center: Any) -> None:
    people = [f"person{number}@acme.example" for number in range(VERSIONS + 3)]
    for person in people:
        deny(boto3.client, COHORT, person, [person], NOW)
    assert len(center.list_policy_versions(PolicyArn=arn())["Versions"]) == VERSIONS
    assert whom(center) == [[person] for person in people]


def test_what_somebody_wrote_by_hand_is_kept(center: Any) -> None:
    own = {"Sid": "ByHand", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    center.create_policy_version(
        PolicyArn=arn(),
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [own]}),
        SetAsDefault=True,
    )
    deny(boto3.client, COHORT, ALICE, [ALICE], NOW)
    assert [each["Action"] for each in held(center)["Statement"]] == ["s3:*", "*"]


def test_a_policy_that_is_full_is_said_by_its_own_name_and_everybody_can_be_cut_still(center: Any) -> None:  # noqa: ARG001
    names_of = [[f"person{number}.{'x' * 40}@acme.example"[:64] for number in range(n, n + 50)] for n in (0, 50)]
    deny(boto3.client, COHORT, ALICE, [ALICE, *names_of[0]], NOW)
    with pytest.raises(
        CommandError, match="claude-code-center-cut: this policy has every cut of the cohort"
    ) as refused:
        deny(full, COHORT, BOB, [BOB, *names_of[1]], NOW)
    assert "inline" not in str(refused.value)
    assert deny(full, COHORT, None, (), NOW).names == ()


BEFORE_SEVEN = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-29T07:00:00Z"}}
BY_HAND: list[dict[str, Any]] = [
    {"Sid": "AWSRevokeOlderSessions", "Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": BEFORE_SEVEN},
    {"Sid": "Office", "Effect": "Deny", "NotAction": "sts:*", "Resource": "*"},
    {**emergency.document([ALICE], NOW)["Statement"][0], "Condition": {"StringLike": {"aws:userid": ["AROAX:eve"]}}},
    {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"aws:userid": [f"*:{BOB}"]}}},
    {"Sid": "CutSince20261129T080000ZN1", "Effect": "Deny", "Action": "s3:*", "Resource": "*"},
]


def test_beside_what_is_there_by_hand_a_persons_cut_takes_nothing_of_everybodys(center: Any) -> None:
    deny(boto3.client, COHORT, None, (), NOW)
    both: Any = {"Version": "2012-10-17", "Statement": [*held(center)["Statement"], *BY_HAND]}
    both["Statement"][0] = {**both["Statement"][0], "Sid": "CutSince20261129T080000ZN7"}
    center.create_policy_version(PolicyArn=arn(), PolicyDocument=json.dumps(both), SetAsDefault=True)
    assert [each.names for each in emergencies(boto3.client, COHORT)] == [()]
    deny(boto3.client, COHORT, BOB, [BOB], NOW)
    assert [each.subject for each in emergencies(boto3.client, COHORT)] == [None, BOB]
    assert [each for each in held(center)["Statement"] if each in BY_HAND] == BY_HAND
    sids = [each["Sid"] for each in held(center)["Statement"] if "Sid" in each]
    assert len(sids) == len(set(sids))
    state = role_state(boto3.client, COHORT)
    assert state.cut
    assert state.older_sessions_before == datetime(2026, 11, 29, 7, tzinfo=UTC)
    assert "statement AWSRevokeOlderSessions" in state.others
    for each in emergencies(boto3.client, COHORT):
        lift(boto3.client, each)
    assert held(center)["Statement"] == BY_HAND


def test_of_two_who_wrote_at_once_nothing_by_hand_is_lost_either() -> None:
    one = {"Version": "2012-10-17", "Statement": [BY_HAND[0], {"Sid": "Cut", **DENY_ALL}]}
    other = {"Version": "2012-10-17", "Statement": [{**BY_HAND[1], "Sid": "AWSRevokeOlderSessions"}, BY_HAND[3]]}
    found = managed_cut.united(one, managed_cut.with_part(other, names.cut_policy(BOB), emergency.document([BOB], NOW)))
    unnamed = {key: value for key, value in BY_HAND[1].items() if key != "Sid"}
    assert found["Statement"][:3] == [BY_HAND[0], unnamed, BY_HAND[3]]
    assert [emergency.sessions(each) for each in found["Statement"][3:]] == [(), (BOB,)]


def test_two_of_ours_for_the_same_are_one_that_denies_what_both_did() -> None:
    everybody, alice = {"Sid": "Cut", **DENY_ALL}, emergency.document([ALICE], NOW)["Statement"][0]
    more = {**alice, "Condition": {"StringLike": {"aws:userid": [f"*:{ALICE}", "*:a.chen"]}}, "Sid": "CutN9"}
    found = managed_cut.parts({"Statement": [{**everybody, "Sid": "CutN1"}, everybody, alice, more]})
    assert list(found) == [names.cut_policy(None), names.cut_policy(ALICE)]
    read = emergency.read(names.cut_policy(ALICE), found[names.cut_policy(ALICE)])
    assert read == emergency.Cut(names=("a.chen", ALICE), since=NOW)


def test_the_command_says_what_is_in_force(rollout: Command, center: Any) -> None:  # noqa: ARG001
    ended = rollout("cut", COHORT)
    assert ended.code == 0, ended.err
    assert "denies everybody everything" in ended.out
    assert rollout("cut", "nowhere").code != 0


def test_parts_and_the_whole_are_each_others_inverse() -> None:
    parts = {
        names.cut_policy(None): emergency.document(None, NOW),
        names.cut_policy(ALICE): emergency.document([ALICE], NOW),
    }
    whole: Any = NOBODY
    for policy, part in parts.items():
        whole = managed_cut.with_part(whole, policy, part)
    assert {policy: emergency.read(policy, part) for policy, part in managed_cut.parts(whole).items()} == {
        policy: emergency.read(policy, part) for policy, part in parts.items()
    }
    assert managed_cut.without_part(managed_cut.without_part(whole, "cut"), names.cut_policy(ALICE)) == NOBODY
