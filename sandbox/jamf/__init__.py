"""Jamf Pro as far as Claude Code's settings need it, its traps included, and the 51 Macs that it manages."""
