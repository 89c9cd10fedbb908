"""A cohort's people in Okta: its group, who is in it, and what that leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_okta as okta

from components.identity.app_defaults import POLICY_IS_OKTAS, REDIRECT_URI
from components.identity.federation import Federation
from rollout import names, okta_names
from rollout.account import Account
from rollout.levels import Level


@dataclass(frozen=True, kw_only=True)
class MembershipArgs:
    cohort: str
    account: Account
    level: Level
    federation: Federation
    user_ids: Mapping[str, str]
    """Okta's user id by e-mail address, of those who may sign in now."""
    umbrella_ids: Mapping[str, str]
    """The same of the umbrella group: also of those who moved to another cohort that lets them in."""
    after: Sequence[pulumi.Resource]
    """What must be in force before anybody leaves a group: Okta is slower, and does not end a session."""


class Membership(pulumi.ComponentResource):
    """The Okta group that gives the cohort's role, its members, and its assignment to the app that leads to AWS.

    The cohort's group is ours alone, so it is tracked whole; of the umbrella group only our people are.
    """

    group_name: str
    group_id: pulumi.Output[str]
    user_ids: Mapping[str, str]
    memberships: list[pulumi.Resource]
    assignments: list[pulumi.Resource]
    """Of the cohort's group to the app. With the memberships, all that leads somebody to AWS."""
    tracked: pulumi.Output[bool]
    """Known before anything is made. What depends on it goes, in the midst of an update, before its people do."""

    def __init__(self, name: str, args: MembershipArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Membership", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.group_name = names.okta_group(args.account.id, args.cohort)
        group = okta.group.Group(
            f"{name}-group",
            name=self.group_name,
            description=f"Claude Code cohort {args.cohort}; members get the role {names.role(args.cohort)}",
            opts=child,
        )
        self.group_id, self.user_ids, self.assignments = group.id, args.user_ids, []
        self._people(name, args, group)
        if args.level.effects.assigned and not args.federation.pushes:
            self._assign(name, args, group, child)
        self.register_outputs({"group_name": self.group_name})

    def _people(self, name: str, args: MembershipArgs, group: okta.group.Group) -> None:
        users = sorted(args.user_ids.values())
        opts = pulumi.ResourceOptions(
            parent=self,
            depends_on=args.after,
            # The provider reports a removal as done that Okta refused, but not when it takes back all of a membership.
            replacement_trigger="in" if args.level.effects.members else "out",
            delete_before_replace=True,
        )
        umbrella = args.federation.umbrella_group_id
        members = okta.GroupMemberships(
            f"{name}-members", group_id=group.id, users=users, track_all_users=True, opts=opts
        )
        self.tracked = members.track_all_users.apply(bool)
        self.memberships = [
            members,
            okta.GroupMemberships(
                f"{name}-umbrella",
                group_id=umbrella,
                users=sorted(args.umbrella_ids.values()),
                track_all_users=False,
                # One after the other, so that what goes before the first goes before both.
                opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[members])),
            ),
        ]

    def _assign(self, name: str, args: MembershipArgs, group: okta.group.Group, child: pulumi.ResourceOptions) -> None:
        app_id = args.federation.way_in_id
        if app_id is None:
            client_id = okta_names.cohort_app(args.account.id, args.cohort)
            app_id = okta.app.OAuth(
                f"{name}-app",
                label=client_id,
                client_id=client_id,
                type="native",
                grant_types=["authorization_code", "refresh_token"],
                response_types=["code"],
                redirect_uris=[REDIRECT_URI],
                pkce_required=True,
                token_endpoint_auth_method="none",
                skip_authentication_policy=POLICY_IS_OKTAS,
                opts=child,
            ).id
        self.assignments = [
            okta.app.GroupAssignment(f"{name}-assignment", app_id=app_id, group_id=group.id, opts=child)
        ]
