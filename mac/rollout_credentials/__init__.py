"""Signs a person in to AWS through Okta once a session, for all programs on the machine; standard library alone."""
