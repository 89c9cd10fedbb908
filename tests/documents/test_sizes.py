"""Whatever the stack file says, what goes on a role is no larger than IAM takes (IAM user guide, quotas)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.access.denies import cohort_stop
from rollout.access.documents import boundary, invoke_policy
from rollout.access.emergency import document as cut_document
from rollout.access.sizes import inline_characters
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.incidents.cut_rules import MAX_STOPPED, MOST_STOPS, advance
from rollout.incidents.name_shards import sticky
from rollout.levels import Level
from rollout.model.cohort import Cohort, Incident, Member
from rollout.model.errors import StackFileError
from rollout.model.models import Model
from rollout.stack_file.load import load
from tests import stacks
from tests.cut_documents import rollout_of, single_stops, whole_stop

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INCIDENT = Incident(id="INC-7", since=datetime(2026, 11, 23, 11, tzinfo=UTC), reason="key in a commit")
GOV = Account("111122223333", "us-gov-west-1")
MANAGED_CHARACTERS, INLINE_CHARACTERS, MANAGED_PER_ROLE = 6144, 10_240, 10
LONGEST_SOURCE = "global.anthropic.claude-" + "x" * 100
OWN = (
    {"level": Level.SUSPENDED, "incident": INCIDENT},
    {"level": Level.THROTTLED, "incident": INCIDENT},
    {"level": Level.THROTTLED, "incident": INCIDENT, "sessions_valid_from": INCIDENT.since},
    {"sessions_valid_from": INCIDENT.since},
)


def characters(document: Any) -> int:
    return len(re.sub(r"\s", "", json.dumps(document)))


def model(source: str) -> Model:
    return Model(source=source, input=1, output=1, cache_read=1, cache_write=1)


def profile_arn(label: str) -> str:
    return GOV.bedrock(f"application-inference-profile/{label:a>12}")


def stops(own: list[dict[str, Any]], logins: list[str], addresses: list[str] | None = None) -> list[dict[str, Any]]:
    """The documents for members with these levels of their own and these logins; the same number without any ARN."""
    emails = addresses or [f"p{number}@acme.example" for number in range(len(own))]
    members = {email: Member(name="x", team="t", **given) for email, given in zip(emails, own, strict=True)}
    cohort = Cohort(level=Level.ACTIVE, models=("haiku",), members=members)
    sessions, throttle = dict(zip(emails, logins, strict=True)), {"haiku": model(LONGEST_SOURCE)}
    made = single_stops(cohort, sessions, GOV, throttle, {"haiku": profile_arn("haiku")})
    assert len(made) == len(single_stops(cohort, sessions, GOV, throttle, {"haiku": ""}))
    return made


def denied(documents: list[dict[str, Any]], sid: str) -> set[str]:
    statements = [statement for document in documents for statement in document["Statement"]]
    named = [s["Condition"]["StringLike"]["aws:userid"] for s in statements if s["Sid"] == sid]
    return {name.removeprefix("*:") for names in named for name in names}


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_two_hundred_stops_with_the_longest_addresses_fit_on_a_role(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(OWN), min_size=1, max_size=len(OWN)))
    own = [kinds[number % len(kinds)] for number in range(MAX_STOPPED)]
    lengths = data.draw(st.lists(st.sampled_from([20, 40, 64]), min_size=1, max_size=7))
    emails = [f"{number:a>{lengths[number % len(lengths)] - 13}}@acme.example" for number in range(MAX_STOPPED)]
    documents = stops(own, emails, emails)
    assert len(documents) <= MOST_STOPS
    assert max(map(characters, documents)) <= MANAGED_CHARACTERS
    who = list(zip(emails, own, strict=True))
    assert denied(documents, "MemberSuspended") == {e for e, one in who if one.get("level") is Level.SUSPENDED}
    assert denied(documents, "MemberThrottled") == {e for e, one in who if one.get("level") is Level.THROTTLED}
    assert denied(documents, "SessionsFromBefore") == {
        e for e, one in who if "sessions_valid_from" in one and one.get("level") is not Level.SUSPENDED
    }


def test_more_names_than_a_role_can_hold_stop_the_sessions_of_everybody_or_everybody() -> None:
    emails = [f"{number:a>51}@acme.example" for number in range(MAX_STOPPED)]
    logins = {
        email: (f"{number:b>51}@acme.example", f"{number:c>51}@acme.example") for number, email in enumerate(emails)
    }
    cases: list[tuple[dict[str, Any], bool]] = [(OWN[3], False), (OWN[0], True)]
    for own, overfull in cases:
        members = {email: Member(name="x", team="t", **own) for email in emails}
        rollout = rollout_of(Cohort(level=Level.ACTIVE, models=("haiku",), members=members))
        found = advance(Record(), rollout, logins, NOW).cohorts["pilot"]
        assert (found.stop_shards, found.overfull) == ((), overfull)
        stop = cohort_stop(found)
        assert stop is not None
        assert [s["Sid"] for s in stop["Statement"]] == (["Suspended"] if overfull else ["SessionsFromBefore"])


@given(st.lists(st.frozensets(st.integers(0, 60), max_size=60), min_size=2, max_size=5))
def test_a_name_that_stays_stopped_never_leaves_the_policy_that_holds_it(stopped: list[frozenset[int]]) -> None:
    shards: tuple[tuple[str, ...], ...] = ()
    for now in stopped:
        after = sticky(shards, sorted(f"person{n}@acme.example" for n in now), 300)
        for place, shard in enumerate(shards):
            for name in shard:
                assert name not in {f"person{n}@acme.example" for n in now} or name in after[place]
        assert sorted(name for shard in after for name in shard) == sorted(f"person{n}@acme.example" for n in now)
        shards = after


@pytest.mark.parametrize(
    "login", ["*", "*@acme.example", "${aws:username}", "a?@acme.example", "x" * 65, "a", "ü@x.de"]
)
def test_a_login_that_no_session_can_be_called_by_stops_nobody_else(login: str) -> None:
    assert denied(stops([OWN[0]], [login]), "MemberSuspended") == {"p0@acme.example"}


def twenty_models(name: str) -> dict[str, Any]:
    document = stacks.small()
    labels = ["haiku", *(f"m{number}" for number in range(19))]
    source = f"global.anthropic.{name}"
    document["models"] = {label: {**document["models"]["haiku"], "source": f"{source}-{label:x>5}"} for label in labels}
    document["cohorts"]["pilot"]["models"] = labels
    return document


def test_twenty_models_with_names_of_today_fit_in_any_region_with_a_stop_beside_them() -> None:
    rollout = load(stacks.config(twenty_models("claude-haiku-4-5-20251001-v1:0")), stacks.COMPANY, NOW)
    policy = invoke_policy(GOV, rollout.models, {label: profile_arn(label) for label in rollout.models}, metered=True)
    stop = whole_stop(Cohort(level=Level.SUSPENDED, models=("haiku",), sessions_valid_from=INCIDENT.since))
    assert 7_500 < characters(policy) + characters(stop) <= INLINE_CHARACTERS


def test_a_cohort_with_twenty_models_and_a_stop_has_room_for_a_cut_of_everybody_and_of_four_persons() -> None:
    rollout = load(stacks.config(twenty_models("claude-haiku-4-5-20251001-v1:0")), stacks.COMPANY, NOW)
    policy = invoke_policy(GOV, rollout.models, {label: profile_arn(label) for label in rollout.models}, metered=True)
    stop = whole_stop(Cohort(level=Level.SUSPENDED, models=("haiku",), sessions_valid_from=INCIDENT.since))
    person = cut_document([letter * 64 for letter in "abc"] + ["0" * 20], NOW)
    used = characters(policy) + characters(stop) + characters(cut_document(None, NOW)) + 4 * characters(person)
    assert used <= inline_characters(rollout.models) <= INLINE_CHARACTERS


def test_twenty_models_with_the_longest_names_are_refused_with_their_size() -> None:
    with pytest.raises(StackFileError) as caught:
        load(stacks.config(twenty_models("claude-" + "x" * 90)), stacks.COMPANY, NOW)
    assert caught.value.lines == [
        (
            "cohorts.pilot.models: 20 models with names this long make an IAM policy of up to 12893 characters; "
            "IAM takes 10240 on a role: name fewer"
        )
    ]


def test_a_boundary_names_each_model_in_full_unless_only_patterns_fit() -> None:
    whole = load(stacks.config(twenty_models("claude-haiku-4-5-20251001-v1:0")), stacks.COMPANY, NOW)

    def named(models: dict[str, Model]) -> list[str]:
        made = boundary(GOV, models, {label: profile_arn(label) for label in models}, metered=True)
        assert characters(made) <= MANAGED_CHARACTERS
        return made["Statement"][1]["Resource"]

    few = dict(list(whole.models.items())[:5])
    assert [arn for arn in named(few) if arn.endswith("*")] == []
    assert [arn for arn in named(dict(whole.models)) if arn.endswith("*")] == [
        "arn:aws-us-gov:bedrock:::foundation-model/anthropic.*"
    ]
