"""What is kept, for how long, and from whom."""
