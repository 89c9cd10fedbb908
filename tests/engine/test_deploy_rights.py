"""What a first update and a rollback really ask of AWS, held against the role that deploys."""

from __future__ import annotations

from rollout.account import Account
from rollout.deployment import UNNAMED_READS, UNNAMED_WRITES, rights
from sandbox.settings import ACCOUNT_ID, REGION
from tests.engine.test_preview_rights import FREE, action
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


def test_a_deployment_needs_only_what_its_role_may(empty: World) -> None:
    empty.forget_calls()
    empty.up()
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
    allowed |= {*UNNAMED_READS, *UNNAMED_WRITES}
    assert len(asked & allowed) > 60
    # What stands outside AWS is called by functions alone.
    assert {each for each in asked - allowed - FREE - BY_FUNCTIONS if not each.startswith(OUTSIDE)} == set()
