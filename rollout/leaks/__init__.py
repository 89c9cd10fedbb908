"""Credentials that leaked: what is found, where, and what a state must not hold in clear."""
