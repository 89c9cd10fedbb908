"""Prints a person's token of Okta for the company's gateway, signed in for once an hour; standard library alone."""
