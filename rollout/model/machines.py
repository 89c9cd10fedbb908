"""What a machine proves itself with: a workflow at GitHub, or a role of AWS's. Neither is a key that somebody keeps."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from rollout import names
from rollout.model.base import Part
from rollout.model.fields import Shape

MachineName = Annotated[
    str,
    Shape(
        names.MACHINE.pattern,
        "a machine's name (3 to 32 lower-case letters, digits and hyphens; a letter first, at least one hyphen)",
    ),
]
# GitHub's limits of an owner's and a repository's name; nothing that IAM would read as a wildcard or a variable.
Repository = Annotated[
    str,
    Shape(
        r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}",
        "a repository at GitHub as owner/name, such as acme/claude-code-rollout",
    ),
]
RepositoryId = Annotated[
    str, Shape(r"[0-9]{1,18}", "a repository's number at GitHub (`gh api repos/OWNER/NAME --jq .id`), in quotes")
]
# GitHub writes a colon in it as %3A, which nobody would recognize here.
Environment = Annotated[
    str, Shape(r"[A-Za-z0-9_](?:[A-Za-z0-9_./ -]{0,98}[A-Za-z0-9_])?", "the name of an environment such as production")
]
GitRef = Annotated[
    str,
    Shape(
        r"refs/(?:heads|tags)/[A-Za-z0-9_][A-Za-z0-9_./-]{0,150}", "a branch or tag in full, such as refs/heads/main"
    ),
]
RoleArn = Annotated[
    str,
    Shape(
        r"arn:aws:iam::[0-9]{12}:role/(?:[A-Za-z0-9_+=,.@-]{1,100}/){0,5}[A-Za-z0-9_+=,.@-]{1,64}",
        "the ARN of a role (arn:aws:iam::<account>:role/<path and name>), without a wildcard",
    ),
]


class GithubWorkflow(Part):
    """A job of GitHub Actions, by what GitHub signs of it: one repository, and one environment or one ref."""

    repository: Repository
    """As `owner/name`, in GitHub's own spelling: IAM tells capital letters apart."""
    repository_id: RepositoryId | None = None
    """GitHub's number of the repository, in quotes: whoever takes over a name that its owner gave up has another."""
    environment: Environment | None = None
    """The environment that the job names. Its protection rules say which branches get it, and who approves."""
    ref: GitRef | None = None
    """In place of an environment: the branch or tag that the workflow runs on, such as `refs/heads/main`."""

    @model_validator(mode="after")
    def _one_of_both(self) -> GithubWorkflow:
        if (self.environment is None) is (self.ref is None):
            raise ValueError("needs environment, or ref; one of them, and not both")
        return self

    @property
    def subject(self) -> str:
        """`sub` of the job's token (GitHub documentation, OpenID Connect reference, example subject claims). A job of a
        pull request that names no environment has another."""
        what = f"environment:{self.environment}" if self.environment else f"ref:{self.ref}"
        return f"repo:{self.repository}:{what}"
