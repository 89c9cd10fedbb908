"""What is installed where: the product alone, the sandbox beside it."""
