"""One cohort: what its people may use, and how they get there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws

from components.functions.announcement import Announcement, AnnouncementArgs
from components.identity.access import Access, AccessArgs
from components.identity.membership import Membership, MembershipArgs
from components.mac_settings import MacSettings
from components.macs import MacsArgs, macs
from components.observability.alarms import Alarms, AlarmsArgs
from components.shared import Shared
from rollout import names
from rollout.access.federation import trust_policy
from rollout.account import Account
from rollout.incidents.cut_record import Record, cuts
from rollout.incidents.registered_state import cohort_standing
from rollout.model.cohort import Cohort as Declared
from rollout.model.rollout import Rollout
from rollout.observability.cohort_alarms import cohort_alarms
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


class Cohort(pulumi.ComponentResource):
    """Everything a rollback takes: `pulumi destroy --target` names this component. Logs are elsewhere and stay."""

    role_arn: pulumi.Output[str] | None = None
    profile_arns: Mapping[str, pulumi.Output[str]]
    membership: Membership | None = None
    announcement: Announcement
    done: Sequence[pulumi.Resource]
    """What its level does, in AWS and Okta."""
    macs: MacSettings | None = None

    def __init__(self, name: str, args: CohortArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        cohort = args.rollout.cohorts[name]
        super().__init__("claude:rollout:Cohort", name, {"level": cohort.level.value}, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = {"cohort": name, "organization": args.rollout.organization.name}
        effects = cohort.level.effects

        access: Access | None = None
        self.profile_arns = {}
        if effects.role:
            self.profile_arns = {label: self._profile(name, label, args, tags).arn for label in cohort.models}
            access = Access(
                f"{name}-access",
                AccessArgs(
                    cohort=name,
                    account=args.account,
                    trust_policy=trust_policy(args.rollout, args.account, name),
                    provider=_provider(args.shared, cohort),
                    rollout=args.rollout,
                    profile_arns=self.profile_arns,
                    record=args.record,
                    recorded=args.recorded,
                    tags=tags,
                ),
                child,
            )
            self.role_arn = access.role_arn
            self._alarms(name, args, tags)

        paths: list[pulumi.Resource] = []
        if args.shared.federation and not cohort.machines:
            self.membership = Membership(
                f"{name}-membership",
                MembershipArgs(
                    cohort=name,
                    account=args.account,
                    level=cohort.level,
                    federation=args.shared.federation,
                    user_ids=args.user_ids,
                    umbrella_ids=args.umbrella_ids,
                    after=access.stops if access else [],
                ),
                child,
            )
            paths = self.membership.paths
        tracked = self.membership.tracked if self.membership else True
        counted = self._counted(name, args)
        if access and args.shared.macs and args.shared.federation and not cohort.machines:
            self.macs = macs(
                f"{name}-macs",
                MacsArgs(
                    cohort=name,
                    rollout=args.rollout,
                    account=args.account,
                    server=args.shared.macs,
                    federation=args.shared.federation,
                    profile_arns=self.profile_arns,
                    after=[*access.stops, *paths],
                ),
                child,
            )
        # Deletions are ranked by depth: an Allow as deep as what Macs have does not wait for a Mac that is off.
        groups = list(self.macs.groups.values()) if self.macs else []
        done = [*paths, *access.stops, *access.allow([*paths, *counted, *groups], tracked)] if access else paths
        self.done = done
        self.announcement = Announcement(
            f"{name}-announcement",
            AnnouncementArgs(
                cohort=name,
                account=args.account,
                rollout=args.rollout,
                record=args.record,
                announcer=args.shared.announcer,
                after=done,
            ),
            child,
        )
        known = args.user_ids if args.shared.federation else None
        self.register_outputs(
            {
                "profile_arns": self.profile_arns,
                "group_name": None if cohort.machines else names.okta_group(args.account.id, name),
                "standing": cohort_standing(args.rollout, name, args.record, known),
                "deployed": self._deployed(name, args),
            }
        )

    def _deployed(self, name: str, args: CohortArgs) -> dict[str, Any]:
        """What `rollout` reads out of the state; what a cohort has not at its level is left out."""
        return {
            "level": args.rollout.cohorts[name].level.value,
            "role_name": names.role(name) if self.role_arn is not None else None,
            "role_arn": self.role_arn,
            "profile_arns": self.profile_arns,
            "okta_group": None if args.rollout.cohorts[name].machines else names.okta_group(args.account.id, name),
            "log_group": args.shared.trail.usage_log_groups.get(name),
            "members": sorted(args.rollout.cohorts[name].holders),
            **(cuts(args.record.cohorts[name]) if name in args.record.cohorts else {}),
        }

    def _profile(
        self, name: str, label: str, args: CohortArgs, tags: Mapping[str, str]
    ) -> aws.bedrock.InferenceProfile:
        model = args.rollout.models[label]
        source = args.account.source_arn(model)
        return aws.bedrock.InferenceProfile(
            f"{name}-{label}",
            name=names.inference_profile(name, label, source),
            # Fixed: a changed description would replace the profile, and clients hold its ARN.
            description=f"Claude Code cohort {name}: {label}",
            model_source=aws.bedrock.InferenceProfileModelSourceArgs(copy_from=source),
            tags={**tags, "model": label},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _alarms(self, name: str, args: CohortArgs, tags: Mapping[str, str]) -> None:
        # How many there are does not depend on ids, so a placeholder counts them in preview too.
        alarms = partial(cohort_alarms, args.rollout, name)
        ids = {label: arn.apply(lambda arn: arn.rpartition("/")[2]) for label, arn in self.profile_arns.items()}
        Alarms(
            f"{name}-alarms",
            AlarmsArgs(
                account=args.account,
                audiences=args.shared.audiences,
                alarms=alarms(dict.fromkeys(ids, "")),
                resolved=pulumi.Output.all(**ids).apply(alarms),
                tags=tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _counted(self, name: str, args: CohortArgs) -> list[pulumi.Resource]:
        """Whose each profile is, written down for the meter before anybody may use it, and kept when it is gone: the
        last records of its use come later."""
        table = args.shared.meter.table
        return [
            aws.dynamodb.TableItem(
                f"{name}-{label}-counted-{names.source_digest(args.account.source_arn(args.rollout.models[label]))}",
                table_name=table.name,
                hash_key="id",
                item=pulumi.Output.json_dumps(arn.apply(partial(profile_item, name, label)), sort_keys=True),
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
            for label, arn in self.profile_arns.items()
            if table
        ]


def _provider(shared: Shared, cohort: Declared) -> pulumi.Resource | None:
    """What the cohort's role trusts, which has to be there before it; None where it is adopted, or no provider."""
    if cohort.machines:
        return shared.workflows.provider if shared.workflows else None
    return shared.federation.provider if shared.federation else None
