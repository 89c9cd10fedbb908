"""What a stack is made of, and what must be whole in it."""
