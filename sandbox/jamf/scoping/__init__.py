"""Who is meant: criteria, filters, membership, scopes."""
