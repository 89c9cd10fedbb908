"""Every name that AWS, Okta or a person reads, made in one place; lengths hold by construction of the parts.

A cohort's name has at most 16 characters and a model's label as many (`rollout.model.fields`).
"""

from __future__ import annotations

import hashlib
import re

PREFIX = "claude-code"
# Of the Pulumi program, and what its keys in a stack file begin with.
PROJECT = "claude-code-rollout"
INVOCATION_LOG_GROUP = f"/{PREFIX}/invocations"
SAML_PROVIDER = f"{PREFIX}-okta"
# Who signs the tokens of GitHub's workflows.
WORKFLOW_ISSUER = "token.actions.githubusercontent.com"
LOGGING_ROLE = f"{PREFIX}-invocation-logging"
INCIDENT_LOG_GROUP = f"/{PREFIX}/incidents"
INCIDENT_LOG_STREAM = "levels"
FINDINGS_LOG_GROUP = f"/{PREFIX}/findings"
GITHUB_WEBHOOK = f"{PREFIX}-github-webhook"
# Names of secrets are one per account: by this tag the role that previews a stack reads that stack's own alone.
STACK_TAG = "stack"
GITHUB_WEBHOOK_SECRET = f"{PREFIX}/github-webhook-secret"
GITHUB_LOG_STREAM = "github"
# Of the queue that members' machines send findings to, and of the function that takes them from it.
MAC_FINDINGS = f"{PREFIX}-mac-findings"
ANNOUNCER = f"{PREFIX}-announcer"
NOTICES_QUEUE = f"{PREFIX}-notices.fifo"
DEAD_NOTICES_QUEUE = f"{PREFIX}-notices-dead.fifo"
DEAD_NOTICES_ALARM = f"{PREFIX}-notices-undelivered"
NOTICES_TABLE = f"{PREFIX}-notices"
SLACK_SECRET = f"{PREFIX}/slack-bot-token"
WEBHOOK_SECRET = f"{PREFIX}/webhook-signing-key"
METER = f"{PREFIX}-meter"
USAGE_TABLE = f"{PREFIX}-usage"
USAGE_LOG_STREAM = "meter"
# Of items of the usage table: whose an inference profile is, by its ARN.
PROFILE_ITEM = "profile#"
# Of items of the usage table: where a cohort stands, for LiteLLM's hook.
GATEWAY_ITEM = "gateway#"
BUDGET = f"{PREFIX}-month"
ANOMALIES = f"{PREFIX}-anomalies"
BILLING_EXPORT = f"{PREFIX}-billing"
BILLING_FOLDER = "exports"
DENIALS = f"{PREFIX}-denials"
DEAD_RECORDS_QUEUE = f"{PREFIX}-records-dead"
DEAD_RECORDS_ALARM = f"{PREFIX}-records-not-counted"
REVIEWS = f"{PREFIX}-reviews"
REVIEWS_ROLE = f"{PREFIX}-reviews"
CHANNELS_ROLE = f"{PREFIX}-slack-channels"
# The nightly proof that who is past a stop is denied.
PROOF = f"{PREFIX}-enforcement-proof"
DELIVERY = f"{PREFIX}-delivery"
# What a gateway says itself: whom it refused, and what it could not read. Bedrock knows of neither.
GATEWAY_LOG_GROUP = f"/{PREFIX}/gateway"
DELIVERY_LOG_GROUP = f"/{PREFIX}/delivery"
DELIVERY_LOG_STREAM = "weeks"
DELIVERY_SCHEDULE_ROLE = f"{PREFIX}-delivery-schedule"
GITHUB_SECRET = f"{PREFIX}/github-token"
# Where a preview reads, in one call, what each cohort has reached and which gates were passed.
SUCCESS_PATH = f"/{PREFIX}/success"
STATE_KEY = f"{PREFIX}-rollout-states"
INVOKE_POLICY = "invoke"
STOP_POLICY = "stop"
ENDS_POLICY = "ends"
# What `rollout cut` puts: for everybody of a cohort, and the beginning of one person's.
CUT_POLICY = "cut"
CUT_PERSON = f"{CUT_POLICY}-"
# Set for an update that `rollout set-level` runs: afterwards it looks at these itself, says what is in force, and lifts
# its own.
LOOKED_AT = "ROLLOUT_LOOKS_AT_CUTS"
# A cohort called so would have the role of one of our functions, or the profile of the whole.
RESERVED = tuple(sorted(name.removeprefix(f"{PREFIX}-") for name in (ANNOUNCER, METER, REVIEWS, DENIALS, DELIVERY)))
# What STS takes as a session's name; a sign-in under any other is refused (STS API reference, AssumeRole).
SESSION = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")

# As `rollout.model.fields` has it, for those who judge a name without loading that. No hyphen: a pattern hits one
# cohort only.
COHORT = re.compile(r"[a-z][a-z0-9]{1,15}")

# A machine's name, which its sessions bear: a hyphen tells it from a cohort's and from an Okta user's id, a missing @
# from a person's address.
MACHINE = re.compile(r"(?=.{3,32}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)+")


# Of a role that Identity Center makes of a permission set.
RESERVED_ROLE = "AWSReservedSSO_"
_RESERVED_ROLE = re.compile(rf"{RESERVED_ROLE}({PREFIX}-{COHORT.pattern})_[0-9a-f]{{16}}")


def role(cohort: str) -> str:
    """At most 28 characters: it becomes part of each caller's ARN in the logs. IAM allows 64."""
    return f"{PREFIX}-{cohort}"


def cut_policy(person: str | None = None) -> str:
    """The inline policy that denies everything, at most 68 characters of IAM's 128: of everybody, or of one person.

    `person`: a session's name (`SESSION`), which has no character that IAM does not take in a policy's name. Lower
    case, so that one person written in two ways has one policy.
    """
    return f"{CUT_PERSON}{person.lower()}" if person else CUT_POLICY


def cut_subject(policy: str) -> str | None:
    """Whom an inline policy of such a name is for; None for everybody."""
    return policy.removeprefix(CUT_PERSON) if policy.startswith(CUT_PERSON) else None


def is_cut_policy(policy: str) -> bool:
    return policy == CUT_POLICY or policy.startswith(CUT_PERSON)


def permission_set(cohort: str) -> str:
    """At most 28 characters of Identity Center's 32. Its role is called by it: `of_cohort`."""
    return role(cohort)


def of_cohort(role_name: str) -> str:
    """What a cohort's role would be called if it were ours: Identity Center adds a beginning and 16 digits (its user
    guide, referencing permission sets). Nobody else can make a role with such a beginning. Any other, as it is."""
    found = _RESERVED_ROLE.fullmatch(role_name)
    return found[1] if found else role_name


def reserved_role_pattern(cohort: str) -> str:
    """A glob of IAM's for the role that Identity Center makes; the path may have a region."""
    return f"aws-reserved/sso.amazonaws.com/*{RESERVED_ROLE}{permission_set(cohort)}_*"


def invoke_policy(cohort: str) -> str:
    """The managed policy with the Allow, under Identity Center."""
    return f"{role(cohort)}-invoke"


def stop_policy(cohort: str) -> str:
    """The managed policy that stops the whole cohort, under Identity Center."""
    return f"{role(cohort)}-stop"


def cut_managed_policy(cohort: str) -> str:
    """The managed policy that `rollout cut` writes, under Identity Center."""
    return f"{role(cohort)}-cut"


def member_stop_policy(cohort: str, number: int) -> str:
    return f"{role(cohort)}-stop-{number}"


def work_policy(function: str, number: int) -> str:
    """Of what a function may do for each of many cohorts."""
    return f"{function}-work-{number}"


def counted_policy(stack: str, number: int) -> str:
    """Of what another stack's meter may do for this one's cohorts."""
    return f"{METER}-counts-{_plain(stack)}-{number}"


def ends_schedule(cohort: str) -> str:
    """Within the group of `REVIEWS`; at most 33 of the scheduler's 64 characters."""
    return f"{role(cohort)}-ends"


def quota_policy(cohort: str, number: int) -> str:
    return f"{role(cohort)}-quota-{number}"


def boundary(cohort: str) -> str:
    return f"{role(cohort)}-boundary"


def okta_group(account: str, cohort: str) -> str:
    """The name that Okta's AWS app reads as: members get this role in this account."""
    return f"aws_{account}_{role(cohort)}"


def inference_profile(cohort: str, label: str, source: str) -> str:
    """At most 54 characters of Bedrock's 64.

    Nothing about a profile but its tags can change, and its successor is made before it goes, so another source needs
    another name.
    """
    return f"{profile_prefix(cohort)}{label}-{source_digest(source)}"


def profile_prefix(cohort: str) -> str:
    """With which the names of its inference profiles begin, and no other's: a cohort's name has no hyphen."""
    return f"{PREFIX}-{cohort}-"


def team(name: str) -> str:
    """A team's name where a file or a group is named after it: letters, digits, spaces, _ and -. Two teams never share
    one."""
    plain = re.sub(r"[^A-Za-z0-9 _-]", "-", name)
    return plain if plain == name else f"{plain}-{source_digest(name)}"


def source_digest(source: str) -> str:
    """Tells a profile from its successor, which is copied from another source."""
    return hashlib.sha256(source.encode()).hexdigest()[:8]


def dashboard() -> str:
    """Of the whole rollout."""
    return PREFIX


def _plain(stack: str) -> str:
    """The engine takes a dot in a stack's name, AWS not everywhere."""
    return stack.replace(".", "_")


def cohort_dashboard(stack: str | None = None) -> str:
    """Of one cohort, which is chosen there. `stack`: where it is of one that is beside another in its account."""
    return f"{PREFIX}-one-cohort" + (f"-{_plain(stack)}" if stack else "")


def alarm(cohort: str | None, what: str) -> str:
    return f"{PREFIX}-{cohort}-{what}" if cohort else f"{PREFIX}-{what}"


def workflow_role(environment: str) -> str:
    """Not one of `PREFIX`: the role that deploys may change those, and must not change itself."""
    return f"rollout-workflow-{environment}"


# Not one of `PREFIX` either: who deploys may change those, and nobody on call may change this.
ON_CALL_ROLE = "rollout-on-call"
# Of a gateway that this program runs: its role, which cohorts' roles trust, and ECS's own for starting it. Not of
# `PREFIX`: a cohort may be called so.
GATEWAY_ROLE, GATEWAY_START_ROLE = "rollout-gateway", "rollout-gateway-start"
GATEWAY_SERVICE = f"{PREFIX}-gateway"
# What roles are called that people of a rollout take, in small letters.
OUR_ROLES = (f"{PREFIX}-", "rollout-on-call", "rollout-workflow-")


def is_our_role(name: str) -> bool:
    """Whether a role of such a name, in small letters, is one that a rollout makes. A company's own may begin as a
    gateway's does."""
    return name.startswith(OUR_ROLES) or name in {GATEWAY_ROLE, GATEWAY_START_ROLE}


def state_bucket(account: str) -> str:
    return f"{PREFIX}-rollout-states-{account}"


def billing_bucket(account: str) -> str:
    """Where AWS writes its bill. At most 32 characters of S3's 63; a bucket's name is the world's, so it has the
    account."""
    return f"{BILLING_EXPORT}-{account}"


def topic(audience: str) -> str:
    return f"{PREFIX}-{audience.replace('_', '-')}"


def function_log_group(function: str) -> str:
    """Where Lambda writes, unless it is told otherwise."""
    return f"/aws/lambda/{function}"


def usage_log_group(cohort: str) -> str:
    return f"/{PREFIX}/{cohort}/usage"


def usage_log_group_of(group: str) -> str | None:
    """Whose usage is in it; None where it is no cohort's."""
    cohort = group.removeprefix(f"/{PREFIX}/").removesuffix("/usage")
    return cohort if COHORT.fullmatch(cohort) and group == usage_log_group(cohort) else None


def own_usage(user_id: str) -> str:
    """The key of what one person may read of the meter's table. `user_id`: as `aws:userid` has it."""
    return f"me#{user_id}"


def weeks_parameter(cohort: str) -> str:
    """The SSM parameter with what was seen of a cohort, week by week."""
    return f"{SUCCESS_PATH}/weeks/{cohort}"


def gate_parameter(cohort: str) -> str:
    """The SSM parameter that says why a cohort was opened; it is there from then on."""
    return f"{SUCCESS_PATH}/gates/{cohort}"


def guard_stream(cohort: str) -> str:
    """Of the findings log: what the commit guards of a cohort's members have sent, in a function's words."""
    return f"guard-{cohort}"


def gateway_item(cohort: str) -> str:
    """Of the usage table: what LiteLLM's hook reads of a cohort."""
    return f"{GATEWAY_ITEM}{cohort}"
