"""AWS's own count of what is spent."""
