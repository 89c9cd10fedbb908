"""What runs in AWS Lambda. boto3 and the standard library only; `rollout` where it keeps to these too."""
