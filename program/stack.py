"""What a company's `__main__.py` calls: the stack file of the folder it runs in, as the stack itself."""

import gc
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret

from components.identity.cut_record import on_record
from components.postconditions import fail_at_the_very_end
from program.whole import declare_rollout

# Python's own 700 allocations have the SDK's hundred thousand objects looked through again and again: a fifth of a
# preview's processor time, and nothing of it is let go of before the end.
COLLECT_SELDOM = (200_000, 10, 100)


def declare() -> None:
    """Of the stack that the engine runs. `pulumi.RunError` has all mistakes, for a person to read."""
    gc.set_threshold(*COLLECT_SELDOM)
    config, encrypted = configuration()
    declared = declare_rollout(config, encrypted, Path.cwd(), lambda: on_record(full_name()))
    if declared.is_partial:
        raise pulumi.RunError("\n".join(declared.mistakes))
    for name, value in declared.outputs.items():
        pulumi.export(name, value)
    fail_at_the_very_end(declared.mistakes)


def configuration() -> tuple[Mapping[str, Any], Collection[str]]:
    """Of the stack that the engine runs: values by full key, and the keys of those that its file has encrypted."""
    config = CONFIG.get() or get_config_env()
    return config, {*get_config_secret_keys_env(), *filter(is_config_secret, config)}


def full_name() -> str:
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
