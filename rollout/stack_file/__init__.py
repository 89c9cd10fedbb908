"""From a file to a validated rollout: load, checks, roster, schema, assessment."""
