"""Made once per account by a person: where states are kept, the key of their secrets, and the roles of workflows."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from components.deployment import Deployment, DeploymentArgs
from components.people import current_account

config = pulumi.Config()
deployment = Deployment(
    "deployment",
    DeploymentArgs(
        account=current_account(),
        repository=config.require("repository"),
        okta_domain=config.require("okta_domain"),
        stacks=config.require_object("stacks"),
        issuer_arn=config.get("issuer_arn"),
    ),
)
pulumi.export("backend_url", deployment.backend_url)
pulumi.export("secrets_provider", deployment.secrets_provider)
pulumi.export("roles", deployment.roles)
