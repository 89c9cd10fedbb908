"""What the providers are asked before anything is declared: which account this is, and who is in Okta."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import pulumi
import pulumi_aws as aws
import pulumi_okta as okta

from components.identity import okta_reachability
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.people import directory
from rollout.people.directory import Directory, Person
from rollout.stack_file.regions import refusal

SECOND_LOOK_SECONDS = "5"


@contextmanager
def answered(cloud: str) -> Generator[None]:
    """Missing credentials or a missing network are a person's to mend, not a program's fault."""
    try:
        yield
    except Exception as error:
        text = str(error).removeprefix("invoke of ").rpartition(" returned an error: ")[2]
        raise pulumi.RunError(f"{cloud} does not answer; check its credentials and network: {reason(text)}") from None


def reason(text: str) -> str:
    """A provider's error in one line. Those made of Terraform's put what matters last, behind a `*`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line.removeprefix("* ") for line in lines if line.startswith("* ")]
    said = (marked or [" ".join(lines)])[-1]
    # Okta's answer to the request for a token says why; the provider drops it.
    if "empty access token" in said:
        return f"{said}: a scope in OKTA_API_SCOPES is not granted to the app, or the key is not its own"
    return said


def current_account() -> Account:
    """The account and region that the AWS provider is configured for; RunError where no stack can be in that region."""
    with answered("AWS"):
        account = Account(aws.get_caller_identity().account_id, aws.config.region or aws.get_region().region)
    if why := refusal(account.region):
        raise pulumi.RunError(why)
    return account


def people(rollout: Rollout, okta_proxy: str = "") -> Directory | None:
    """Okta's users whom the stack file names, by e-mail address; one call for each fifty.

    While an incident is open, an Okta that does not answer must not stop access from being cut in AWS: none.
    `okta_proxy`: the provider's `httpProxy`, where one is set.
    """
    if rollout.incident_open and not okta_reachability.answers(rollout.okta.domain, okta_proxy):
        pulumi.log.warn(
            f"{rollout.okta.domain} does not answer within {okta_reachability.SECONDS:g} s. AWS is changed all the "
            "same; nobody is added to a group."
        )
        return None
    found: list[Person] = []
    try:
        for search in directory.searches(directory.wanted(rollout)):
            with answered("Okta"):
                result = okta.user.get_users(searches=[{"expression": search}])
            found += [Person(user.id, user.email, user.login, user.status) for user in result.users]
    except pulumi.RunError as error:
        if not rollout.incident_open:
            raise
        pulumi.log.warn(f"{error}. AWS is changed all the same; nobody is added to a group.")
        return None
    return directory.by_email(found)


def listed(
    group_id: pulumi.Input[str], after: Sequence[pulumi.Resource], judge: Callable[[list[Person]], list[str]]
) -> pulumi.Output[list[str]]:
    """What `judge` has against the accounts that Okta lists in a group, once all of `after` is done.

    Okta's lists may lag behind its own writes, so it is asked a second time before anything is held against it.
    """

    def asked(delay: str | None) -> pulumi.Output[list[str]]:
        users = okta.user.get_users_output(
            group_id=group_id, delay_read_seconds=delay, opts=pulumi.InvokeOutputOptions(depends_on=after)
        ).users
        return users.apply(lambda users: judge([Person(u.id, u.email, u.login, u.status) for u in users]))

    return asked(None).apply(lambda mistakes: asked(SECOND_LOOK_SECONDS) if mistakes else mistakes)
