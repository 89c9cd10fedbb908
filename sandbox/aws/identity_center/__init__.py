"""IAM Identity Center: permission sets, the roles that are made of them, and the portal that gives their sessions."""
