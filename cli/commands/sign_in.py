"""`rollout sign-in`: what a member of a cohort pastes where nothing is installed for them, and what a machine runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from cli.cutting.whereabouts import require_cohort
from cli.live.engine import outputs
from cli.live.signing_in import pasted
from cli.stack_file.files import rollout_of
from cli.stack_file.listing import stack_path
from cli.terminal.json_out import print_json
from rollout.access.machine_sign_in import MachineSignIn


def run(stack: str, cohort: str, as_json: bool) -> None:
    """Secrets are not needed, so the stack file is read without the engine."""
    path = stack_path(Path.cwd(), stack)
    require_cohort(path, cohort)
    found = pasted(rollout_of(path), cohort, outputs(path.parent, stack))
    if "machines" in found:
        _machines(found["machines"], as_json)
        return
    if as_json:
        print_json(found)
        return
    if "sign_in" in found:
        print(f"# once a day, or when asked\n{found['sign_in']}\n")
    if "gateway" in found:
        print(f"# {found['gateway']}: {found['how']}")
    elif "aws_profile" in found:
        print(f"# {found['aws_config_file']}, or in ~/.aws/config\n{found['aws_profile']}")
    else:
        for key in ("issuer", "client_id", "role_arn", "role_session_name"):
            print(f"{key}: {found[key]}")
        print()
    print(f"# {found['claude_settings_file']}\n{json.dumps(found['claude_settings'], indent=2, ensure_ascii=False)}")


def _machines(found: Mapping[str, MachineSignIn], as_json: bool) -> None:
    if as_json:
        print_json({"machines": {name: asdict(each) for name, each in found.items()}})
        return
    for number, (name, each) in enumerate(found.items()):
        print(f"{chr(10) if number else ''}# {name}\n{each.pasted}")
