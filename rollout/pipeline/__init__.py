"""What a CI system may do, and what it needs in an account."""
