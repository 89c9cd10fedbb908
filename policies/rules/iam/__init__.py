"""What IAM documents may say."""
