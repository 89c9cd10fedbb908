"""Changes of components and of what they stand on, each of which some rule or test must see.

`python -m tests.policies.mutations`: docs/mutations.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

INTRODUCTION = """# What would be seen

Edits that would quietly undo what makes this safe, and what catches each. Written by `make mutations-page` from
`tests/policies/mutations.py`; `tests/policies/test_mutations.py` makes each edit, runs the program, and holds it against
the table: a rule by the whole policy pack, a test by running it.
"""


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """`old` is there once in `file`, and becomes `new`. `stack`: whose program is then run, of `test_rules.document` and
    a few more. `rule`: of the pack, mandatory; or `test`: `module:function`."""

    what: str
    file: str
    old: str
    new: str
    stack: str = "pilot"
    rule: str | None = None
    test: str | None = None

    @property
    def caught_by(self) -> str:
        return f"rule `{self.rule}`" if self.rule else f"test `{str(self.test).rpartition(':')[2]}`"


RESOURCES = "tests.graph.test_resources"
MUTATIONS = [
    Mutation(
        what="A suspended cohort is denied nothing",
        file="rollout/access/denies.py",
        old="    if cohort.is_cut or cohort.overfull:\n        statements.append({",
        new="    if False:\n        statements.append({",
        stack="suspended",
        rule="suspended-is-denied",
    ),
    Mutation(
        what="A suspended cohort is denied one action of Bedrock's",
        file="rollout/access/denies.py",
        old='BEDROCK = ["bedrock:*", "bedrock-mantle:*"]',
        new='BEDROCK = ["bedrock:InvokeModel"]',
        stack="suspended",
        rule="suspended-is-denied",
    ),
    Mutation(
        what="Sessions from before an incident live on after the resume",
        file="rollout/access/denies.py",
        old="    if cohort.dead_before:",
        new="    if cohort.dead_before and cohort.is_cut:",
        stack="resumed",
        rule="older-sessions-are-cut",
    ),
    Mutation(
        what="A member suspended alone is not denied",
        file="rollout/access/denies.py",
        old='([name for name in shard if name in stops.suspended], _everything("MemberSuspended")),',
        new="",
        stack="member",
        rule="older-sessions-are-cut",
    ),
    Mutation(
        what="New sessions are cut after a resume, and older ones live on",
        file="rollout/access/denies.py",
        old='{"DateLessThan": {"aws:TokenIssueTime"',
        new='{"DateGreaterThan": {"aws:TokenIssueTime"',
        stack="resumed",
        rule="older-sessions-are-cut",
    ),
    Mutation(
        what="Everybody but the suspended member is denied",
        file="rollout/access/denies.py",
        old='return {"StringLike": {"aws:userid"',
        new='return {"StringNotLike": {"aws:userid"',
        stack="member",
        rule="older-sessions-are-cut",
    ),
    Mutation(
        what="A member's stop names no session",
        file="rollout/access/denies.py",
        old='[f"*:{name}" for',
        new='[f"{name}" for',
        stack="member",
        rule="older-sessions-are-cut",
    ),
    Mutation(
        what="Whose access ends is allowed until then and from then on",
        file="rollout/access/ends.py",
        old='{"DateGreaterThanEquals": {"aws:CurrentTime"',
        new='{"DateLessThan": {"aws:CurrentTime"',
        stack="ends",
        rule="ended-is-denied",
    ),
    Mutation(
        what="A member's end is denied nowhere",
        file="components/identity/access.py",
        old="            Step.ENDS: self._ends,\n",
        new="",
        stack="ends",
        rule="ended-is-denied",
    ),
    Mutation(
        what="A member's end names no session",
        file="rollout/access/ends.py",
        old='"aws:userid": [f"*:{name}" for name in names]',
        new='"aws:userid": [f"{name}" for name in names]',
        stack="ends",
        rule="ended-is-denied",
    ),
    Mutation(
        what="A cohort's end is denied nowhere",
        file="rollout/access/ends.py",
        old='statements = [{"Sid": "CohortEnds", **_from(whole, {})}] if whole else []',
        new="statements = []",
        stack="ends",
        rule="ended-is-denied",
    ),
    Mutation(
        what="A cohort's stop is on another role",
        file="components/identity/access.py",
        old="name=names.STOP_POLICY,\n                role=self._role.name",
        new='name=names.STOP_POLICY,\n                role="claude-code-other"',
        stack="suspended",
        rule="suspended-is-denied",
    ),
    Mutation(
        what="A member's stop is attached to another role",
        file="components/identity/access.py",
        old='f"{self._name}-stop-{number}-attached",\n                role=self._role.name',
        new='f"{self._name}-stop-{number}-attached",\n                role="claude-code-other"',
        stack="member",
        rule="older-sessions-are-cut",
    ),
    Mutation(
        what="Cohorts are of a type that no rule knows",
        file="components/cohort.py",
        old='"claude:rollout:Cohort"',
        new='"claude:rollout:Group"',
        stack="suspended",
        rule="cohorts-are-whole",
    ),
    Mutation(
        what="What a cohort may do is not under it",
        file="components/cohort.py",
        old="""                _provider(args.shared, args.rollout.cohorts[name]),
            ),
            self._child,
        )
        self.role_arn""",
        new="""                _provider(args.shared, args.rollout.cohorts[name]),
            ),
        )
        self.role_arn""",
        stack="suspended",
        rule="cohorts-are-whole",
    ),
    Mutation(
        what="A suspended cohort may still invoke",
        file="rollout/levels.py",
        old='minutes=120,  group=True,  members=False, assigned=True,  role=True,  models="none"',
        new='minutes=120,  group=True,  members=False, assigned=True,  role=True,  models="all"',
        stack="suspended",
        rule="throttled-to-one-model",
    ),
    Mutation(
        what="A throttled cohort keeps all its models",
        file="rollout/model/cohort.py",
        old="                return (throttle.model,)",
        new="                return self.models",
        stack="throttled",
        rule="throttled-to-one-model",
    ),
    Mutation(
        what="A cohort may invoke any profile",
        file="rollout/access/documents.py",
        old='"Action": [*INVOKE, DISCOVER], "Resource": arns},\n        {\n            "Sid"',
        new='"Action": [*INVOKE, DISCOVER], "Resource": "*"},\n        {\n            "Sid"',
        rule="no-bare-wildcard",
    ),
    Mutation(
        what="Models are reached without a profile",
        file="rollout/access/documents.py",
        old='            "Condition": {"ArnEquals": {"bedrock:InferenceProfileArn": arns}},\n',
        new="",
        rule="no-bare-wildcard",
    ),
    Mutation(
        what="A cohort may do anything on Bedrock",
        file="rollout/access/documents.py",
        old='INVOKE = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]',
        new='INVOKE = ["bedrock:*"]',
        rule="named-actions",
    ),
    Mutation(
        what="The announcer may publish to any topic",
        file="rollout/notices/documents.py",
        old="[account.topic_arn(audience) for audience in AUDIENCES]",
        new='[account.topic_arn("*")]',
        rule="named-resources",
    ),
    Mutation(
        what="The meter may write any policy of any role",
        file="rollout/usage/meter_input.py",
        old='    *("iam:CreatePolicyVersion", "iam:DeletePolicyVersion"),',
        new='    *("iam:CreatePolicyVersion", "iam:DeletePolicyVersion", "iam:PutRolePolicy"),',
        stack="throttled",
        rule="iam-changes",
    ),
    Mutation(
        what="The announcer may give any service the reminders' role",
        file="rollout/notices/documents.py",
        old='            {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},\n',
        new="",
        rule="iam-changes",
    ),
    Mutation(
        what="Who writes a log may delete it",
        file="rollout/access/documents.py",
        old='WRITE_LOG = ["logs:CreateLogStream", "logs:PutLogEvents"]',
        new='WRITE_LOG = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DeleteLogStream"]',
        rule="logs-cannot-be-deleted",
    ),
    Mutation(
        what="Sessions of twelve hours",
        file="components/identity/access.py",
        old="MAX_SESSION_SECONDS = 3600",
        new="MAX_SESSION_SECONDS = 43200",
        rule="session-at-most-one-hour",
    ),
    Mutation(
        what="Okta asks for sessions of ten hours",
        file="rollout/access/federation.py",
        old='"sessionDuration": rollout.session_minutes * 60',
        new='"sessionDuration": rollout.session_minutes * 600',
        rule="session-at-most-one-hour",
    ),
    Mutation(
        what="An assertion for anybody opens a role",
        file="rollout/access/federation.py",
        old='{"SAML:aud": account.saml_audience}',
        new="{}",
        rule="trust-is-named",
    ),
    Mutation(
        what="Under oidc, people may take each other's session names",
        file="rollout/access/federation.py",
        old=', "sts:RoleSessionName": f"${{{issuer}:sub}}"',
        new="",
        stack="oidc",
        rule="trust-is-named",
    ),
    Mutation(
        what="A cohort's role trusts everybody",
        file="rollout/access/federation.py",
        old='"Principal": {"Federated": provider_arn(rollout, account)}',
        new='"Principal": "*"',
        rule="trust-is-named",
    ),
    Mutation(
        what="A cohort's role trusts another provider",
        file="rollout/access/federation.py",
        old='"Principal": {"Federated": provider_arn(rollout, account)}',
        new='"Principal": {"Federated": account.iam("saml-provider/another")}',
        rule="trusts-our-federation",
    ),
    Mutation(
        what="Any workflow of a machine's repository is the machine, one of a pull request too",
        file="rollout/access/federation.py",
        old='f"{names.WORKFLOW_ISSUER}:sub": workflow.subject',
        new='f"{names.WORKFLOW_ISSUER}:sub": f"repo:{workflow.repository}:*"',
        stack="machines",
        rule="trust-is-named",
    ),
    Mutation(
        what="A machine's token is held against a pattern",
        file="rollout/access/federation.py",
        old='"Condition": {"StringEquals": {**wanted,',
        new='"Condition": {"StringLike": {**wanted,',
        stack="machines",
        rule="trust-is-named",
    ),
    Mutation(
        what="Machines may take each other's names",
        file="rollout/access/federation.py",
        old='{**wanted, "sts:RoleSessionName": name}',
        new="{**wanted}",
        stack="machines",
        rule="trust-is-named",
    ),
    Mutation(
        what="A token of a workflow that was meant for somebody else lets a machine in",
        file="rollout/access/federation.py",
        old='        f"{names.WORKFLOW_ISSUER}:aud": WORKFLOW_AUDIENCE,\n',
        new="",
        stack="machines",
        rule="trust-is-named",
    ),
    Mutation(
        what="Everybody of a machine's account is the machine",
        file="rollout/access/federation.py",
        old='{"AWS": arn}',
        new='{"AWS": arn.partition(":role/")[0] + ":root"}',
        stack="machines",
        rule="trust-is-named",
    ),
    Mutation(
        what="All machines have one name between them",
        file="rollout/access/federation.py",
        old="machine(account, name, each) for name, each in sorted(found.machines.items())",
        new='machine(account, "one-name", each) for name, each in sorted(found.machines.items())',
        stack="machines",
        rule="machines-are-told-apart",
    ),
    Mutation(
        what="A gateway may take any spelling of a member's name, most of which no Deny knows",
        file="rollout/access/gateway_trust.py",
        old='exact = [_statement(role_arn, SID, {"StringEquals":',
        new='exact = [_statement(role_arn, SID, {"StringEqualsIgnoreCase":',
        stack="gateway",
        rule="trust-is-named",
    ),
    Mutation(
        what="A gateway may take any name in a large cohort",
        file="rollout/access/gateway_trust.py",
        old='{"StringLike": {NAME: domains}, "StringNotLike": {NAME: CAPITALS}}',
        new="{}",
        stack="gateway",
        rule="trust-is-named",
    ),
    Mutation(
        what="A gateway may take capitals in a large cohort",
        file="rollout/access/gateway_trust.py",
        old='{NAME: domains}, "StringNotLike": {NAME: CAPITALS}}',
        new="{NAME: domains}}",
        stack="gateway",
        rule="trust-is-named",
    ),
    Mutation(
        what="Another role than the gateway's lets people in",
        file="rollout/access/federation.py",
        old="role_arn = gateway_trust.role_of(rollout.gateway, account)",
        new='role_arn = account.iam("role/another")',
        stack="gateway",
        rule="trusts-our-federation",
    ),
    Mutation(
        what="People may go round a gateway, by Okta's sign-in",
        file="rollout/access/federation.py",
        old="if not statements and rollout.gateway:",
        new="if not statements and False:",
        stack="gateway",
        rule="trusts-our-federation",
    ),
    Mutation(
        what="A gateway's task takes any role of the account",
        file="rollout/gateway/task_policy.py",
        old='allow("InTheirNames", ["sts:AssumeRole"], roles)',
        new='allow("InTheirNames", ["sts:AssumeRole"], [account.iam("role/admin")])',
        stack="gateway-service",
        rule="gateway-takes-cohorts-roles-only",
    ),
    Mutation(
        what="A gateway is reached from the internet",
        file="components/gateway.py",
        old="internal=True",
        new="internal=False",
        stack="gateway-service",
        rule="gateway-is-closed",
    ),
    Mutation(
        what="A gateway's files can be changed while it runs",
        file="rollout/gateway/service.py",
        old='"readonlyRootFilesystem": True',
        new='"readonlyRootFilesystem": False',
        stack="gateway-service",
        rule="gateway-is-closed",
    ),
    Mutation(
        what="Bedrock of any account may take the logging role",
        file="rollout/access/documents.py",
        old='                    "StringEquals": {"aws:SourceAccount": account.id},\n',
        new="",
        rule="trust-is-named",
    ),
    Mutation(
        what="Bedrock of another account may take the logging role",
        file="rollout/access/documents.py",
        old='                    "StringEquals": {"aws:SourceAccount": account.id},\n',
        new='                    "StringEquals": {"aws:SourceAccount": "999999999999"},\n',
        rule="stays-in-its-account",
    ),
    Mutation(
        what="Each record of use is handed to another account",
        file="components/functions/meter.py",
        old="            destination_arn=args.account.function_arn(names.METER),\n",
        new='            destination_arn="arn:aws:logs:us-east-1:999999999999:destination:collector",\n',
        rule="stays-in-its-account",
    ),
    Mutation(
        what="An audience's topic tells a web address",
        file="components/functions/audiences.py",
        old='                protocol="email",\n                endpoint=address,\n',
        new='                protocol="https",\n                endpoint=f"https://{address}",\n',
        rule="subscriptions-are-named",
    ),
    Mutation(
        what="A cohort's role has no boundary",
        file="components/identity/access.py",
        old="            permissions_boundary=cohort_documents.boundary_policy(name, args, self).arn,\n",
        new="",
        rule="cohort-role-has-a-boundary",
    ),
    Mutation(
        what="Prompts are logged",
        file="components/observability/invocation_logging.py",
        old='"text_data_delivery_enabled": text',
        new='"text_data_delivery_enabled": True',
        rule="prompts-are-not-logged",
    ),
    Mutation(
        what="Prompts that a stack logs are not masked",
        file="components/observability/findings.py",
        old="if args.rollout.logs.prompt_text and",
        new="if not args.rollout.logs.prompt_text and",
        stack="prompts",
        rule="prompts-are-not-logged",
    ),
    Mutation(
        what="CloudWatch lets log groups be deleted",
        file="components/audit_trail.py",
        old="deletion_protection_enabled=not retired",
        new="deletion_protection_enabled=retired",
        rule="logs-have-deletion-protection",
    ),
    Mutation(
        what="Log groups are not protected",
        file="components/audit_trail.py",
        old="protect=True, retain_on_delete=True",
        new="retain_on_delete=True",
        rule="log-groups-protected",
    ),
    Mutation(
        what="Log groups are deleted with what declares them",
        file="components/audit_trail.py",
        old="protect=True, retain_on_delete=True",
        new="protect=True",
        test=f"{RESOURCES}:test_log_groups_are_protected_and_kept_and_under_no_cohort",
    ),
    Mutation(
        what="A rolled back cohort's log expires as before",
        file="rollout/model/rollout.py",
        old="kept = Level.ROLLED_BACK.effects.kept_days if keep else 0",
        new="kept = 0 if keep else 0",
        stack="rolled_back",
        rule="logs-are-kept",
    ),
    Mutation(
        what="A rolled back cohort's log is no longer declared",
        file="rollout/model/rollout.py",
        old="return tuple(sorted({*self.declared, *self.logs.retired}))",
        new="return tuple(sorted(n for n, c in self.declared.items() if c.level.effects.role))",
        stack="rolled_back",
        rule="each-cohort-has-its-log",
    ),
    Mutation(
        what="What was not counted waits in clear",
        file="components/functions/meter.py",
        old="sqs_managed_sse_enabled=True",
        new="sqs_managed_sse_enabled=False",
        rule="encrypted-at-rest",
    ),
    Mutation(
        what="The SAML provider is not protected",
        file="components/identity/federation.py",
        old="saml_metadata_document=app.metadata, opts=kept",
        new="saml_metadata_document=app.metadata, opts=child",
        rule="kept-is-protected",
    ),
    Mutation(
        what="The table of what was used is not protected",
        file="components/functions/meter.py",
        old="opts=pulumi.ResourceOptions(parent=self, protect=True)",
        new="opts=pulumi.ResourceOptions(parent=self)",
        rule="kept-is-protected",
    ),
    Mutation(
        what="A rollback stops at a protected role",
        file="components/identity/access.py",
        old="opts=pulumi.ResourceOptions(parent=self, depends_on=args.provider)",
        new="opts=pulumi.ResourceOptions(parent=self, depends_on=args.provider, protect=True)",
        rule="rollback-is-not-blocked",
    ),
    Mutation(
        what="Profiles do not say whose cost they are",
        file="components/cohort.py",
        old='tags={**self._tags, "model": label}',
        new='tags={"model": label}',
        rule="cost-tags",
    ),
    Mutation(
        what="The bucket of all states may become public",
        file="components/billing/closed_bucket.py",
        old="restrict_public_buckets=True",
        new="restrict_public_buckets=False",
        stack="bootstrap",
        rule="state-bucket-is-guarded",
    ),
    Mutation(
        what="The key of all states is never renewed",
        file="components/identity/deployment.py",
        old="enable_key_rotation=True",
        new="enable_key_rotation=False",
        stack="bootstrap",
        rule="state-key-rotates",
    ),
    Mutation(
        what="Any branch of the repository may deploy",
        file="rollout/pipeline/policies.py",
        old='f"repo:{repository}:environment:{environment}"',
        new='f"repo:{repository}:*"',
        stack="bootstrap",
        rule="workflow-trust-is-exact",
    ),
    Mutation(
        what="A preview may write the state",
        file="components/identity/deployment.py",
        old="(preview, previews, read,",
        new="(preview, previews, write,",
        stack="bootstrap",
        rule="preview-only-reads",
    ),
    Mutation(
        what="Who deploys may change what they may do",
        file="rollout/pipeline/rights.py",
        old='account.iam(f"role/{ours}-*"),\n                account.policy',
        new='account.iam("role/*"),\n                account.policy',
        stack="bootstrap",
        rule="workflow-rights-are-ours",
    ),
    Mutation(
        what="Nobody watches a cohort",
        file="components/cohort.py",
        old="        self._alarms(name)\n",
        new="",
        rule="each-cohort-has-alarms",
    ),
    Mutation(
        what="Alarms tell nobody",
        file="components/observability/alarms.py",
        old="alarm_actions=topics",
        new="alarm_actions=[]",
        rule="alarms-reach-somebody",
    ),
    Mutation(
        what="Everybody may call the meter",
        file="components/functions/meter.py",
        old='principal="logs.amazonaws.com"',
        new='principal="*"',
        rule="no-public-ingress",
    ),
    Mutation(
        what="Everybody may call the webhook past its address",
        file="rollout/leaks/github_webhook.py",
        old='{"action": "lambda:InvokeFunction", "invoked_via_function_url": True}',
        new='{"action": "lambda:InvokeFunction"}',
        rule="no-public-ingress",
    ),
    Mutation(
        what="The bot's token is a setting of the announcer",
        file="components/functions/announcer.py",
        old='environment={"variables": {"QUEUE_URL": queue.url}}',
        new='environment={"variables": {"TOKEN": args.rollout.slack_bot_token.get_secret_value()}}',
        rule="no-secret-in-clear",
    ),
    Mutation(
        what="A token in clear in the stack file is taken",
        file="rollout/stack_file/load.py",
        old="if encrypted is not None and key in document",
        new="if encrypted is None and key in document",
        test="tests.config.test_stack_file:test_a_secret_in_clear_text_is_refused_and_an_encrypted_one_is_not",
    ),
    Mutation(
        what="A cohort puts all others out of the umbrella group",
        file="components/identity/membership.py",
        old="track_all_users=False",
        new="track_all_users=True",
        rule="groups-are-tracked",
    ),
    Mutation(
        what="Members leave Okta before anything is denied",
        file="rollout/update_order.py",
        old='waits=(Wait(_EVERY_DENY, "Okta is slower, and ends no session that exists", 18),),',
        new="waits=(),",
        test="tests.authority.test_levels:test_members_leave_okta_only_after_their_deny_is_in_force",
    ),
    Mutation(
        what="What says whose a profile was goes with the cohort",
        file="components/cohort.py",
        old="opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True)",
        new="opts=pulumi.ResourceOptions(parent=self)",
        test=f"{RESOURCES}:test_what_no_rollback_removes_is_protected_and_what_one_removes_is_not",
    ),
]


def page() -> str:
    return "\n".join([INTRODUCTION, *_table()]) + "\n"


def _table() -> Iterable[str]:
    rules = sum(mutation.rule is not None for mutation in MUTATIONS)
    yield f"{len(MUTATIONS)} edits: {rules} caught by a rule of the pack, {len(MUTATIONS) - rules} by a test.\n"
    yield "| Edit | Where | Caught by |"
    yield "| --- | --- | --- |"
    for mutation in MUTATIONS:
        yield f"| {mutation.what} | `{mutation.file}` | {mutation.caught_by} |"


if __name__ == "__main__":
    sys.stdout.write(page())
