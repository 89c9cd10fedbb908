"""The cohorts' groups in IAM Identity Center, which Okta pushes there: asked for before anything is declared."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.identity.people import reason
from rollout import names
from rollout.account import Account
from rollout.model.rollout import Rollout

NOT_KNOWN = "not-known"
"""In place of a group's id, while an incident is open and nobody says it: what the state has is kept."""


def identity_groups(rollout: Rollout, account: Account) -> Mapping[str, str]:
    """Ids by cohort, of those whose role is Identity Center's. One that Okta has not pushed yet has none, and is said.

    While an incident is open, an Identity Center that does not answer must not stop access from being cut. RunError
    where it does not answer otherwise.
    """
    found: dict[str, str] = {}
    for name, cohort in rollout.declared.items():
        if not (rollout.identity_center and rollout.by_permission_set(name) and cohort.level.effects.role):
            continue
        group = names.okta_group(account.id, name)
        try:
            found[name] = aws.identitystore.get_group(
                # A look-up's plain dict would keep its keys as they are written here.
                alternate_identifier=aws.identitystore.GetGroupAlternateIdentifierArgs(
                    unique_attribute=aws.identitystore.GetGroupAlternateIdentifierUniqueAttributeArgs(
                        attribute_path="DisplayName", attribute_value=group
                    )
                ),
                identity_store_id=rollout.identity_center.identity_store_id,
                region=rollout.identity_center.region,
            ).group_id
        except Exception as error:  # the SDK has no class for what a provider refuses
            if "ResourceNotFound" in str(error):
                pulumi.log.warn(
                    f"cohorts.{name}: IAM Identity Center has no group {group}, so nobody has its permission set yet; "
                    "once Okta has pushed it, run this again (docs/identity-center.md)"
                )
                continue
            said = f"cohorts.{name}: Identity Center does not say which group is {group}: {reason(str(error))}"
            if not rollout.incident_open:
                raise pulumi.RunError(said) from None
            pulumi.log.warn(f"{said}. AWS is changed all the same; who has the permission set stays.")
            found[name] = NOT_KNOWN
    return found
