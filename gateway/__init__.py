"""What runs inside LiteLLM: it asks who calls, holds them to their cohort's level, and calls in their own name.

Deployed alone, as this folder beside a `config.yaml` of `rollout gateway`: it imports nothing of the project.
"""
