"""Sessions of real sign-ins in a sandbox, and what each may do: asked twice, of two judges who must agree.

One is the sandbox's Bedrock, called with the session. The other is an IAM evaluator that others wrote, given the
documents that IAM holds at that moment: inline and attached policies, and the boundary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rollout import names
from sandbox.errors import SandboxError
from tests.authority.evaluator import ACCOUNT, Request
from tests.cuts_hold.world import Judge
from tests.drill.traffic import answers, bedrock
from tests.engine.world import World
from tests.in_iam import Held, held

HOUR = timedelta(hours=1)
ACTION = "bedrock:InvokeModel"


@dataclass(frozen=True)
class Session:
    """`user_id`: as IAM has it in `aws:userid`, the role's id, a colon, and the session's name."""

    cohort: str
    user_id: str
    issued: datetime
    credentials: Mapping[str, str]

    @property
    def role_id(self) -> str:
        return self.user_id.partition(":")[0]

    @property
    def name(self) -> str:
        return self.user_id.partition(":")[2]


class Watch:
    """Of one sandbox. `judge`: the evaluator, kept running."""

    def __init__(self, world: World, judge: Judge) -> None:
        self.world, self._judge = world, judge
        self._iam, self._bedrock = (world.aws(service) for service in ("iam", "bedrock"))
        self._profiles: dict[str, str] = {}
        self._clients: dict[str, Any] = {}

    def signs_in(self, who: str, cohort: str = "pilot", **how: str) -> Session | None:
        """None where Okta or AWS refuses it."""
        try:
            found = self.world.sign_in(who, cohort, **how)
        except SandboxError:
            return None
        return self.session(cohort, found)

    def session(self, cohort: str, found: Mapping[str, str]) -> Session:
        """`found`: credentials of an hour, as `credential_process` has them."""
        sts = self.world.aws_as(found, "sts")
        issued = datetime.fromisoformat(found["Expiration"]).astimezone(UTC) - HOUR
        self._clients[found["AccessKeyId"]] = bedrock(self.world, found)
        return Session(cohort, sts.get_caller_identity()["UserId"], issued.replace(microsecond=0), found)

    def alive(self, sessions: Iterable[Session | None]) -> list[Session]:
        """Those that may invoke now, or could in an hour if STS let them live on. AssertionError where judges differ."""
        begun = [each for each in sessions if each]
        known = {cohort: held(self._iam, names.role(cohort)) for cohort in {each.cohort for each in begun}}
        profiles = {cohort: self._profile(cohort) for cohort in known}
        now, found = datetime.now(UTC), list[Session]()
        for each in begun:
            profile = profiles[each.cohort]
            lives = answers(self._clients[each.credentials["AccessKeyId"]], profile)
            may, later = (self._judged(each, known[each.cohort], profile, at) for at in (now, now + HOUR))
            assert lives == may, f"{each.user_id} of {each.cohort}: Bedrock says {lives}, the evaluator {may}"
            if may or later:
                found.append(each)
        return found

    def may_invoke(self, session: Session) -> bool:
        """Whether a model of its cohort answers it now."""
        return bool(self.alive([session]))

    def _judged(self, session: Session, found: Held | None, profile: str, now: datetime) -> bool:
        """By the evaluator alone, at a time that may be to come; as if sessions did not end."""
        if found is None or found.role_id != session.role_id:
            return False
        wanted = Request(
            f"arn:aws:sts::{ACCOUNT}:assumed-role/{names.role(session.cohort)}/{session.name}",
            ACTION,
            profile,
            {
                "aws:TokenIssueTime": _text(session.issued),
                "aws:CurrentTime": _text(now),
                "aws:userid": session.user_id,
            },
            found.policies,
            boundary=found.boundary,
        )
        return self._judge.allows(wanted)

    def _profile(self, cohort: str) -> str:
        """Of the small model, which is the last one that anybody loses. The last known where it is gone."""
        found = self._bedrock.list_inference_profiles(typeEquals="APPLICATION")
        for each in found["inferenceProfileSummaries"]:
            if each["inferenceProfileName"].startswith(f"claude-code-{cohort}-haiku-"):
                self._profiles[cohort] = each["inferenceProfileArn"]
        return self._profiles[cohort]


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
