"""The stack file in parts, for `rollout.config`, which is the whole."""
