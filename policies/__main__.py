"""The policy pack. `PolicyPack` never returns, so nothing else may stand here."""

import sys
from pathlib import Path

from pulumi_policy import PolicyPack

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the rules read `rollout`, wherever `pulumi` runs

from policies.engine.opened_once import open_once
from policies.engine.sdk import as_policy
from policies.rules import RULES

open_once()
PolicyPack("claude-code-rollout", policies=[as_policy(rule) for rule in RULES])
