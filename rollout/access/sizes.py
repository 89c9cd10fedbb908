"""How large the policies of a role can become, as IAM counts: without white space (IAM user guide, quotas)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from rollout.access.denies import cohort_stop
from rollout.access.documents import boundary, invoke_policy
from rollout.access.emergency import document as cut_document
from rollout.access.federation import machine
from rollout.account import Account
from rollout.iam_limits import characters
from rollout.incidents.cut_record import CohortRecord
from rollout.levels import Level
from rollout.model.cohort import Machine
from rollout.model.models import Model

# The account and region are not known when the stack file is judged: the ones with the longest ARNs.
LONGEST = Account("0" * 12, "us-gov-west-1")
LONGEST_PROFILE = LONGEST.bedrock(f"application-inference-profile/{'0' * 12}")
# Room that is kept for `rollout cut`: of everybody, and of so many single persons, each by the longest address, login,
# another spelling, and an Okta user id (20 characters).
CUT_PERSONS = 4
CUT_NAMES = ("a" * 64, "b" * 64, "c" * 64, "0" * 20)


def inline_characters(models: Mapping[str, Model]) -> int:
    """Of a cohort with these models, at most: what it may invoke and report, the stop that any incident may add, and
    what `rollout cut` may."""
    stop = cohort_stop(CohortRecord(level=Level.SUSPENDED, dead_before=datetime(2026, 1, 1, tzinfo=UTC)))
    return invoke_characters(models) + characters(stop) + cut_characters()


def invoke_characters(models: Mapping[str, Model]) -> int:
    """Of what a cohort with these models may invoke and report."""
    return characters(invoke_policy(LONGEST, models, dict.fromkeys(models, LONGEST_PROFILE), metered=True))


def cut_characters() -> int:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return characters(cut_document(None, at)) + CUT_PERSONS * characters(cut_document(CUT_NAMES, at))


def boundary_characters(models: Mapping[str, Model]) -> int:
    return characters(boundary(LONGEST, models, dict.fromkeys(models, LONGEST_PROFILE), metered=True))


def trust_characters(machines: Mapping[str, Machine]) -> int:
    """Of the trust policy of a cohort of machines, in the account with the longest ARNs."""
    statements = [machine(LONGEST, name, each) for name, each in machines.items()]
    return characters({"Version": "2012-10-17", "Statement": statements})
