"""What all of our apps in Okta have in common."""

# Where a program on the person's own machine takes them back.
REDIRECT_URI = "http://localhost:8400/callback"
# Okta itself gives a new app its default authentication policy. The provider would give it back with each later change
# of the app, whatever policy security has chosen for it since (terraform-provider-okta, resource_okta_app_saml.go).
POLICY_IS_OKTAS = True
