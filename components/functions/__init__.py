"""Lambda functions of ours, what they listen to and what they tell."""
