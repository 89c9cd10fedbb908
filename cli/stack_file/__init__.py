"""Reading and editing stack files and rosters."""
