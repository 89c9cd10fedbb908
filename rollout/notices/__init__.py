"""What people are told, when, and in which format."""
