"""Tables, questions, child processes."""
