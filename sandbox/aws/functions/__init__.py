"""Lambda that runs: Python functions in processes of their own, and what feeds them."""
