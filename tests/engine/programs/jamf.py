"""A cohort's Macs, without the cohort: what is declared is in the stack's configuration, `macs:declared`."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components.mac_settings import MacSettings, MacSettingsArgs
from providers.jamf import sdk as jamf
from rollout.macs.commit_guard import File
from rollout.macs.places import DOMAIN, PLACES, Platform
from rollout.model.macs import Jamf

PLACE = PLACES[Platform.MACOS]
config = pulumi.Config("macs")
declared = json.loads(config.require("declared"))

# Something that a preview does not know, as the ARN of an inference profile is.
topic = aws.sns.Topic("topic", name="topic")
settings = Jamf.model_validate(
    {"url": "https://acme.jamfcloud.com", "client_id": "sandbox-jamf-client", **declared["jamf"]}
)
provider = jamf.Provider(
    "jamf",
    url=settings.url,
    client_id=settings.client_id,
    client_secret=config.require_secret("secret"),
    removal_seconds=declared["removal_seconds"],
    unconfirmed=settings.unconfirmed.value,
)
documents = {
    name: topic.arn.apply(lambda arn, document=document: {**document, "availableModels": [arn]})
    for name, document in declared["documents"].items()
}
if documents:
    macs = MacSettings(
        "pilot-macs",
        MacSettingsArgs(
            jamf=settings,
            provider=provider,
            organization="acme",
            people=declared["people"],
            documents=documents,
            settings_path=PLACE.settings if declared["channel"] == "file" else None,
            files=topic.arn.apply(
                lambda arn: [File(path=PLACE.aws_config, content=f"[profile claude-code]\n# {arn}\n", mode=0o644)]
            ),
        ),
    )
    pulumi.export("confirmed", dict(macs.confirmed))
    pulumi.export("groups", {name: group.id for name, group in macs.groups.items()})
if "adopted" in declared:
    jamf.ConfigurationProfile(
        "adopted",
        name="By hand",
        organization="acme",
        domain=DOMAIN,
        settings={"model": "haiku"},
        computer_group_ids=[],
        opts=pulumi.ResourceOptions(provider=provider, import_=declared["adopted"]),
    )
