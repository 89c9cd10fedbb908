"""The plug-in of AWS's stand-in, as the sandbox's own tests have it."""

from sandbox.tests.conftest import cloud, engine, planner

__all__ = ["cloud", "engine", "planner"]
