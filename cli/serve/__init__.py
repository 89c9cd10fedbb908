"""Status and report as pages on this machine, for people who would rather look than read a terminal."""
