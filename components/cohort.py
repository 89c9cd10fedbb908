"""One cohort: what its people may use, and how they get there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import pulumi
import pulumi_aws as aws

from components.functions.announcement import Announcement, AnnouncementArgs
from components.gateway_level import GatewayLevelArgs, gateway_level
from components.identity.access import Access, AccessArgs
from components.identity.federation import Federation
from components.identity.membership import Membership, MembershipArgs
from components.identity.permission_set import PermissionSet
from components.mac_settings import MacSettings
from components.macs import MacsArgs, macs
from components.observability.alarms import Alarms, AlarmsArgs
from components.shared import Shared
from components.steps import Steps
from rollout import names
from rollout.access.federation import trust_policy
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.incidents.registered_state import cohort_standing
from rollout.incidents.said_of_cuts import cuts
from rollout.model.cohort import Cohort as Declared
from rollout.model.rollout import Rollout
from rollout.observability.cohort_alarms import cohort_alarms
from rollout.update_order import Step, order
from rollout.usage.meter_input import profile_item


@dataclass(frozen=True, kw_only=True)
class CohortArgs:
    rollout: Rollout
    account: Account
    shared: Shared
    user_ids: Mapping[str, str]
    """Okta's user id by e-mail address, of those who may sign in now."""
    umbrella_ids: Mapping[str, str]
    """The same of those who are let in by this cohort, or were and now are by another."""
    record: Record
    """Of cuts, as this update leaves it."""
    recorded: pulumi.Resource
    """Where that is kept."""
    identity_group: str | None = None
    """The id of its group in IAM Identity Center, where people sign in by that and it is there."""


class Cohort(pulumi.ComponentResource):
    """Everything a rollback takes: `pulumi destroy --target` names this component. Logs are elsewhere and stay."""

    role_arn: pulumi.Output[str] | None = None
    profile_arns: Mapping[str, pulumi.Output[str]] = MappingProxyType({})
    membership: Membership | None = None
    announcement: Announcement
    steps: Steps
    """What its update is made of, in order."""
    macs: MacSettings | None = None

    def __init__(self, name: str, args: CohortArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        cohort = args.rollout.cohorts[name]
        super().__init__("claude:rollout:Cohort", name, {"level": cohort.level.value}, opts)
        self._args, self._child = args, pulumi.ResourceOptions(parent=self)
        self._tags = {"cohort": name, "organization": args.rollout.organization.name}
        self.steps = steps = Steps(order(denies_everybody=args.record.cohorts[name].denies_everybody))

        steps.made(Step.RECORD, [args.recorded])
        access = self._access(name) if cohort.level.effects.role else self._permission_set(name)
        self._tell_the_gateway(name)
        if args.shared.federation and not cohort.machines:
            self.membership = self._membership(name, args.shared.federation)
        self._tell_the_meter(name)
        if access:
            self.macs = self._macs(name) if cohort.level.effects.role else None
            tracked = self.membership.tracked if self.membership else True
            steps.made(Step.ALLOW, access.allow(steps.before(Step.ALLOW), tracked))
        self.announcement = self._announcement(name)

        known = args.user_ids if args.shared.federation else None
        self.register_outputs(
            {
                "profile_arns": self.profile_arns,
                "group_name": None if cohort.machines else names.okta_group(args.account.id, name),
                "standing": cohort_standing(args.rollout, name, args.record, known),
                "deployed": self._deployed(name, args),
            }
        )

    def _access(self, name: str) -> Access | PermissionSet:
        """The role with its Denies, and what it will be allowed to invoke; not yet the Allow."""
        args = self._args
        self.profile_arns = {label: self._profile(name, label).arn for label in args.rollout.cohorts[name].models}
        access = self._permission_set(name) or Access(
            f"{name}-access",
            self._access_args(
                name,
                trust_policy(args.rollout, args.account, name, args.record),
                _provider(args.shared, args.rollout.cohorts[name]),
            ),
            self._child,
        )
        self.role_arn = access.role_arn
        self._alarms(name)
        return access

    def _permission_set(self, name: str) -> PermissionSet | None:
        """None of a role of ours. One that is not ours to take away is, at a level without a role, denied and without
        an Allow before whoever has it takes it."""
        center = self._args.rollout.identity_center
        if not center or not self._args.rollout.by_permission_set(name):
            return None
        args = self._access_args(name, {}, None)
        return PermissionSet(f"{name}-access", args, center, self._args.identity_group, self._child)

    def _access_args(self, name: str, trusted: Mapping[str, object], provider: pulumi.Resource | None) -> AccessArgs:
        args = self._args
        return AccessArgs(
            cohort=name,
            account=args.account,
            trust_policy=trusted,
            provider=provider,
            rollout=args.rollout,
            profile_arns=self.profile_arns,
            record=args.record,
            steps=self.steps,
            tags=self._tags,
        )

    def _membership(self, name: str, federation: Federation) -> Membership:
        args = self._args
        made = Membership(
            f"{name}-membership",
            MembershipArgs(
                cohort=name,
                account=args.account,
                level=args.rollout.cohorts[name].level,
                federation=federation,
                user_ids=args.user_ids,
                umbrella_ids=args.umbrella_ids,
                after=self.steps.before(Step.MEMBERSHIPS),
            ),
            self._child,
        )
        self.steps.made(Step.MEMBERSHIPS, made.memberships)
        self.steps.made(Step.ASSIGNMENT, made.assignments)
        return made

    def _tell_the_meter(self, name: str) -> None:
        """Whose each profile is; kept when the profile is gone, since the last records of its use come later."""
        meter = self._args.shared.meter
        account, models = self._args.account, self._args.rollout.models
        items = [
            aws.dynamodb.TableItem(
                f"{name}-{label}-counted-{names.source_digest(account.source_arn(models[label]))}",
                table_name=meter.table,
                hash_key="id",
                item=arn.apply(partial(_owned, name, label)),
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
            for label, arn in self.profile_arns.items()
        ]
        self.steps.made(Step.PROFILE_OWNERS, [*items, *meter.told.get(name, ())])

    def _tell_the_gateway(self, name: str) -> None:
        told = gateway_level(
            f"{name}-gateway-level",
            GatewayLevelArgs(
                cohort=name,
                rollout=self._args.rollout,
                account=self._args.account,
                table=self._args.shared.meter.table,
                profile_arns=self.profile_arns,
                after=self.steps.before(Step.GATEWAY_LEVEL),
            ),
            self,
        )
        self.steps.made(Step.GATEWAY_LEVEL, told)

    def _macs(self, name: str) -> MacSettings | None:
        args = self._args
        if not args.shared.macs or not args.shared.federation or args.rollout.cohorts[name].machines:
            return None
        made = macs(
            f"{name}-macs",
            MacsArgs(
                cohort=name,
                rollout=args.rollout,
                account=args.account,
                server=args.shared.macs,
                federation=args.shared.federation,
                profile_arns=self.profile_arns,
                after=self.steps.before(Step.MAC_GROUPS),
            ),
            self._child,
        )
        # Deletions are ranked by depth: an Allow as deep as what Macs have does not wait for a Mac that is off.
        self.steps.made(Step.MAC_GROUPS, made.groups.values())
        return made

    def _announcement(self, name: str) -> Announcement:
        args = self._args
        return Announcement(
            f"{name}-announcement",
            AnnouncementArgs(
                cohort=name,
                account=args.account,
                rollout=args.rollout,
                record=args.record,
                announcer=args.shared.announcer,
                after=self.steps.before(Step.NOTICE),
            ),
            self._child,
        )

    def _deployed(self, name: str, args: CohortArgs) -> dict[str, Any]:
        """What `rollout` reads out of the state; what a cohort has not at its level is left out."""
        return {
            "level": args.rollout.cohorts[name].level.value,
            "role_name": names.role(name) if self.role_arn is not None else None,
            **self._by_permission_set(name),
            "role_arn": self.role_arn,
            "profile_arns": self.profile_arns,
            "okta_group": None if args.rollout.cohorts[name].machines else names.okta_group(args.account.id, name),
            "log_group": args.shared.trail.usage_log_groups.get(name),
            "members": sorted(args.rollout.cohorts[name].holders),
            **(cuts(args.record.cohorts[name]) if name in args.record.cohorts else {}),
        }

    def _by_permission_set(self, name: str) -> dict[str, str]:
        """In place of a role, whose name nobody knows before it is there."""
        there = self._args.rollout.by_permission_set(name) and self.profile_arns
        return {"permission_set": names.permission_set(name)} if there else {}

    def _profile(self, name: str, label: str) -> aws.bedrock.InferenceProfile:
        model = self._args.rollout.models[label]
        source = self._args.account.source_arn(model)
        return aws.bedrock.InferenceProfile(
            f"{name}-{label}",
            name=names.inference_profile(name, label, source),
            # Fixed: a changed description would replace the profile, and clients hold its ARN.
            description=f"Claude Code cohort {name}: {label}",
            model_source=aws.bedrock.InferenceProfileModelSourceArgs(copy_from=source),
            tags={**self._tags, "model": label},
            opts=self._child,
        )

    def _alarms(self, name: str) -> None:
        # How many there are does not depend on ids, so a placeholder counts them in preview too.
        alarms = partial(cohort_alarms, self._args.rollout, name)
        ids = {label: arn.apply(lambda arn: arn.rpartition("/")[2]) for label, arn in self.profile_arns.items()}
        Alarms(
            f"{name}-alarms",
            AlarmsArgs(
                account=self._args.account,
                audiences=self._args.shared.audiences,
                alarms=alarms(dict.fromkeys(ids, "")),
                resolved=pulumi.Output.all(**ids).apply(alarms),
                tags=self._tags,
            ),
            self._child,
        )


def _owned(cohort: str, label: str, arn: str) -> str:
    return json.dumps(profile_item(cohort, label, arn), sort_keys=True)


def _provider(shared: Shared, cohort: Declared) -> pulumi.Resource | None:
    """What the cohort's role trusts, which has to be there before it; None where it is adopted, or no provider."""
    if cohort.machines:
        return shared.workflows.provider if shared.workflows else None
    if shared.gateway:
        return shared.gateway.role
    return shared.federation.provider if shared.federation else None
