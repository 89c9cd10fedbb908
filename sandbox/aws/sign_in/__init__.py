"""STS: who signs in, by what somebody else has signed."""
