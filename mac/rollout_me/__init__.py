"""A person's own use of Claude Code: read with their own session, shown in a terminal and in the status line."""
