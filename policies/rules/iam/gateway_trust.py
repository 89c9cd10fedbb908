"""What lets people in by a gateway: one role, under names that Denies know. Part of `trust-is-named`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.engine.iam import Statement, equals, sole_principal
from policies.rules.iam.machine_trust import one_role, role_but
from rollout import names
from rollout.access.gateway_trust import CAPITALS, NAME, NOBODY

KEY = NAME.lower()
# Of ours, the one that a gateway run by the stack has; what starts it answers for nobody.
ROLE = role_but(names.GATEWAY_START_ROLE)
DOMAIN = re.compile(r"\*@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,63}")


def is_people(statement: Statement) -> bool:
    """Whether a statement that trusts a role is about people: an address has an @, and a machine's name none."""
    said = {value for condition in statement.conditions if condition.key == KEY for value in condition.values}
    return sole_principal(statement, "AWS") is not None and (said == {NOBODY} or any("@" in value for value in said))


def role(statement: Statement) -> Iterator[str]:
    yield from one_role(statement, ROLE)
    if not (_exact(statement) or _of_domains(statement)):
        yield (
            f"without {NAME} = addresses under StringEquals, or *@their domains under StringLike and no capital "
            "under StringNotLike: it could take a name that no Deny knows"
        )


def _exact(statement: Statement) -> bool:
    called = equals(statement, NAME)
    return called == (NOBODY,) or (
        bool(called) and all("@" in each and names.SESSION.fullmatch(each) is not None for each in called)
    )


def _of_domains(statement: Statement) -> bool:
    said = {condition.operator: condition.values for condition in statement.conditions if condition.key == KEY}
    return (
        set(said) == {"StringLike", "StringNotLike"}
        and all(DOMAIN.fullmatch(each) for each in said["StringLike"])
        and set(CAPITALS) <= set(said["StringNotLike"])
    )
