"""The counters of the usage table: what DynamoDB is asked to add, in transactions."""
