"""The stack file in parts, for `rollout.model.rollout`, which is the whole."""
