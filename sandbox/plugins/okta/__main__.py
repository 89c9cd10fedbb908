"""`python -m sandbox.plugins.okta`: what the engine starts as pulumi-resource-okta."""

from sandbox.plugins.framework.serve import run
from sandbox.plugins.install import schema_cache
from sandbox.plugins.okta.provider import OktaProvider

run(OktaProvider(schema_cache()))
