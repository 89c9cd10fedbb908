"""Where a cohort stands, cuts on record, and files that forget them."""
