"""The policy pack. `PolicyPack` never returns, so nothing else may stand here."""

from pulumi_policy import PolicyPack
from rules import RULES

PolicyPack("claude-code-rollout", policies=RULES)
