"""The settings of the bootstrap stack: what a person says once per account, before any CI system may do anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from rollout import names
from rollout.account import Account
from rollout.model import errors
from rollout.model.base import Part
from rollout.model.errors import Mistake, StackFileError
from rollout.model.fields import Domain, IdentityCenterArn, IdentityStoreId, Shape
from rollout.model.machines import Repository, RoleArn
from rollout.pipeline.identity_center import Instance
from rollout.pipeline.rights import environments

PROJECT = "claude-code-rollout-bootstrap"

# With what is put around it, a role's name has at most 64 characters (IAM API reference, CreateRole).
StackName = Annotated[
    str,
    Shape(r"[a-z0-9][a-z0-9-]{0,38}", "a stack's name (1 to 39 lower-case letters, digits and hyphens)"),
]
IssuerArn = Annotated[
    str,
    Shape(
        rf"arn:aws[a-z-]*:iam::\d{{12}}:oidc-provider/{names.WORKFLOW_ISSUER}",
        f"the ARN of GitHub's OIDC provider (arn:aws:iam::<account>:oidc-provider/{names.WORKFLOW_ISSUER})",
    ),
]
# A trust policy has 2,048 characters; those of IAM Identity Center have some 130 each.
MOST_ON_CALL = 10


class Bootstrap(Part):
    repository: Repository
    """The repository whose workflows preview and deploy, as `owner/name` at GitHub."""
    okta_domain: Domain
    """The organization's Okta domain, such as `acme.okta.com`, as in the stack files."""
    stacks: tuple[StackName, ...] = Field(min_length=1, max_length=20)
    """The stacks that are deployed, such as `[dev, prod]`; each has two environments at GitHub."""
    issuer_arn: IssuerArn | None = None
    """The ARN of GitHub's OIDC provider where the account has it already; there is one per account."""
    on_call_principal_arns: tuple[RoleArn, ...] = Field(default=(), max_length=MOST_ON_CALL)
    """Roles of this account whose holders may take the role for on-call, such as that of a permission set of IAM
    Identity Center; none: there is no such role."""
    identity_center_arn: IdentityCenterArn | None = None
    """The instance of IAM Identity Center, where a stack has `federation: identity_center`, as it is there."""
    identity_store_id: IdentityStoreId | None = None
    """Of the same, and named with it."""

    @property
    def center(self) -> Instance | None:
        """None where nobody signs in by IAM Identity Center."""
        arn, store = self.identity_center_arn, self.identity_store_id
        return Instance(arn=arn, store=store) if arn and store else None


def load(config: Mapping[str, str]) -> Bootstrap:
    """From what the engine hands the program: values by full key, lists as JSON. Raises StackFileError."""
    document = {
        key.removeprefix(f"{PROJECT}:"): _value(text) for key, text in config.items() if key.startswith(f"{PROJECT}:")
    }
    mistakes = list(_twice(document.get("stacks")))
    both = ("identity_center_arn", "identity_store_id")
    if len(named := [key for key in both if document.get(key)]) == 1:
        lacking = next(key for key in both if key not in named)
        mistakes.append(Mistake((lacking,), f"missing beside {named[0]}; name both, or neither"))
    try:
        found = Bootstrap.model_validate(document)
    except ValidationError as error:
        mistakes += errors.mistakes_of(error, Bootstrap, ())
    else:
        if not mistakes:
            return found
    raise StackFileError(sorted({mistake.line({}) for mistake in mistakes}))


def require_own(bootstrap: Bootstrap, account: Account) -> None:
    """A provider of another account lets nobody in here, and nobody of another account is on call. Raises
    StackFileError."""
    own = account.iam(f"oidc-provider/{names.WORKFLOW_ISSUER}")
    lines: list[str] = []
    if bootstrap.issuer_arn and bootstrap.issuer_arn != own:
        lines.append(f"issuer_arn: of another account: {bootstrap.issuer_arn}; in this one it is {own}")
    lines += [
        f"on_call_principal_arns.{place}: of another account: {arn}; this one is {account.id}"
        for place, arn in enumerate(bootstrap.on_call_principal_arns)
        if not arn.startswith(account.iam("role/"))
    ]
    if lines:
        raise StackFileError(lines)


def _value(text: str) -> Any:
    if not text.startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _twice(stacks: object) -> list[Mistake]:
    """Of two stacks with one environment between them, one would preview with the rights of the other to deploy."""
    seen: dict[str, int] = {}
    mistakes: list[Mistake] = []
    for place, stack in enumerate(stacks if isinstance(stacks, list) else []):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        for environment in environments(str(stack)):  # pyright: ignore[reportUnknownArgumentType]
            other = seen.setdefault(environment, place)
            if other != place:
                text = (
                    f"has the environment {errors.shown(environment)} as stacks.{other} has; name one of them otherwise"
                )
                mistakes.append(Mistake(("stacks", place), text))
    return mistakes
