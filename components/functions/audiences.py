"""Who can be told: one topic per audience, and what listens to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.access.documents import plain_trust_policy
from rollout.account import Account
from rollout.model.notify import Slack
from rollout.model.rollout import Rollout
from rollout.notices.announcer_input import unheard
from rollout.notices.documents import channel_guardrail
from rollout.notices.level_changes import AUDIENCES


@dataclass(frozen=True, kw_only=True)
class AudiencesArgs:
    account: Account
    rollout: Rollout


class Audiences(pulumi.ComponentResource):
    """Topics for notices and alarms, the addresses that subscribe to them, and Slack channels by Amazon Q."""

    topics: Mapping[str, aws.sns.Topic]

    def __init__(self, name: str, args: AudiencesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Audiences", name, {}, opts)
        self._tags = {"organization": args.rollout.organization.name}
        self._account = args.account
        self.topics = {}
        if not args.rollout.adopt.announcer:
            self._declare(name, args.rollout)

    def _declare(self, name: str, rollout: Rollout) -> None:
        notify, child = rollout.notify, pulumi.ResourceOptions(parent=self)
        self.topics = {
            audience: aws.sns.Topic(
                f"{name}-{audience}",
                name=names.topic(audience),
                display_name=f"Claude Code: {audience.replace('_', ' ')}",
                tags=self._tags,
                opts=child,
            )
            for audience in AUDIENCES
        }
        for audience, addresses in sorted(notify.email.items()):
            self._subscribe(f"{name}-{audience}", audience, addresses, alarms_only=notify.email_from is not None)
        for line in unheard(rollout):
            pulumi.log.warn(line)
        if notify.slack and notify.slack.amazon_q:
            self._channels(name, notify.slack)

    def _subscribe(self, name: str, audience: str, addresses: Sequence[str], *, alarms_only: bool) -> None:
        """Each address confirms once. Notices come by the announcer's own e-mail where there is a sender."""
        for address in sorted(set(addresses)):
            aws.sns.TopicSubscription(
                f"{name}-{address}",
                topic=self._account.topic_arn(audience),
                protocol="email",
                endpoint=address,
                filter_policy='{"kind": [{"exists": false}]}' if alarms_only else None,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.topics[audience]]),
            )

    def _channels(self, name: str, slack: Slack) -> None:
        account, child = self._account, pulumi.ResourceOptions(parent=self)
        trust = plain_trust_policy("chatbot.amazonaws.com")
        role = aws.iam.Role(
            f"{name}-channels-role",
            name=names.CHANNELS_ROLE,
            description="Amazon Q Developer posts notices of Claude Code to Slack; it may do nothing else",
            assume_role_policy=pulumi.Output.json_dumps(trust),
            tags=self._tags,
            opts=child,
        )
        guardrail = aws.iam.Policy(
            f"{name}-channels-guardrail",
            name=names.CHANNELS_ROLE,
            description="The most that can be done from a Slack channel",
            policy=pulumi.Output.json_dumps(channel_guardrail()),
            tags=self._tags,
            opts=child,
        )
        for audience, channel in sorted(slack.channels.items()):
            aws.chatbot.SlackChannelConfiguration(
                f"{name}-{audience}-channel",
                configuration_name=names.topic(audience),
                iam_role_arn=role.arn,
                slack_channel_id=channel.id,
                slack_team_id=slack.workspace_id,
                sns_topic_arns=[account.topic_arn(audience)],
                guardrail_policy_arns=[account.iam(f"policy/{names.CHANNELS_ROLE}")],
                logging_level="ERROR",
                user_authorization_required=True,
                tags=self._tags,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[guardrail, self.topics[audience]]),
            )
