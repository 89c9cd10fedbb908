"""The AWS provider: its tables, its settings, and what it adds to every resource."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.plugins.aws import client, invokes, resources, tags
from sandbox.plugins.aws.client import Aws
from sandbox.plugins.framework.entry import Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.provider import Invoke, Provider
from sandbox.plugins.framework.schema import Schema
from sandbox.plugins.framework.values import Props


class AwsProvider(Provider[Aws]):
    name = "aws"
    package = "pulumi_aws"
    _cloud: Aws | None = None

    def resource_types(self) -> Iterable[Entry[Aws]]:
        return resources.entries()

    def functions(self) -> Iterable[Invoke[Aws]]:
        return invokes.INVOKES

    def configure(self, config: Props) -> Aws:
        cloud = Aws(config)
        allowed, forbidden = config.get("allowedAccountIds"), config.get("forbiddenAccountIds", ())
        if allowed or forbidden or not config.get("skipCredentialsValidation"):
            account = _account_id(cloud)
            if (allowed and account not in allowed) or account in forbidden:
                raise PluginError(f"aws:allowedAccountIds: the credentials belong to another account: {account}")
        self._cloud = cloud
        return cloud

    def explain(self, error: Exception) -> str | None:
        return client.explained(error)

    def complete(self, entry: Entry[Aws], schema: Schema, inputs: Props) -> Props:
        """The region where the type has one, and `tagsAll` where it has tags."""
        if self._cloud is None:
            raise PluginError("the aws provider is not configured yet")
        added: Props = {}
        if "region" in schema.inputs.fields and "region" not in inputs:
            added["region"] = self._cloud.region
        if entry.tags:
            added["tagsAll"] = tags.merged(self._cloud.tagging, inputs.get("tags"))
        return inputs | added


def _account_id(cloud: Aws) -> str:
    try:
        return cloud.account_id
    except Exception as error:
        said = client.explained(error)
        if said is None:
            raise
        raise PluginError(f"the AWS credentials could not be validated: {said}") from error
