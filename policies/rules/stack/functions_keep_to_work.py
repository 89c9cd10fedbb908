"""What no role of ours may do: change code or keys. Whoever may is no longer the function that was reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.iam import POLICIES, Statement, each_allow
from policies.engine.rules import ResourceRule, Severity
from policies.engine.workflows import of_program

# By how they begin, in lower case. Of rights and other roles, `iam-changes` says the same.
NEVER: Final = (
    *("lambda:add", "lambda:create", "lambda:delete", "lambda:publish", "lambda:put", "lambda:remove", "lambda:tag"),
    *("lambda:untag", "lambda:update"),
    *("kms:cancel", "kms:create", "kms:delete", "kms:disable", "kms:enable", "kms:import", "kms:put", "kms:replicate"),
    *("kms:retire", "kms:revoke", "kms:schedule", "kms:tag", "kms:untag", "kms:update"),
)


def judge(statement: Statement) -> Iterator[str]:
    # A wildcard is `named-actions`' to report.
    found = [action for action in statement.actions if action.lower().startswith(NEVER) and "*" not in action]
    if found:
        yield f"may change code or keys: {', '.join(found)}"


RULE = ResourceRule(
    name="functions-keep-to-their-work",
    severity=Severity.CRITICAL,
    description="No role made here may change a function's code or settings, or administer a key.",
    remediation="Leave code and keys to the program; a function reads, writes its own data and sends.",
    url="https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
    types=POLICIES,
    applies=of_program,
    judge=lambda resource: each_allow(resource, judge),
)
