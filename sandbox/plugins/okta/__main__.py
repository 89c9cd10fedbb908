"""`python -m sandbox.plugins.okta`: what the engine starts as pulumi-resource-okta."""

from sandbox.plugins.framework.serve import run
from sandbox.plugins.okta.provider import OktaProvider
from sandbox.plugins.schemas import schema_cache

run(OktaProvider(schema_cache()))
