"""The page for developers who get access: how to begin, and what an error means."""
