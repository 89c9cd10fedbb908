"""What a workflow may do ends at what is ours: in this account, under our names where rights are changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.engine.iam import POLICIES, Statement, each_allow, equals, matches
from policies.engine.rules import ResourceRule, Severity
from policies.engine.workflows import of_workflows
from rollout.names import PREFIX, RESERVED_ROLE, SAML_PROVIDER, WORKFLOW_ISSUER, billing_bucket, state_bucket
from rollout.pipeline.identity_center import TAG

OURS = (
    re.compile(r"arn:[a-z-]+:(?!s3:)[a-z0-9-]+:[a-z0-9-]*:\d{12}:.*[^*].*"),
    re.compile(r"arn:[a-z-]+:bedrock:\*::foundation-model/.+"),
    *(
        re.compile(rf"arn:[a-z-]+:s3:::{name('ACCOUNT').replace('ACCOUNT', '[0-9]{12}')}(/.*)?")
        for name in (state_bucket, billing_bucket)
    ),
    # An instance of IAM Identity Center is no account's; of its permission sets ours are told apart below.
    re.compile(r"arn:[a-z-]+:sso:::(instance/[^*?]+|permissionSet/[^*?/]+/\*|account/\d{12})"),
    re.compile(r"arn:[a-z-]+:identitystore::\*:identitystore/[^*?]+|arn:[a-z-]+:identitystore:::group/\*"),
)
# GitHub's provider and the workflows' own roles are none of these.
RIGHTS = re.compile(
    rf"arn:[a-z-]+:iam::\d{{12}}:((role|policy)/{PREFIX}-.*|saml-provider/{SAML_PROVIDER}"
    rf"|oidc-provider/(?!{re.escape(WORKFLOW_ISSUER)})[^*?]+"
    # A role that Identity Center has made for a cohort, which nobody else may change.
    rf"|role/aws-reserved/sso\.amazonaws\.com/\*{RESERVED_ROLE}{PREFIX}-.*)"
    # Of Identity Center: the instance itself, this account, and of permission sets those that are tagged as a cohort's.
    r"|arn:[a-z-]+:sso:::(instance/[^*?]+|account/\d{12})"
)
SETS = re.compile(r"arn:[a-z-]+:sso:::permissionSet/[^*?/]+/\*")
READS = ("Describe", "Get", "List")
PREFIXES = ("iam:", "sts:", "organizations:", "sso:")
ENDING = ("logs:deleteloggroup", "logs:deletelogstream", "logs:deleteretentionpolicy")


def judge(statement: Statement) -> Iterator[str]:
    if statement.excluding or not statement.resources:
        yield "an Allow of everything but something"
    if "*" in statement.resources and not _in_one_region(statement):
        yield "an Allow of everything in every region; add StringEquals aws:RequestedRegion"
    for named in statement.resources:
        if named != "*" and not any(pattern.fullmatch(named) for pattern in OURS):
            yield f"an Allow of {named}, which need not be ours"
    rights = [action for action in statement.actions if any(matches(action, prefix) for prefix in PREFIXES)]
    free = set[str]() if _of_a_cohort(statement) else {named for named in statement.resources if SETS.fullmatch(named)}
    named_rights = {named for named in statement.resources if not SETS.fullmatch(named)} | free
    if rights and not all(RIGHTS.fullmatch(named) for named in named_rights):
        yield f"may change rights that are not the program's: {', '.join(rights)}"
    if "iam:PassRole" in rights and not equals(statement, "iam:PassedToService"):
        yield "iam:PassRole without iam:PassedToService: any service could be given the role"
    if ending := [action for action in statement.actions if any(matches(action, prefix) for prefix in ENDING)]:
        yield f"may delete logs: {', '.join(ending)}"


def _of_a_cohort(statement: Statement) -> bool:
    """Permission sets that a cohort's tag is on, or is put on as they are made; or that are only looked at."""
    tagged = {(each.operator, each.key, each.values) for each in statement.conditions}
    bound = any(("Null", f"aws:{which}tag/{TAG}", ("false",)) in tagged for which in ("resource", "request"))
    return bound or all(action.partition(":")[2].startswith(READS) for action in statement.actions)


def _in_one_region(statement: Statement) -> bool:
    regions = equals(statement, "aws:RequestedRegion")
    return len(regions) == 1 and "*" not in regions[0]


RULE = ResourceRule(
    name="workflow-rights-are-ours",
    severity=Severity.CRITICAL,
    description=(
        "A workflow reaches what is in this account, the states' bucket and the bill's, changes no rights but those "
        "named as the program's, so never its own, and deletes no log; what IAM cannot name is bound to one region."
    ),
    remediation="Compose rights in `rollout.pipeline.rights.rights`, service by service, with names.",
    url="https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html",
    types=POLICIES,
    applies=of_workflows,
    judge=lambda resource: each_allow(resource, judge),
)
