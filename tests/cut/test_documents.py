"""The emergency Deny as data: what is put says by itself who is denied, and since when."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout import names
from rollout.access import emergency

AT = datetime(2026, 11, 28, 3, 12, 9, tzinfo=UTC)
ALICE, BOB = "alice.chen@acme.example", "bob@acme.example"
SESSIONS = st.from_regex(names.SESSION, fullmatch=True)


@given(st.lists(SESSIONS, min_size=1, max_size=5))
def test_what_is_put_is_read_back(session_names: list[str]) -> None:
    found = emergency.read(names.cut_policy(session_names[0]), emergency.document(session_names, AT))
    assert found == emergency.Cut(names=tuple(sorted(set(session_names))), since=AT)


@given(SESSIONS)
def test_a_persons_policy_has_a_name_that_iam_takes_and_says_whose_it_is(session_name: str) -> None:
    policy = names.cut_policy(session_name)
    assert re.fullmatch(r"[\w+=,.@-]{1,128}", policy, re.ASCII)  # IAM API reference, PutRolePolicy
    assert names.cut_subject(policy) == session_name.lower()
    assert names.is_cut_policy(policy)


def test_everybodys_has_no_condition_and_a_sid_of_letters_and_digits() -> None:
    document = emergency.document(None, AT)
    [statement] = document["Statement"]
    assert statement == {"Sid": "CutSince20261128T031209Z", "Effect": "Deny", "Action": "*", "Resource": "*"}
    assert emergency.read("cut", document) == emergency.Cut(names=(), since=AT)


def test_one_put_by_hand_without_a_time_is_known_too() -> None:
    assert emergency.read("cut", emergency.document(None, None)) == emergency.Cut(names=(), since=None)


def test_a_persons_deny_is_never_everybodys_by_an_oversight() -> None:
    for wrong in ([], ["*"], ["alice?"], ["${aws:username}"], [ALICE, "x" * 65]):
        with pytest.raises(ValueError, match="no names of sessions"):
            emergency.document(wrong, AT)


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Allow"},
        {"Action": "s3:*"},
        {"Resource": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x"},
        {"Condition": {"StringLike": {"aws:userid": "*:bob@acme.example"}}},
        {"Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-28T00:00:00Z"}}},
        {"NotAction": "s3:*"},
    ],
)
def test_nothing_is_claimed_of_everybodys_policy_once_somebody_has_changed_it(change: dict[str, Any]) -> None:
    document = emergency.document(None, AT)
    document["Statement"][0] |= change
    assert emergency.read("cut", document) is None


def test_a_deny_only_grows_and_takes_no_wildcard() -> None:
    assert emergency.grown([ALICE], [BOB, "*", "bob?", "x" * 65]) == (ALICE, BOB)


def test_a_name_is_denied_as_typed_and_in_lower_case() -> None:
    assert emergency.spellings(" Alice.Chen@Acme.example ") == ["Alice.Chen@Acme.example", "alice.chen@acme.example"]
    assert emergency.spellings(ALICE) == [ALICE]
    assert emergency.spellings("ali*ce@acme.example") == []
