"""The documents of a pipeline, cut from its rights: to preview, to deploy, to be on call, to keep a state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rollout import names
from rollout.access.documents import Document, allow, document
from rollout.account import BILLING_REGION, Account
from rollout.iam_limits import MANAGED_CHARACTERS, characters
from rollout.pipeline import identity_center
from rollout.pipeline.identity_center import Instance
from rollout.pipeline.rights import PASSED_TO, UNNAMED_BILLING, UNNAMED_READS, UNNAMED_WRITES, in_region, rights
from rollout.stack_file.load import PROJECT

# The file's own stops of single members.
ON_CALL_READS = names.member_stop_policy("*", 0).removesuffix("0") + "*"


def preview_policies(account: Account, okta_domain: str, stack: str, center: Instance | None = None) -> list[Document]:
    """What a preview asks, and nothing that changes anything; of secrets its own stack's alone. `center`: where people
    sign in by IAM Identity Center."""
    named = [statement for each in rights(account, okta_domain) for statement in each.allow_read(stack)]
    named += identity_center.reads(account, center) if center else []
    return list(packed([*named, _unnamed(account, UNNAMED_READS)]))


def deploy_policies(account: Account, okta_domain: str, center: Instance | None = None) -> list[Document]:
    """What an update does. Whoever may make roles may make any, so this role is worth as much as the account: it is
    given to one environment, behind its reviewers."""
    named = [allow(each.sid, each.all, each.resources) for each in rights(account, okta_domain)]
    if center:
        named += [*identity_center.reads(account, center), *identity_center.writes(account, center)]
    passed = allow(
        "HandOverRoles",
        ["iam:PassRole"],
        [account.iam(f"role/{names.PREFIX}-*")],
        {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
    )
    here = _unnamed(account, (*UNNAMED_READS, *UNNAMED_WRITES))
    return list(packed([*named, passed, here, in_region("UnnamedBilling", UNNAMED_BILLING, BILLING_REGION)]))


def on_call_policy(account: Account, center: Instance | None = None) -> Document:
    """`rollout cut` and nothing else: inline policies of the cohorts' roles, known by the boundary that each carries,
    and what is in force there. What an inline policy may allow ends at that boundary."""
    role = account.iam(f"role/{names.role('*')}")
    carries = {"StringLike": {"iam:PermissionsBoundary": account.policy_arn(names.boundary("*"))}}
    reads = ["iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"]
    return document(
        allow("Cut", ["iam:DeleteRolePolicy", "iam:PutRolePolicy"], [role], carries),
        allow("SeeWhatIsInForce", reads, [role]),
        allow("SeeWhoIsStopped", ["iam:GetPolicy", "iam:GetPolicyVersion"], [account.policy_arn(ON_CALL_READS)]),
        *(identity_center.cuts(account, center) if center else []),
    )


def on_call_trust(principal_arns: Iterable[str]) -> Document:
    """Roles of this account, by their ARNs."""
    return document(
        {
            "Sid": "OnCall",
            "Effect": "Allow",
            "Principal": {"AWS": sorted(principal_arns)},
            "Action": "sts:AssumeRole",
        }
    )


def read_state(account: Account, stack: str) -> list[Document]:
    """A preview takes no lock, and reads one stack's state; of others it sees that they are there."""
    bucket = account.bucket_arn(names.state_bucket(account.id))
    return [
        allow("ReadState", ["s3:GetObject"], [f"{bucket}/.pulumi/meta.yaml", *_state(account, stack)]),
        allow("FindState", ["s3:ListBucket"], [bucket]),
    ]


def write_state(account: Account, stack: str) -> list[Document]:
    written = ["s3:PutObject", "s3:DeleteObject"]
    return [allow("WriteState", written, _state(account, stack)), *read_state(account, stack)]


def decrypt_state(account: Account, stack: str, key_arn: str) -> list[Document]:
    """A preview opens what was encrypted for its stack, by the context that `--secrets-provider` names, and states
    that S3 keeps (AWS KMS developer guide, encryption context; S3 user guide, bucket keys)."""
    bucket = account.bucket_arn(names.state_bucket(account.id))
    by_s3 = {
        "StringEquals": {"kms:ViaService": f"s3.{account.region}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/*"]},
    }
    own = {"StringEquals": {f"kms:EncryptionContext:{names.STACK_TAG}": stack}}
    return [
        allow("OwnSecrets", ["kms:Decrypt"], [key_arn], own),
        allow("StatesInS3", ["kms:Decrypt"], [key_arn], by_s3),
    ]


def use_key(key_arn: str) -> list[Document]:
    return [allow("Secrets", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [key_arn])]


def _state(account: Account, stack: str) -> list[str]:
    """Where Pulumi keeps a stack in a bucket (pulumi/pkg/backend/diy): its state, with what stood there before; each
    update; and who holds its lock. A stack's name has no dot, so `dev.*` is not `dev2.json`."""
    bucket = account.bucket_arn(names.state_bucket(account.id))
    kept = (f"stacks/{PROJECT}/{stack}.*", f"backups/{PROJECT}/{stack}/*", f"history/{PROJECT}/{stack}/*")
    return [f"{bucket}/.pulumi/{path}" for path in (*kept, f"locks/organization/{PROJECT}/{stack}/*")]


def _unnamed(account: Account, actions: Iterable[str]) -> Document:
    return in_region("Unnamed", actions, account.region)


def packed(statements: Iterable[Document]) -> Iterator[Document]:
    """As few managed policies as hold them in order."""
    kept: list[Document] = []
    for statement in statements:
        if kept and characters(document(*kept, statement)) > MANAGED_CHARACTERS:
            yield document(*kept)
            kept = []
        kept.append(statement)
    if kept:
        yield document(*kept)


def workflow_trust(account: Account, repository: str, environment: str) -> Document:
    """A workflow of one repository in one of its environments (GitHub documentation, OpenID Connect in AWS).

    `repository`: `owner/name`. Every job that asks for a role runs in an environment, so its token's subject is this.
    """
    return document(
        {
            "Sid": "OneEnvironment",
            "Effect": "Allow",
            "Principal": {"Federated": account.iam(f"oidc-provider/{names.WORKFLOW_ISSUER}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{names.WORKFLOW_ISSUER}:aud": "sts.amazonaws.com",
                    f"{names.WORKFLOW_ISSUER}:sub": f"repo:{repository}:environment:{environment}",
                }
            },
        }
    )
