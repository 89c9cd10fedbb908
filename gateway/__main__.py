"""`python -m gateway --config config.yaml [--host 0.0.0.0] [--port 4000]`: LiteLLM's proxy with the hook, and shut.

It starts LiteLLM's own command in this process, behind `gateway.routes`. What would have it call in another name than
the caller's, or write keys and prompts into its log, keeps it from starting.
"""

from __future__ import annotations

import argparse
import importlib
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from gateway.routes import OnlyRoutes
from gateway.service import CONFIG, service
from gateway.settings import SettingsError, read

# LiteLLM would take its identity from these, or log what it handles, whatever a request says.
FORBIDDEN = (
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_EXTERNAL_ID",
    "AWS_PROFILE_NAME",
    "AWS_ROLE_NAME",
    "AWS_SESSION_NAME",
    "AWS_STS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN",
    "DATABASE_URL",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY",
)
TALKATIVE = ("DEBUG", "INFO")
GIVEN = {
    # It would ask GitHub for prices at each start, and Bedrock's bill is what counts.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "DISABLE_ADMIN_UI": "True",
    "NO_DOCS": "True",
    "NO_REDOC": "True",
    "NO_OPENAPI": "True",
    "LITELLM_LOG": "WARNING",
}


def mistakes(environment: Mapping[str, str]) -> list[str]:
    """What is set that must not be, a line each."""
    text = "is set: take it out, since each call is made in the caller's own name"
    found = [f"{name} {text}" for name in FORBIDDEN if environment.get(name)]
    if environment.get("LITELLM_LOG", "").upper() in TALKATIVE:
        found.append("LITELLM_LOG: at DEBUG and INFO it writes keys and prompts; leave it out")
    return found


def main(arguments: list[str]) -> int:
    """Runs until it is stopped. 2 where it must not start."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description="LiteLLM's proxy with the rollout's hook.")
    parser.add_argument("--config", required=True, type=Path)
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104  its security group says who reaches it
    parser.add_argument("--port", default=4000, type=int)
    given = parser.parse_args(arguments)
    lines = mistakes(os.environ)
    try:
        read(yaml.safe_load(given.config.read_text(encoding="utf-8")) or {})
    except (OSError, yaml.YAMLError, AttributeError) as error:
        lines.append(f"{given.config}: {error}")
    except SettingsError as error:
        lines += [f"{given.config}: {line}" for line in str(error).splitlines()]
    if lines:
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        return 2
    # Nobody knows it, so nobody is LiteLLM's administrator: it has no database that would outlive it.
    os.environ |= {**GIVEN, "LITELLM_MASTER_KEY": f"sk-{secrets.token_hex(32)}", CONFIG: str(given.config.resolve())}
    return _run(given.config.resolve(), given.host, given.port)


def _run(config: Path, host: str, port: int) -> int:
    proxy = importlib.import_module("litellm.proxy.proxy_server")
    proxy.app.add_middleware(OnlyRoutes, ready=service().away)
    command = importlib.import_module("litellm").run_server
    given = {"--config": str(config), "--host": host, "--port": str(port), "--telemetry": "False"}
    command([word for pair in given.items() for word in pair], standalone_mode=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
