"""A cut and its proof: AWS first, then all the rest read back."""
