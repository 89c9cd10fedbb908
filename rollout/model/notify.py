"""The stack file's part about who is told, and by which way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rollout.model.base import Part
from rollout.model.fields import Email, HttpsUrl, PageUrl, SlackChannelId, SlackWorkspace, Words

# The plan's, as `rollout.notices.level_changes.AUDIENCES` has them.
Audience = Literal["engineering", "team_leads", "finance", "security", "leadership"]


class SlackChannel(Part):
    id: SlackChannelId
    """What Slack knows the channel by; in its details, at the bottom."""
    name: Words | None = None
    """Without #, for readers: Claude Code names the one of `engineering` to whom it was taken from."""


class Slack(Part):
    workspace_id: SlackWorkspace
    """The workspace that the channels are in."""
    channels: Mapping[Audience, SlackChannel] = {}
    """Where each audience reads; one without a channel hears nothing in Slack."""
    amazon_q: bool = False
    """Whether Amazon Q Developer posts to the channels, in place of the bot; somebody authorizes it in Slack once."""


class Notify(Part):
    """Who is told, by which way. Audiences are the plan's."""

    slack: Slack | None = None
    """Channels to post in; without it nothing is posted in any."""
    email: Mapping[Audience, tuple[Email, ...]] = {}
    """Who gets what an audience is told, by audience. Each address confirms its subscription once."""
    email_from: Email | None = None
    """The sender. Without one, people get no e-mail of their own, and audiences only what they subscribe to."""
    incident_webhook: HttpsUrl | None = None
    """Where a record of each change of level is posted, signed with `webhook_signing_key`."""
    onboarding: bool = True
    """Whether members are told, in person, that they have access, of a new model, and that their access has ended. By
    Slack where there is a bot, by e-mail where there is a sender; with neither nobody is."""
    onboarding_page: PageUrl | None = None
    """Where you have put the page that `rollout onboarding-page` writes; `{cohort}` stands for a cohort's name."""
