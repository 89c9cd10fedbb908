"""What a program in another language amounts to."""

from program.package.rollout import Rollout

Rollout("everything", {})
