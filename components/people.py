"""What the providers are asked before anything is declared: which account this is, and who is in Okta."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi
import pulumi_aws as aws
import pulumi_okta as okta

from rollout import directory
from rollout.account import Account
from rollout.directory import Person


def current_account() -> Account:
    """The account and region that the AWS provider is configured for."""
    return Account(aws.get_caller_identity().account_id, aws.config.region or aws.get_region().region)


def people(emails: Iterable[str]) -> dict[str, Person]:
    """Okta's users with these e-mail addresses, by address; one call for each fifty. Who is not found is not there."""
    found: list[Person] = []
    for search in directory.searches(emails):
        result = okta.user.get_users(searches=[{"expression": search}])
        found += [Person(user.id, user.email, user.login, user.status) for user in result.users]
    return directory.by_email(found)


def people_in_group(group_id: pulumi.Input[str], after: list[pulumi.Resource]) -> pulumi.Output[list[str]]:
    """The e-mail addresses of those whom Okta lists in a group, once `after` is done."""
    listed = okta.user.get_users_output(group_id=group_id, opts=pulumi.InvokeOutputOptions(depends_on=after))
    return listed.users.apply(lambda users: [user.email for user in users])
