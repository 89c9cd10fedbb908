"""What brings messages to somebody: SNS, SQS, mail and Slack."""
