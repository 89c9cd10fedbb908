"""`python -m sandbox.plugins.aws`: what the engine starts as pulumi-resource-aws."""

from sandbox.plugins.aws.provider import AwsProvider
from sandbox.plugins.framework.serve import run
from sandbox.plugins.schemas import schema_cache

run(AwsProvider(schema_cache()))
