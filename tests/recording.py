"""The whole program run without an engine: what it would register, with options that Pulumi's own mocks cannot see."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import os
import runpy
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, contextmanager
from typing import Any
from unittest.mock import patch

from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import mocks, rpc, run_in_stack, set_all_config
from pulumi.runtime.settings import configure

from components.identity import okta_reachability
from rollout.incidents.cut_record import NAME, STASH, Record
from rollout.stack_file.load import SECRETS
from tests import recording_of_identity_center
from tests.registrations import JAMF, Recorded, Registration, comparable
from tests.stacks import COMPANY, PROJECT

ACCOUNT = "123456789012"
REGION = "us-east-1"
PROJECT_NAME = "claude-code-rollout"


def opaque(prefix: str, text: str, length: int) -> str:
    """An id as AWS or Okta would invent one, but the same each time."""
    return prefix + hashlib.sha256(text.encode()).hexdigest()[: length - len(prefix)]


def okta_user_id(email: str) -> str:
    return opaque("00u", email, 20)


# Of what has its ARN as its id, or might as well.
ARNS: Mapping[str, str] = {
    "aws:iam/policy:Policy": f"arn:aws:iam::{ACCOUNT}:policy/{{name}}",
    "aws:kms/key:Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{name}}",
    "aws:secretsmanager/secret:Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{name}}-AbCdEf",
}


class World(mocks.Mocks):
    """Answers as AWS and Okta would. `strangers`: addresses that Okta does not know. `groups`: who is in a group, by its
    id, as Okta says when it is asked afterwards. `answer`: what the announcer says. `parameters`: of SSM, by name.
    `accounts`: what Okta says of somebody otherwise than `_okta_user`, by address. `record`: of cuts, as the last
    update left it. `cuts`: inline policies of the roles that are there, by the role's name, or what IAM answers in
    place of them. `audiences`: of GitHub's provider, where it is adopted. `pushed`: groups of Identity Center."""

    def __init__(
        self,
        recorded: Recorded,
        strangers: frozenset[str] = frozenset(),
        groups: Mapping[str, Sequence[str]] | None = None,
        answer: str = '{"accepted": true}',
        parameters: Mapping[str, str] | None = None,
        record: Record | None = None,
        cuts: Mapping[str, Sequence[str]] | str | None = None,
        audiences: Sequence[str] = ("sts.amazonaws.com",),
        pushed: Sequence[str] | str | None = None,
        accounts: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.recorded, self.record, self.audiences, self.pushed = recorded, record, audiences, pushed
        self.accounts, self.cuts, self.parameters = accounts or {}, cuts or {}, parameters or {}
        self.answer = answer
        self.strangers = strangers
        self.groups = groups or {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        state = dict(args.inputs)
        name = state.get("name") or args.name
        match args.typ:
            case "aws:bedrock/inferenceProfile:InferenceProfile":
                id_ = opaque("", name, 12)
                state["arn"] = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/{id_}"
            case "aws:iam/role:Role":
                id_, state["arn"] = name, f"arn:aws:iam::{ACCOUNT}:role/{name}"
            case "aws:ssoadmin/permissionSet:PermissionSet":
                id_ = state["arn"] = f"arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/{opaque('ps-', name, 19)}"
            case "aws:sqs/queue:Queue":
                id_ = state["url"] = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
            case kind if kind in ARNS:
                id_ = state["arn"] = ARNS[kind].format(name=name)
            case "aws:lambda/functionUrl:FunctionUrl" | "aws:lambda/invocation:Invocation":
                id_ = name
                state["functionUrl"] = f"https://{opaque('', name, 32)}.lambda-url.{REGION}.on.aws/"
                state["result"] = self.answer
            case "okta:app/saml:Saml":
                id_ = args.resource_id or opaque("0oa", args.name, 20)
                state["metadata"] = "<EntityDescriptor/>" * 60
            case "okta:app/oAuth:OAuth":
                id_ = args.resource_id or opaque("0oa", args.name, 20)
                state.setdefault("clientId", id_)
            case "okta:group/group:Group":
                id_ = args.resource_id or opaque("00g", args.name, 20)
            case _:
                id_ = args.resource_id or f"{args.name}-id"
                state |= JAMF.get(args.typ, {})
        return id_, state

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        self.recorded.calls.append((args.token, args.args))
        match args.token:
            case "aws:index/getCallerIdentity:getCallerIdentity":
                return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "userId": "x", "id": ACCOUNT}, []
            case "aws:index/getRegion:getRegion":
                return {"region": REGION, "name": REGION, "id": REGION, "endpoint": "", "description": ""}, []
            case "aws:ssm/getParametersByPath:getParametersByPath":
                path, found = args.args["path"], self.parameters
                known = {"arns": list(found), "types": ["String"] * len(found), "region": REGION}
                return {"id": path, "path": path, "names": list(found), "values": list(found.values()), **known}, []
            case "pulumi:pulumi:readStackOutputs":
                return {"outputs": {"cohorts": {}} if self.record else {}}, []
            case "pulumi:pulumi:readStackResourceOutputs":
                assert self.record is not None
                kept = {"type": STASH, "outputs": {"input": self.record.document()}}
                return {"outputs": {f"urn:pulumi:test::{PROJECT_NAME}::{STASH}::{NAME}": kept}}, []
            case "aws:iam/getRolePolicies:getRolePolicies":
                return self._role_policies(args.args["roleName"])
            case "aws:iam/getPolicy:getPolicy" | "aws:identitystore/getGroup:getGroup":
                return recording_of_identity_center.answer(args.args, self.cuts, self.pushed)
            case "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider":
                return self._workflow_issuer(args.args["arn"]), []
            case "okta:user/getUsers:getUsers":
                return {"id": "search", "users": self._found(args.args)}, []
            case _:
                raise AssertionError(f"the program asked for {args.token}, which this world does not know")

    def _role_policies(self, role: str) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if isinstance(self.cuts, str):
            return {}, [("roleName", self.cuts)]
        if role not in self.cuts:
            gone = f"ListRolePolicies: NoSuchEntity: The role with name {role} cannot be found."
            return {}, [("roleName", gone)]
        return {"id": role, "roleName": role, "policyNames": list(self.cuts[role])}, []

    def _workflow_issuer(self, arn: str) -> dict[Any, Any]:
        known = {"url": "token.actions.githubusercontent.com", "thumbprintLists": [], "tags": {}}
        return {"id": arn, "arn": arn, "clientIdLists": list(self.audiences), **known}

    def _found(self, args: Mapping[str, Any]) -> list[dict[str, Any]]:
        if group := args.get("groupId"):
            return [self._user(email) for email in self.groups[group]]
        quoted = args["searches"][0]["expression"].split('"')[1::2]
        return [self._user(email) for email in quoted if email not in self.strangers]

    def _user(self, email: str) -> dict[str, str]:
        return {**_okta_user(email), **self.accounts.get(email, {})}


def _okta_user(email: str) -> dict[str, str]:
    return {"id": okta_user_id(email), "email": email, "login": email, "status": "ACTIVE"}


def _is_secret(value: Any) -> bool:
    return (
        isinstance(value, Struct)
        and rpc._special_sig_key in value
        and value[rpc._special_sig_key] == rpc._special_secret_sig
    )


class Monitor(mocks.MockMonitor):
    """Keeps each registration whole; refuses two resources of one URN, as the engine does."""

    def __init__(self, world: World, stack: str) -> None:
        super().__init__(world)
        self.recorded = world.recorded
        self.stack = stack

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine does: a child's type is qualified by its ancestors', but not by the stack's."""
        ancestors = parent.split("::")[2] if parent else ""
        if ancestors in {"", "pulumi:pulumi:Stack"}:
            return f"urn:pulumi:{self.stack}::{PROJECT_NAME}::{type_}::{name}"
        return f"urn:pulumi:{self.stack}::{PROJECT_NAME}::{ancestors}${type_}::{name}"

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self._record(response.urn, request, comparable(rpc.deserialize_properties(request.object)))
            self.recorded.outputs_of[response.urn] = comparable(rpc.deserialize_properties(response.object))
        return response

    def ReadResource(self, request: Any) -> Any:
        response = super().ReadResource(request)
        self._record(response.urn, request, {"id": request.id}, read=True)
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            self.recorded.outputs = rpc.deserialize_properties(request.outputs)
        else:
            self.recorded.outputs_of[request.urn] = rpc.deserialize_properties(request.outputs)
        return empty_pb2.Empty()

    def _record(self, urn: str, request: Any, inputs: Mapping[str, Any], *, read: bool = False) -> None:
        assert urn not in self.recorded.by_urn, f"two resources of one name: {urn}"
        self.recorded.order.append(
            Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                inputs=inputs,
                parent=request.parent,
                depends_on=tuple(sorted(request.dependencies)),
                protect=not read and request.protect,
                retain=not read and request.retainOnDelete,
                read=read,
                delete_first=not read and request.deleteBeforeReplace,
                secrets=tuple(sorted(key for key, value in request.object.items() if _is_secret(value)))
                if not read
                else (),
                frames=len(request.stackTrace.frames) + bool(request.sourcePosition.uri),
                depends_on_by_property={
                    key: tuple(sorted(each.urns)) for key, each in request.propertyDependencies.items() if each.urns
                }
                if not read
                else {},
            )
        )


@contextmanager
def loops_closed() -> Generator[None]:
    """Close what Pulumi's SDK leaves open: the event loop it makes for each thread that asks the monitor."""
    made: list[asyncio.AbstractEventLoop] = []
    new = asyncio.new_event_loop

    def kept() -> asyncio.AbstractEventLoop:
        made.append(new())
        return made[-1]

    try:
        with patch.object(asyncio, "new_event_loop", kept):
            yield
    finally:
        for loop in made:
            loop.close()


def settings(monitor: Monitor, stack: str, preview: bool) -> mocks.MockSettings:
    """As `pulumi.runtime.set_mocks` makes them, but without a root stack: the program brings its own."""
    features = set(monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures)
    return mocks.MockSettings(
        monitor=monitor,
        monitor_features=features,
        engine=mocks.MockEngine(None),
        project=PROJECT_NAME,
        stack=stack,
        dry_run=preview,
        organization="organization",
    )


def run(
    config: Mapping[str, str],
    stack: str = "test",
    *,
    preview: bool = True,
    strangers: frozenset[str] = frozenset(),
    groups: Mapping[str, Sequence[str]] | None = None,
    answer: str = '{"accepted": true}',
    encrypted: Sequence[str] = SECRETS,
    parameters: Mapping[str, str] | None = None,
    cuts: Mapping[str, Sequence[str]] | str | None = None,
    program_file: str = "__main__.py",
    record: Record | None = None,
    okta_answers: bool = True,
    audiences: Sequence[str] = ("sts.amazonaws.com",),
    pushed: Sequence[str] | str | None = None,
    accounts: Mapping[str, Mapping[str, str]] | None = None,
) -> Recorded:
    """Run `__main__.py`, or another program, with a stack's configuration; raises what it raises."""
    recorded = Recorded()

    def program() -> None:
        runpy.run_path(str(PROJECT / program_file), run_name="__main__")

    def in_context() -> None:
        world = World(recorded, strangers, groups, answer, parameters, record, cuts, audiences, pushed, accounts)
        with loops_closed(), ThreadPoolExecutor() as threads:
            loop = asyncio.new_event_loop()
            loop.set_default_executor(threads)
            configure(settings(Monitor(world, stack), stack, preview))
            set_all_config(dict(config), [f"{PROJECT_NAME}:{key}" for key in encrypted])
            loop.run_until_complete(run_in_stack(program))

    os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
    reachable = patch.object(okta_reachability, "answers", lambda *_: okta_answers)
    with chdir(COMPANY), reachable:
        contextvars.copy_context().run(in_context)
    return recorded
