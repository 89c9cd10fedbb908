"""Calls of AWS with a session and nothing but Python, for what is installed on a member's machine."""
