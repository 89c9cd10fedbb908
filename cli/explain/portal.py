"""IAM Identity Center asked about one person: whether Okta has pushed them, and into the cohort's group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cli.doctor.identity_center import elsewhere, found_by
from cli.explain.answers import Rank, Reason, Says
from cli.live.aws import Clients
from cli.terminal.errors import CommandError
from rollout.model.identity_center import IdentityCenter

SOURCE = "Identity Center"
PUSH = "in Okta's app *AWS IAM Identity Center*"


def by_portal(clients: Clients, center: IdentityCenter, login: str, groups: Sequence[str]) -> Says:
    """`login`: theirs in Okta, which is the user's name there. `groups`: which let them in, by the file. CommandError
    where another region is asked than the instance's."""
    store: Any = clients("identitystore")
    if away := elsewhere(store, center):
        raise CommandError(f"{away}: look there")
    user = found_by(store.get_user_id, center, "UserName", login)
    if user is None:
        why = f"IAM Identity Center has no user {login}, so its portal lets them in nowhere"
        do = f"{PUSH}, Assignments: they come with the umbrella group; Provisioning says what failed"
        return _says(f"no user {login}", Reason(rank=Rank.NO_ACCOUNT, why=why, do=do))
    lines, reasons = [f"{login} is a user there"], list[Reason]()
    for name in groups:
        group = found_by(store.get_group_id, center, "DisplayName", name)
        if group is None:
            lines.append(f"the group {name} was not pushed")
            why, do = f"Okta has not pushed the group {name}", f"{PUSH}, Push Groups, then `pulumi up`"
            reasons.append(Reason(rank=Rank.NOT_IN_GROUP, why=why, do=do))
        elif _is_in(store, center, user["UserId"], group["GroupId"]):
            lines.append(f"in {name}")
        else:
            lines.append(f"not in {name}")
            why = f"{login} is not in the group {name} of IAM Identity Center"
            do = f"where Okta has them in it: {PUSH}, Push Groups, {name}, push now; then they sign in again"
            reasons.append(Reason(rank=Rank.NOT_IN_GROUP, why=why, do=do))
    return Says(source=SOURCE, lines=tuple(lines), reasons=tuple(reasons))


def _says(line: str, reason: Reason) -> Says:
    return Says(source=SOURCE, lines=(line,), reasons=(reason,))


def _is_in(store: Any, center: IdentityCenter, user: str, group: str) -> bool:
    """https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_IsMemberInGroups.html"""
    answer = store.is_member_in_groups(
        IdentityStoreId=center.identity_store_id, MemberId={"UserId": user}, GroupIds=[group]
    )
    return any(each["MembershipExists"] for each in answer["Results"])
