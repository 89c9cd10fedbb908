"""What the providers are asked before anything is declared: which account this is, and who is in Okta."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

import pulumi
import pulumi_aws as aws
import pulumi_okta as okta

from rollout import directory
from rollout.account import Account
from rollout.directory import Person

SECOND_LOOK_SECONDS = "5"


@contextmanager
def answered(cloud: str) -> Generator[None]:
    """Missing credentials or a missing network are a person's to mend, not a program's fault."""
    try:
        yield
    except Exception as error:
        text = str(error).removeprefix("invoke of ").rpartition(" returned an error: ")[2]
        raise pulumi.RunError(f"{cloud} does not answer; check its credentials and network: {text}") from None


def current_account() -> Account:
    """The account and region that the AWS provider is configured for."""
    with answered("AWS"):
        return Account(aws.get_caller_identity().account_id, aws.config.region or aws.get_region().region)


def people(emails: Iterable[str]) -> dict[str, Person]:
    """Okta's users with these e-mail addresses, by address; one call for each fifty. Who is not found is not there."""
    found: list[Person] = []
    for search in directory.searches(emails):
        with answered("Okta"):
            result = okta.user.get_users(searches=[{"expression": search}])
        found += [Person(user.id, user.email, user.login, user.status) for user in result.users]
    return directory.by_email(found)


def group_mistakes(
    group_id: pulumi.Input[str], after: pulumi.Resource, judge: Callable[[list[str]], list[str]]
) -> pulumi.Output[list[str]]:
    """What `judge` has against the e-mail addresses that Okta lists in a group, once `after` is done.

    Okta's lists may lag behind its own writes, so it is asked a second time before anything is held against it.
    """

    def asked(delay: str | None) -> pulumi.Output[list[str]]:
        listed = okta.user.get_users_output(
            group_id=group_id, delay_read_seconds=delay, opts=pulumi.InvokeOutputOptions(depends_on=[after])
        )
        return listed.users.apply(lambda users: judge([user.email for user in users]))

    return asked(None).apply(lambda mistakes: asked(SECOND_LOOK_SECONDS) if mistakes else mistakes)
