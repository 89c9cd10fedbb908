"""Where people sign in to a gateway: an app of Okta's, which tells it who somebody is and in which cohorts."""

from __future__ import annotations

import pulumi
import pulumi_okta as okta

from components.identity.app_defaults import POLICY_IS_OKTAS, REDIRECT_URI
from rollout import okta_names
from rollout.account import Account
from rollout.model.gateway import Gateway, GatewayKind

# Where `claude gateway` takes a person back from Okta (seen in 2.1.332).
CALLBACK = "/oauth/callback"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


def gateway_app(name: str, account: Account, gateway: Gateway, opts: pulumi.ResourceOptions) -> okta.app.OAuth:
    """The vendor's gateway signs people in itself, with a secret; in front of LiteLLM each person's own machine does,
    which keeps none.

    That it hears of a person's groups is set in Okta by hand: the provider's `groups_claim` is deprecated, and
    passed over where the provider is a service app (terraform-provider-okta issues 1906 and 2730). Until then it hears
    of none, and nobody is served.

    Another kind is another type, which Okta does not change: a new app of the same client id, for which the old one
    goes first, with the groups' assignments to it. Meanwhile nobody signs in anew.
    """
    client_id = okta_names.gateway_app(account.id)
    web = gateway.kind is GatewayKind.CLAUDE_APPS
    return okta.app.OAuth(
        name,
        label=client_id,
        client_id=client_id,
        type="web" if web else "native",
        grant_types=["authorization_code", "refresh_token"] if web else ["authorization_code", DEVICE_CODE],
        response_types=["code"],
        redirect_uris=[f"{gateway.url}{CALLBACK}"] if web else [REDIRECT_URI],
        pkce_required=True,
        token_endpoint_auth_method="client_secret_basic" if web else "none",
        # Okta makes one, and whoever runs the gateway takes it from Okta's console: it is never in a stack's state.
        omit_secret=web,
        skip_authentication_policy=POLICY_IS_OKTAS,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )
