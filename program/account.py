"""Made once per account by a person: where states are kept, the key of their secrets, and the roles of workflows."""

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from components.identity.deployment import Deployment, DeploymentArgs
from components.identity.people import current_account
from rollout.model.errors import StackFileError
from rollout.pipeline.bootstrap import load, require_own


def declare_account() -> None:
    """Of the stack that the engine runs. `pulumi.RunError` has all mistakes, for a person to read."""
    try:
        bootstrap = load(CONFIG.get() or get_config_env())
        account = current_account()
        require_own(bootstrap, account)
    except StackFileError as error:
        raise pulumi.RunError(str(error)) from None

    deployment = Deployment("deployment", DeploymentArgs(account=account, bootstrap=bootstrap))
    pulumi.export("backend_url", deployment.backend_url)
    pulumi.export("secrets_provider", deployment.secrets_provider)
    pulumi.export("roles", deployment.roles)
    if deployment.on_call_role:
        pulumi.export("on_call_role", deployment.on_call_role)
