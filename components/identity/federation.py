"""Between Okta and AWS, once per stack: who is trusted, and where people sign in."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_okta as okta

from components.identity.adopted_apps import fits
from components.identity.app_defaults import POLICY_IS_OKTAS, REDIRECT_URI
from components.identity.gateway_app import gateway_app
from rollout import names, okta_names
from rollout.access.adopted_apps import SIGN_IN_GRANTS
from rollout.access.federation import aws_app_settings, provider_arn
from rollout.access.gateway_trust import role_of
from rollout.account import Account
from rollout.model.identity_center import IdentityCenter
from rollout.model.rollout import Federation as Mode
from rollout.model.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class FederationArgs:
    account: Account
    rollout: Rollout


class Federation(pulumi.ComponentResource):
    """The identity provider in IAM, Okta's AWS app and sign-in app, and the umbrella group.

    Nothing here depends on a cohort's outputs: a cohort that is destroyed with its dependents takes none of it along.
    """

    provider: pulumi.Resource | None = None
    """The SAML or OIDC provider that roles trust, which has to be there before them; none where it is adopted."""
    umbrella_group_id: pulumi.Output[str]
    aws_app_id: pulumi.Output[str] | None
    """Okta's AWS app; none under oidc, where each cohort has its own."""
    way_in_id: pulumi.Output[str] | None
    """The app that each cohort's group is assigned to: the gateway's, or else the AWS app."""
    sign_in_client_id: pulumi.Output[str] | None
    pushes: bool
    """Whether Okta pushes the cohorts' groups to IAM Identity Center, and none of them is assigned to an app."""

    def __init__(self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Federation", name, {}, opts)
        rollout, adopt = args.rollout, args.rollout.adopt
        child = pulumi.ResourceOptions(parent=self)
        kept = pulumi.ResourceOptions(parent=self, protect=True)

        if adopt.umbrella_group_id:
            umbrella = okta.group.Group.get(f"{name}-umbrella", adopt.umbrella_group_id, opts=child)
        else:
            umbrella = okta.group.Group(
                f"{name}-umbrella",
                name=rollout.okta.umbrella_group,
                description="Members of all Claude Code cohorts; gates the sign-in app",
                opts=kept,
            )
        self.umbrella_group_id = umbrella.id

        self.pushes = rollout.identity_center is not None
        if rollout.identity_center:
            self.aws_app_id = self.sign_in_client_id = None
            if not adopt.umbrella_group_id:
                self._identity_center(name, rollout.identity_center, umbrella)
        elif rollout.federation is Mode.SAML:
            self._saml(name, args, umbrella, child, kept)
        else:
            self._oidc(name, args, kept)
        self.way_in_id = self.aws_app_id
        # Beside them: no role trusts these while there is a gateway, and going back to them is one update.
        if rollout.gateway:
            self.way_in_id = gateway_app(f"{name}-gateway", args.account, rollout.gateway, child).id
        self.register_outputs(
            {
                "provider_arn": provider_arn(rollout, args.account),
                "umbrella_group_id": self.umbrella_group_id,
                **({"gateway_role_arn": role_of(rollout.gateway, args.account)} if rollout.gateway else {}),
            }
        )

    def _saml(
        self,
        name: str,
        args: FederationArgs,
        umbrella: okta.group.Group,
        child: pulumi.ResourceOptions,
        kept: pulumi.ResourceOptions,
    ) -> None:
        account, adopt = args.account, args.rollout.adopt
        client_id = okta_names.sign_in_app(account.id)
        if adopt.okta_sign_in_app_id:
            sign_in = okta.app.OAuth.get(f"{name}-sign-in", adopt.okta_sign_in_app_id, opts=child)
        else:
            sign_in = okta.app.OAuth(
                f"{name}-sign-in",
                label=client_id,
                client_id=client_id,
                type="native",
                grant_types=list(SIGN_IN_GRANTS),
                response_types=["code"],
                redirect_uris=[REDIRECT_URI],
                pkce_required=True,
                token_endpoint_auth_method="none",
                skip_authentication_policy=POLICY_IS_OKTAS,
                opts=child,
            )
            okta.app.GroupAssignment(f"{name}-sign-in-umbrella", app_id=sign_in.id, group_id=umbrella.id, opts=child)
        self.sign_in_client_id = sign_in.client_id

        if adopt.okta_app_id:
            app = okta.app.Saml.get(f"{name}-aws", adopt.okta_app_id, opts=child)
        else:
            settings = self.sign_in_client_id.apply(lambda allowed: aws_app_settings(args.rollout, account, allowed))
            app = okta.app.Saml(
                f"{name}-aws",
                label=okta_names.aws_app_label(account.id),
                preconfigured_app="amazon_aws",
                app_settings_json=pulumi.Output.json_dumps(settings, sort_keys=True),
                skip_authentication_policy=POLICY_IS_OKTAS,
                opts=child,
            )
        self.aws_app_id = app.id
        if adopt.okta_app_id or adopt.okta_sign_in_app_id:
            theirs = app if adopt.okta_app_id else None, sign_in if adopt.okta_sign_in_app_id else None
            fitting = fits(args.rollout, account, *theirs, self.sign_in_client_id)
            # What leads there waits for the judgement. A preview shows what its id is: there nothing is at stake.
            if not pulumi.runtime.is_dry_run():
                self.aws_app_id = pulumi.Output.all(app.id, fitting).apply(lambda known: str(known[0]))
        if not adopt.saml_provider_arn:
            # Without tags: it costs nothing, and emulators that forget them would show a change for ever.
            self.provider = aws.iam.SamlProvider(
                f"{name}-saml", name=names.SAML_PROVIDER, saml_metadata_document=app.metadata, opts=kept
            )

    def _identity_center(self, name: str, center: IdentityCenter, umbrella: okta.group.Group) -> None:
        """Members become users there by the umbrella group. Okta wants one group to be assigned and another to be
        pushed (its help, about group push), and the cohorts' groups are the others.

        Whose group it is assigns it, since there is one assignment for all stacks; and it stays when the stack goes,
        as the group does: without it Okta's next push takes everybody out of Identity Center.
        """
        opts = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        okta.app.GroupAssignment(f"{name}-identity-center", app_id=center.okta_app_id, group_id=umbrella.id, opts=opts)

    def _oidc(self, name: str, args: FederationArgs, kept: pulumi.ResourceOptions) -> None:
        account, rollout = args.account, args.rollout
        self.aws_app_id = self.sign_in_client_id = None
        if not rollout.adopt.oidc_provider_arn:
            # Client ids are chosen by us, so that this list names the cohorts' apps without depending on them.
            self.provider = aws.iam.OpenIdConnectProvider(
                f"{name}-oidc",
                url=f"https://{rollout.okta.domain}",
                client_id_lists=[okta_names.cohort_app(account.id, cohort) for cohort in rollout.declared],
                tags={"organization": rollout.organization.name},
                opts=kept,
            )
