"""What all rules stand on: resources as plain data, IAM documents, verdicts, and the way into Pulumi's SDK."""
