"""docs/limits-and-costs.md: what AWS bills for what the program declares, counted by running the program."""
