"""Roles that Identity Center has made: IAM refuses whoever would change one of them (AWS re:Post, "Cannot perform the
operation on the protected role")."""

from __future__ import annotations

from collections.abc import Callable

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

from sandbox.aws.identity_center.provisioning import PATH, RESERVED
from sandbox.aws.refusals import QueryRefusal

CHANGES = (
    *("attach_role_policy", "delete_role", "delete_role_permissions_boundary", "delete_role_policy"),
    *("detach_role_policy", "put_role_permissions_boundary", "put_role_policy", "tag_role", "untag_role"),
    *("update_assume_role_policy", "update_role", "update_role_description"),
)


def refuse(role: str) -> None:
    if role.startswith(RESERVED):
        message = f"Cannot perform the operation on the protected role '{role}' - this role is only modifiable by AWS"
        raise QueryRefusal("UnmodifiableEntity", message)


class Reserved(IamResponse):
    """moto's IAM with these operations guarded."""

    def create_role(self) -> ActionResult:
        name, path = str(self._get_param("RoleName")), str(self._get_param("Path") or "/")
        if name.startswith(RESERVED) or path.startswith(PATH.rpartition("sso.")[0]):
            raise QueryRefusal("InvalidInput", f"{path}{name}: names and paths of this kind are reserved to AWS")
        return super().create_role()


def _guarded(operation: str) -> Callable[[IamResponse], ActionResult]:
    def call(self: IamResponse) -> ActionResult:
        refuse(str(self._get_param("RoleName")))
        return getattr(IamResponse, operation)(self)

    return call


for _operation in CHANGES:
    setattr(Reserved, _operation, _guarded(_operation))
