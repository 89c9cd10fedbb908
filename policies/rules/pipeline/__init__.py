"""What workflows may do, and where their state is."""
