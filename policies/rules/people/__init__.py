"""Who is in a cohort."""
