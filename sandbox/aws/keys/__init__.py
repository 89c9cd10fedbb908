"""Secrets Manager, and the keys of KMS."""
