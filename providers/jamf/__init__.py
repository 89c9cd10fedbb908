"""Jamf Pro: configuration profiles, computer groups, scripts and policies."""
