"""CloudWatch Logs: groups, streams, and what is made of their events."""
