"""Who may be in a cohort, who is, and what a cohort is made of."""
