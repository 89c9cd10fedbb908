"""A month as it was counted, beside the bill of it."""
