"""The stack file's part about AWS IAM Identity Center, where people sign in by it."""

from __future__ import annotations

from rollout.model.base import Part
from rollout.model.fields import AwsRegion, HttpsUrl, IdentityCenterArn, IdentityStoreId, OktaAppId


class IdentityCenter(Part):
    """The organization's instance, of which there is one, used as it is. This stack's account must be its delegated
    administrator, or the management account; Okta is its identity source, by SAML and SCIM."""

    instance_arn: IdentityCenterArn
    """Of the instance: `aws sso-admin list-instances` says it."""
    identity_store_id: IdentityStoreId
    """Where the instance keeps users and groups; the same command says it."""
    region: AwsRegion
    """The instance's own region, which need not be the stack's."""
    start_url: HttpsUrl
    """The AWS access portal, such as `https://d-1234567890.awsapps.com/start`: members sign in there."""
    okta_app_id: OktaAppId
    """Okta's app *AWS IAM Identity Center*. The umbrella group is assigned to it, so that members become users there;
    that cohorts' groups are pushed by it, somebody sets once (docs/identity-center.md)."""
