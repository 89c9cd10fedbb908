"""CloudWatch Logs Insights."""
