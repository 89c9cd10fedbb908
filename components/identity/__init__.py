"""Who may take a role, and by which way: Okta, IAM, and what denies both."""
