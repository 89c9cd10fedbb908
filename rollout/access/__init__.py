"""IAM: what a cohort may, what denies it, how large that may be, and how long access outlives a level."""
