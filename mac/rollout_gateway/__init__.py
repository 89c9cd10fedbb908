"""Signs a person in to the company's gateway through Okta, once an hour for all programs; standard library alone."""
