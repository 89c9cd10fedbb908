"""What a first update and a rollback really ask of AWS, and of what, held against the role that deploys."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from rollout.account import Account
from rollout.pipeline.rights import UNNAMED_BILLING, UNNAMED_READS, UNNAMED_WRITES, rights
from sandbox.settings import ACCOUNT_ID, REGION
from tests.engine.pipeline.test_preview_rights import FREE, action
from tests.engine.world import World

# Called otherwise than the operation (Service Authorization Reference).
ACTIONS = {
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:CreateNotification": "budgets:ModifyBudget",
    "lambda:Invoke": "lambda:InvokeFunction",
}
# By the announcer and its like, under roles of their own: no plug-in and no program of ours has such a call.
BY_FUNCTIONS = {"logs:PutLogEvents", "ses:SendEmail", "sns:Publish", "sqs:SendMessage"}
OUTSIDE = ("slack:", "webhook:")
# Actions on these name no resource (Service Authorization Reference), or are of Lambda's function.
UNNAMED = (
    f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:query-definition:",
    f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:event-source-mapping:",
)


def test_a_deployment_needs_only_what_its_role_may(empty: World) -> None:
    empty.forget_calls()
    with empty.stack_file() as config:
        config["claude-code-rollout:budgets"] |= {"anomaly_usd": 50}
    empty.up()
    held = {arn for resource in empty.state() for arn in arns(resource) if not arn.startswith(UNNAMED)}
    with empty.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"] |= {
            "level": "rolled_back",
            "incident": {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "an example"},
        }
    empty.up()
    empty.settle()
    asked = {ACTIONS.get(found, found) for found in map(action, empty.aws_control("/sandbox/calls"))}
    here = Account(ACCOUNT_ID, REGION)
    allowed = {each for part in rights(here, "acme.okta.com") for each in part.all}
    allowed |= {*UNNAMED_READS, *UNNAMED_WRITES, *UNNAMED_BILLING}
    assert len(asked & allowed) > 60
    # What stands outside AWS is called by functions alone.
    assert {each for each in asked - allowed - FREE - BY_FUNCTIONS if not each.startswith(OUTSIDE)} == set()
    named = [(f"arn:*:{part.service}:*", each) for part in rights(here, "acme.okta.com") for each in part.resources]
    assert len(held) > 60
    # A rollback of a cohort leaves what watches the bill.
    [watch] = empty.aws("ce").get_anomaly_subscriptions()["AnomalySubscriptions"]
    [monitor] = empty.aws("ce").get_anomaly_monitors()["AnomalyMonitors"]
    assert (watch["MonitorArnList"], watch["Subscribers"][0]["Address"]) == (
        [monitor["MonitorArn"]],
        here.topic_arn("finance"),
    )
    assert {watch["SubscriptionArn"], monitor["MonitorArn"]} <= held
    assert {
        arn for arn in held if not any(fnmatchcase(arn, own) and fnmatchcase(arn, each) for own, each in named)
    } == set()


def arns(resource: dict[str, Any]) -> list[str]:
    """A resource's own; those of what it only refers to are not its own."""
    said = resource.get("outputs", {})
    return [arn for key in ("arn", "dashboardArn") if isinstance(arn := said.get(key), str) and arn.startswith("arn:")]
