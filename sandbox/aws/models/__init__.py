"""Bedrock's models: which there are, formats, answers."""
