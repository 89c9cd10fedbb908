"""What a cohort that stands alone denies, for tests of documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rollout.access.denies import cohort_stop, member_stops
from rollout.access.documents import Document
from rollout.account import Account
from rollout.incidents.cut_record import CohortRecord, Record
from rollout.incidents.cut_rules import advance
from rollout.incidents.named_stops import named_stops
from rollout.model.cohort import Cohort
from rollout.model.models import Model
from rollout.model.organization import Okta, Organization
from rollout.model.rollout import Federation, Rollout

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def rollout_of(cohort: Cohort) -> Rollout:
    """Of this one cohort, `pilot`, unjudged."""
    source = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
    model = Model(source=source, input=1, output=1, cache_read=1, cache_write=1)
    return Rollout(
        organization=Organization(name="acme"),
        okta=Okta(domain="acme.okta.com"),
        models=dict.fromkeys(cohort.models, model),
        cohorts={"pilot": cohort},
        federation=Federation.SAML,
    )


def whole_stop(cohort: Cohort) -> Document:
    """Of the whole role."""
    found = cohort_stop(CohortRecord(level=cohort.level, dead_before=cohort.valid_from()))
    assert found is not None
    return found


def single_stops(
    cohort: Cohort,
    session_names: Mapping[str, str],
    account: Account,
    throttle: Mapping[str, Model],
    profile_arns: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Of single members, on a first update. `session_names`: by e-mail address, as Okta signs them."""
    rollout = rollout_of(cohort)
    known = {email: (name,) for email, name in session_names.items()}
    record = advance(Record(), rollout, known, NOW)
    stops, shards = named_stops(record, rollout, "pilot"), record.cohorts["pilot"].stop_shards
    return [each for each in member_stops(shards, stops, account, throttle, profile_arns) if each]
