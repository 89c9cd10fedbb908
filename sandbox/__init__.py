"""AWS, Okta and Jamf Pro on loopback, and the Pulumi engine for machines that reach package registries only.

Nothing outside this folder, the tests and the Makefile may import from here.
"""
